// Prints what users download, gzipped, and exits with 1 where it is more than the budget. `--budget BYTES` sets another one.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({ options: { budget: { type: "string", default: "34400" } } });
const budget = Number(values.budget);
if (!(budget > 0)) throw new RangeError(`--budget: expected a number of bytes, got "${values.budget}"`);

const rows = [
  row("dist/feedforward.js", read("dist/feedforward.js"), budget),
  row('import { NeuralNetwork } from "feedforward"', await bundle(), budget),
  ...readdirSync(join(root, "dist"))
    .filter((name) => name.endsWith(".wasm"))
    .map((name) => row(`dist/${name}`, read(`dist/${name}`))),
];

const width = Math.max(...rows.map(({ name }) => name.length));
const line = (name, ...cells) => console.log([name.padEnd(width), ...cells.map((cell) => String(cell).padStart(8))].join(" ").trimEnd());
line("", "bytes", "gzip", "budget");
for (const { name, bytes, gzip, limit } of rows) line(name, bytes, gzip, limit ?? "", gzip > limit ? "too large" : "");
if (rows.some(({ gzip, limit }) => gzip > limit)) process.exit(1);

function row(name, content, limit) {
  return { name, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length, limit };
}

function read(path) {
  return readFileSync(join(root, path));
}

/** What an application's bundler makes of the package. */
async function bundle() {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: 'export { NeuralNetwork } from "./dist/index.js";', resolveDir: root },
    bundle: true,
    // What is loaded on demand is a file of its own in a bundle that is split, as applications' are.
    external: ["./async.js"],
    format: "esm",
    minify: true,
    write: false,
    legalComments: "none",
    charset: "utf8",
  });
  return outputFiles[0].contents;
}
