// Builds dist/: both cores, the wrapper with the core embedded, and one file for browsers.
// `--if-changed` does nothing while dist/ is newer than everything it is made from. `--limit` makes what `npm run bench` times of the core alone
// instead, build/limit.wasm, if it has changed.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import lzma from "lzma";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
process.chdir(root);

const SOURCES = ["assembly", "src", "scripts/build.mjs", "asconfig.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
const STAMP = "dist/.built";
const LIMIT = "build/limit.wasm";

/**
 * How Binaryen optimizes the cores, which asc leaves as they are: for size, but functions of up to 24 instructions are inlined everywhere. As fast as asc's
 * `-O3 --shrinkLevel 0` in every benchmark and 1 kB smaller when packed; its `--shrinkLevel 1` makes small networks 17 to 35 % slower. Nor does this assume that
 * floating point is associative or free of NaN, as asc's own optimized builds do.
 */
const OPTIMIZER = ["simd", "bulk-memory", "bulk-memory-opt", "sign-ext", "nontrapping-float-to-int", "mutable-globals"]
  .map((feature) => `--enable-${feature}`)
  .concat("--always-inline-max-function-size", "24", "-O", "-O");

/** How the module that unpacks the cores is compiled: apart from them and their options, and for size, since it runs once. */
const UNPACKER = "--config none --runtime stub --use abort= --noAssert --initialMemory 1 -O3 --shrinkLevel 2 -o build/unpack.wasm".split(
  " ",
);

if (process.argv.includes("--limit")) {
  if (!isNewer(LIMIT)) compileLimit();
  process.exit(0);
}
if (process.argv.includes("--if-changed") && isNewer(STAMP)) process.exit(0);

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const target of Object.keys(JSON.parse(readFileSync("asconfig.json", "utf8")).targets)) {
  run("assemblyscript/bin/asc.js", ["--target", target]);
}
for (const file of ["build/feedforward.wasm", "build/feedforward.scalar.wasm"])
  run("binaryen/bin/wasm-opt", [...OPTIMIZER, file, "-o", file]);
run("assemblyscript/bin/asc.js", ["assembly/unpack.ts", ...UNPACKER]);
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

/** Compiles assembly/limit.ts as the core with SIMD is compiled. Its own command line, since asconfig.json's entries would come along. */
function compileLimit() {
  const { options, targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const settings = Object.entries({ ...options, enable: targets.simd.enable, outFile: LIMIT }).filter(([, value]) => value !== false);
  const flags = settings.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
  run("assemblyscript/bin/asc.js", ["assembly/limit.ts", "--config", "none", ...flags]);
  run("binaryen/bin/wasm-opt", [...OPTIMIZER, LIMIT, "-o", LIMIT]);
}

/** Whether a file is newer than everything that things are made from. */
function isNewer(file) {
  return existsSync(file) && newest(SOURCES) < statSync(file).mtimeMs;
}

/** Runs a JavaScript tool of node_modules without standard input, which belongs to whatever is started after the build. */
function run(tool, args) {
  const path = existsSync(tool)
    ? tool
    : join(dirname(require.resolve(`${tool.split("/")[0]}/package.json`)), tool.split("/").slice(1).join("/"));
  const { status } = spawnSync(process.execPath, [path, ...args], { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Writes a binary, packed by LZMA, as a module of texts: itself, as `textOf` writes it; what unpacks it, in hexadecimal, in which gzip still finds what repeats; and
 * its length. Of the core with SIMD 16 kB remain so in a bundle, with what unpacks it, where gzip alone left 20.
 */
function embed(from, to) {
  const bytes = readFileSync(from);
  const header = 13;
  const packed = Buffer.from(lzma.compress(bytes, 9)).subarray(header);
  const texts = {
    packed: textOf(packed),
    unpacker: readFileSync("build/unpack.wasm").toString("hex"),
    length: bytes.length,
  };
  writeFileSync(to, `export default ${JSON.stringify(texts)};\n`);
}

/**
 * Bytes as printable ASCII without quote and backslash, 93 characters: 6 bits make one of the first 35, from ~ downwards, and 7 bits one of the other 58. Like base64, gzip
 * brings it back to the size of the bytes; but being shorter, less of it shares a block of gzip's with the code behind it, which saves 0.5 kB.
 */
function textOf(bytes) {
  const characters = [];
  for (let code = 126; code >= 32; code--) if (code !== 34 && code !== 92) characters.push(String.fromCharCode(code));
  const bit = (i) => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  let text = "";
  for (let at = 0; at < 8 * bytes.length; ) {
    let value = 0;
    for (let i = 0; i < 6; i++) value = (value << 1) | bit(at++);
    if (value >= 35) value = ((value << 1) | bit(at++)) - 35;
    text += characters[value];
  }
  return text;
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
