import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { SizeCase } from "./cases.js";
import { HERE } from "./command.js";
import { UnsupportedError } from "./errors.js";
import { failed, measured, type Row } from "./measured.js";
import type { Download, Peer } from "./peers.js";

export async function measureSizes(subject: SizeCase, peers: readonly Peer[]): Promise<readonly Row[]> {
  return Promise.all(peers.map((peer) => sizeOf(subject, peer)));
}

async function sizeOf(subject: SizeCase, { implementation, language, download }: Peer): Promise<Row> {
  try {
    if (language === "python") throw new UnsupportedError("it does not run in a browser");
    if (!download) throw new UnsupportedError("it does not train");
    return measured(subject, implementation, 1, [await bytes(download)]);
  } catch (error) {
    return failed(implementation, error);
  }
}

async function bytes({ entry, fetched }: Download): Promise<number> {
  const files = fetched.map((name) => readFileSync(join(HERE, "node_modules", name)));
  const all = entry === undefined ? files : [await bundle(entry), ...files];
  return all.map((content) => gzipSync(content, { level: 9 }).length).reduce((a, b) => a + b, 0);
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(HERE, "programs", entry)],
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
    legalComments: "none",
    charset: "utf8",
    logLevel: "silent",
  });
  return (outputFiles[0] as esbuild.OutputFile).contents;
}
