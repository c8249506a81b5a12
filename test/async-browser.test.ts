// Training in the background in a browser: Chromium, with the files of the package as they are and as bundlers make them, under a content security policy that allows no
// eval.

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { NeuralNetwork, type TrainAsyncOptions } from "feedforward";
import { chromium, type Page } from "playwright-core";
import * as vite from "vite";
import { describe, expect, test } from "vitest";
import webpack from "webpack";
import { findChromium, need } from "./support/programs.js";
import { serve } from "./support/server.js";

const MINUTE = 60_000;
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
const NO_WORKERS = POLICY.replace("worker-src 'self'", "worker-src 'none'");

const OPTIONS = { inputs: 2, layers: [{ units: 8, activation: "tanh", dropout: 0.1 }, { units: 1 }], optimizer: "adam" } as const;
const INPUTS = Array.from({ length: 60 }, (_, i) => [Math.sin(5 * i), Math.sin(7 * i)]);
const TARGETS = INPUTS.map(([a = 0, b = 0]) => (a * b > 0 ? 1 : 0));
const RUN = { epochs: 200, batchSize: 8 } as const;

const digestOf = (bytes: ArrayLike<number>) => createHash("sha256").update(Uint8Array.from(bytes)).digest("hex");

/** Opens a page of a folder under a policy and gives it to `task`. */
async function withPage<R>(
  executablePath: string,
  policy: string,
  task: (page: Page) => Promise<R>,
  { folder, path } = { folder: process.cwd(), path: "dist/async.js" },
): Promise<R> {
  const server = await serve(folder, { "content-security-policy": policy });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: MINUTE });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(MINUTE);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`);
    // As text, since vitest would put functions of its own in place of an import.
    await page.evaluate("globalThis.load = (address) => import(address); undefined");
    return await task(page);
  } finally {
    await browser.close();
    server.close();
  }
}

/** Trains in the page, and answers the snapshot, how many workers the page has started, and whether it could paint meanwhile. */
function trainThere(
  page: Page,
  run: TrainAsyncOptions,
): Promise<{ snapshot: number[]; workers: number; frames: number; stopped: boolean }> {
  return page.evaluate(
    async ({ options, inputs, targets, run }) => {
      let workers = 0;
      const Original = globalThis.Worker;
      globalThis.Worker = class extends Original {
        constructor(...given: ConstructorParameters<typeof Worker>) {
          super(...given);
          workers++;
        }
      };
      const { load } = globalThis as unknown as { load: (address: string) => Promise<typeof import("feedforward")> };
      const library = await load("/dist/feedforward.js");
      const network = new library.NeuralNetwork(options);
      let frames = 0;
      const frame = () => {
        frames++;
        requestAnimationFrame(frame);
      };
      frame();
      // Stopped on the way and gone on with.
      const stop = new AbortController();
      const stopped = await network
        .trainAsync(inputs, targets, { ...run, signal: stop.signal, onEpoch: ({ epoch }) => void (epoch === 50 && stop.abort()) })
        .then(
          () => false,
          (reason) => reason === stop.signal.reason,
        );
      await network.trainAsync(inputs, targets, { ...run, resume: true });
      return { snapshot: Array.from(network.snapshot()), workers, frames, stopped };
    },
    { options: OPTIONS, inputs: INPUTS, targets: TARGETS, run },
  );
}

describe("in Chromium", () => {
  const plain = new NeuralNetwork(OPTIONS);
  plain.train(INPUTS, TARGETS, RUN);
  const expected = digestOf(plain.snapshot());

  test.for([
    ["a worker trains, to Node's bits", POLICY, {}, 1],
    ["slices train where no worker may start", NO_WORKERS, {}, 1],
    ["slices train where none is wanted", POLICY, { worker: false }, 0],
    ["a worker of the page's own address", POLICY, { worker: "/dist/worker.js" }, 1],
  ] as const)("%s", { timeout: 2 * MINUTE }, async ([, policy, more, workers], context) => {
    const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
    const there = await withPage(executablePath, policy, (page) => trainThere(page, { ...RUN, ...more }));
    expect(there.stopped).toBe(true);
    expect(digestOf(there.snapshot)).toBe(expected);
    // A policy that allows none is only told of when one was to start, twice here.
    expect(there.workers).toBe(policy === NO_WORKERS ? 2 * workers : workers);
    expect(there.frames).toBeGreaterThan(0);
  });

  const application = `
    import { NeuralNetwork } from "feedforward";
    let workers = 0;
    const Original = globalThis.Worker;
    globalThis.Worker = class extends Original {
      constructor(...given) {
        super(...given);
        workers++;
      }
    };
    const network = new NeuralNetwork(${JSON.stringify(OPTIONS)});
    globalThis.result = network
      .trainAsync(${JSON.stringify(INPUTS)}, ${JSON.stringify(TARGETS)}, ${JSON.stringify(RUN)})
      .then(() => ({ workers, snapshot: Array.from(network.snapshot()) }));
  `;

  test.for([
    ["Vite", byVite],
    ["webpack", byWebpack],
    ["esbuild", byEsbuild],
  ] as const)("a worker that %s brings along trains", { timeout: 2 * MINUTE }, async ([, build], context) => {
    const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
    const folder = mkdtempSync(join(tmpdir(), "feedforward-application-"));
    try {
      writeFileSync(join(folder, "application.js"), application);
      const built = await build(folder);
      const { workers, snapshot } = await withPage(
        executablePath,
        POLICY,
        async (page) => {
          await page.waitForFunction("globalThis.result");
          return (await page.evaluate("globalThis.result")) as { workers: number; snapshot: number[] };
        },
        { folder: built, path: "index.html" },
      );
      expect(workers).toBe(1);
      expect(digestOf(snapshot)).toBe(expected);
      // Once, and not as an asset besides.
      const names = readdirSync(built, { recursive: true, encoding: "utf8" });
      const bringing = names.filter((name) => name.endsWith(".js") && /type:["'`]ready/.test(readFileSync(join(built, name), "utf8")));
      expect(bringing).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The package's entry as an application's bundler finds it. */
const alias = { feedforward: join(process.cwd(), "dist/index.js") };

async function byVite(root: string): Promise<string> {
  writeFileSync(join(root, "index.html"), '<!doctype html><title>application</title><script type="module" src="/application.js"></script>');
  await vite.build({ root, configFile: false, logLevel: "silent", resolve: { alias } });
  return join(root, "dist");
}

async function byWebpack(root: string): Promise<string> {
  const path = join(root, "built");
  const compiler = webpack({
    mode: "production",
    context: root,
    entry: "./application.js",
    output: { path, filename: "main.js" },
    resolve: { alias },
  });
  await new Promise<void>((resolve, reject) => {
    compiler?.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
      else resolve();
    });
  });
  writeFileSync(join(path, "index.html"), '<!doctype html><title>application</title><script src="main.js"></script>');
  return path;
}

/** It leaves a worker's address as it is, so that the worker is an entry of its own, beside the pieces that code is split into. */
async function byEsbuild(root: string): Promise<string> {
  const path = join(root, "built");
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: { main: "./application.js", worker: "feedforward/worker.js" },
    outdir: path,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    alias: { "feedforward/worker.js": join(process.cwd(), "dist/worker.js"), ...alias },
  });
  writeFileSync(join(path, "index.html"), '<!doctype html><title>application</title><script type="module" src="main.js"></script>');
  return path;
}
