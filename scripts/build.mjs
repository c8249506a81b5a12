// Builds dist/: both cores, the wrapper with the core embedded, and one file for browsers.
// `--if-changed` does nothing while dist/ is newer than everything it is made from.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
process.chdir(root);

const SOURCES = ["assembly", "src", "scripts/build.mjs", "asconfig.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
const STAMP = "dist/.built";

if (process.argv.includes("--if-changed") && existsSync(STAMP) && newest(SOURCES) < statSync(STAMP).mtimeMs) process.exit(0);

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const target of Object.keys(JSON.parse(readFileSync("asconfig.json", "utf8")).targets)) {
  run("assemblyscript/bin/asc.js", ["--target", target]);
}
cpSync("build/feedforward.wasm", "dist/feedforward.wasm");
cpSync("build/feedforward.scalar.wasm", "dist/feedforward.scalar.wasm");
embed("dist/feedforward.wasm", "dist/embedded-simd.js");
embed("dist/feedforward.scalar.wasm", "dist/embedded-scalar.js");
run(join(dirname(require.resolve("typescript/package.json")), "bin/tsc"), ["-p", "tsconfig.build.json"]);
await esbuild.build({
  entryPoints: ["dist/index.js"],
  outfile: "dist/feedforward.js",
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
writeFileSync(STAMP, "");

/** Runs a JavaScript tool of node_modules without standard input, which belongs to whatever is started after the build. */
function run(tool, args) {
  const path = existsSync(tool)
    ? tool
    : join(dirname(require.resolve(`${tool.split("/")[0]}/package.json`)), tool.split("/").slice(1).join("/"));
  const { status } = spawnSync(process.execPath, [path, ...args], { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Writes a binary as a module that exports it as a text: the characters that stand for the bytes 0 … 255, then a character for each byte. The most frequent
 * bytes get those that take one byte themselves. gzip makes 17.2 kB of it where it makes 18.3 of hexadecimal and 16.2 of the binary.
 */
function embed(from, to) {
  const bytes = readFileSync(from);
  const frequency = new Array(256).fill(0);
  for (const byte of bytes) frequency[byte]++;
  // Printable ASCII without what a string literal would have to escape, then Latin letters.
  const characters = [...Array(95).keys()].map((i) => String.fromCharCode(32 + i)).filter((character) => !'"\\'.includes(character));
  for (let code = 0xa1; characters.length < 256; code++) characters.push(String.fromCharCode(code));
  const alphabet = new Array(256);
  const byFrequency = [...alphabet.keys()].sort((a, b) => frequency[b] - frequency[a]);
  byFrequency.forEach((byte, rank) => {
    alphabet[byte] = characters[rank];
  });
  writeFileSync(to, `export default ${JSON.stringify(alphabet.join("") + Array.from(bytes, (byte) => alphabet[byte]).join(""))};\n`);
}

/** The time of the latest change among files and folders. */
function newest(paths) {
  return Math.max(
    ...paths.map((path) => {
      const stat = statSync(path);
      if (!stat.isDirectory()) return stat.mtimeMs;
      return Math.max(stat.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
    }),
  );
}
