// Builds dist/: the cores, the wrapper with one embedded, and one file for browsers.
// `--if-changed` does nothing while dist/ is newer than everything it is made from. `--limit` makes what `npm run bench` times of the core alone
// instead, build/limit.wasm, if it has changed.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { pack, textOf } from "./pack.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
process.chdir(root);

const SOURCES = [
  "assembly",
  "src",
  "scripts/build.mjs",
  "scripts/pack.mjs",
  "asconfig.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];
/** Modules whose exports a build has besides those of assembly/index.ts. */
const MORE_EXPORTS = { threads: ["assembly/threads.ts"], slices: ["assembly/slices.ts"] };

const STAMP = "dist/.built";
const LIMIT = "build/limit.wasm";

/**
 * How Binaryen optimizes the cores, which asc leaves as they are: for size, but functions of up to 20 instructions are inlined everywhere. As fast as asc's
 * `-O3 --shrinkLevel 0` in every benchmark and 1 kB smaller when packed; its `--shrinkLevel 1` makes small networks 17 to 35 % slower. Nor does this assume that
 * floating point is associative or free of NaN, as asc's own optimized builds do.
 */
const OPTIMIZER = ["--always-inline-max-function-size", "20", "-O", "-O"];

/** What makes calls such that they can be cut (assembly/cuts.ts), once the functions are what they will be, and before what it leaves is optimized again. */
const CUTTING = ["--asyncify", "--pass-arg=asyncify-imports@cuts.askHost", "--pass-arg=asyncify-ignore-indirect"];

/** What the modules may use of WebAssembly: asc's own selection, and SIMD, which only the cores ask for. */
const FEATURES = ["simd", "bulk-memory", "bulk-memory-opt", "sign-ext", "nontrapping-float-to-int", "mutable-globals"].map(
  (feature) => `--enable-${feature}`,
);

/** How the modules that pack and unpack the cores are compiled: for size, since they run once, but small functions stay, which engines then compile well early on. */
const PACKING = ["-O3", "-Os", "--one-caller-inline-max-function-size", "20"];

/** What the entry loads when it is first needed, from a file of its own. */
const LAZY = "./async.js";

/** Files of their own, for those who import them beside the entry. */
const BESIDE = ["node", "web", "receipt"];
const VERSION = { PACKAGE_VERSION: JSON.stringify(JSON.parse(readFileSync("package.json", "utf8")).version) };

/** Cores that are files of their own, in base64, which needs no time: nobody waits for their bytes before they are to train. */
const CORES_BESIDE = ["threads", "slices"];
const AS_CORE_BESIDE = {
  name: "core beside",
  setup(build) {
    build.onResolve({ filter: /^#(threads|slices)$/ }, ({ path }) => ({ path: `./${path.slice(1)}-core.js`, external: true }));
  },
};

/** Ways out of the library, each a file of its own, which the entry knows nothing of. */
const EXPORTS = ["onnx", "source", "json"];

/** The packages that are bundled into them, whose licences ask for their text to come along. */
const BUNDLED = { onnx: ["pbf"] };

/** What stands beside the entry takes the class from there: a copy of it would be another class, and its core would be carried twice. */
const ENTRY_BESIDE = {
  name: "entry beside",
  setup(build) {
    build.onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: "./index.js", external: true }));
  },
};

/** The worker is sent the core that it works with. */
const WITHOUT_CORE = {
  name: "without core",
  setup(build) {
    build.onResolve({ filter: /^#/ }, ({ path }) => ({ path, namespace: "none" }));
    build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export default undefined;" }));
  },
};

if (process.argv.includes("--limit")) {
  if (!isNewer(LIMIT)) compileBeside("assembly/limit.ts", "simd", LIMIT);
  process.exit(0);
}
if (process.argv.includes("--if-changed") && isNewer(STAMP)) process.exit(0);

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
for (const target of Object.keys(JSON.parse(readFileSync("asconfig.json", "utf8")).targets)) {
  run("assemblyscript/bin/asc.js", [...(MORE_EXPORTS[target] ?? []), "--target", target]);
}
optimize("build/feedforward.wasm", OPTIMIZER);
optimize("build/feedforward.scalar.wasm", OPTIMIZER);
optimize("build/feedforward.threads.wasm", [...OPTIMIZER, "--enable-threads"]);
optimize("build/feedforward.slices.wasm", [...OPTIMIZER, ...CUTTING, "-O"]);
compileBeside("assembly/functions.ts", "simd", "build/functions.wasm");
compileBeside("assembly/functions.ts", "scalar", "build/functions.scalar.wasm");
compilePacking("pack");
compilePacking("unpack");
cpSync("build/feedforward.wasm", "dist/feedforward.wasm");
cpSync("build/feedforward.scalar.wasm", "dist/feedforward.scalar.wasm");
cpSync("build/feedforward.threads.wasm", "dist/feedforward.threads.wasm");
embed("dist/feedforward.wasm", "simd");
embed("dist/feedforward.scalar.wasm", "scalar");
run(join(dirname(require.resolve("typescript/package.json")), "bin/tsc"), ["-p", "tsconfig.build.json"]);
for (const name of ["index", "scalar"]) await bundle(`dist/${name}.js`, `build/${name}.js`, { external: ["#*", LAZY] });
for (const name of BESIDE) await bundle(`dist/${name}.js`, `build/${name}.js`, { external: ["./index.js", "node:*"], define: VERSION });
await bundle("dist/index.js", "dist/feedforward.js", { external: [LAZY], minify: true });
await bundle("dist/async.js", "build/async.js", { plugins: [AS_CORE_BESIDE] });
await bundle("dist/background/worker.js", "build/worker.js", { plugins: [WITHOUT_CORE] });
await bundle("dist/import/index.js", "build/import.js", { plugins: [ENTRY_BESIDE] });
for (const name of EXPORTS) {
  await bundle(`dist/${name}.js`, `build/${name}.js`, {
    external: ["./index.js"],
    banner: { js: (BUNDLED[name] ?? []).map(notice).join("") },
  });
}
for (const name of readdirSync("dist", { recursive: true }))
  if (/(?<!\.(node|packed)|feedforward)\.js$/.test(name)) rmSync(join("dist", name));
for (const name of ["index", "scalar", "async", "worker", "import", ...BESIDE, ...EXPORTS]) cpSync(`build/${name}.js`, `dist/${name}.js`);
for (const name of CORES_BESIDE) {
  writeFileSync(`dist/${name}-core.js`, `export default "${readFileSync(`build/feedforward.${name}.wasm`).toString("base64")}";\n`);
}
writeFileSync(STAMP, "");

/** Makes one file of a module and what it imports: engines open one file faster than twenty, which takes Node 10 ms of each start. */
function bundle(from, to, options = {}) {
  const common = { bundle: true, format: "esm", target: "es2022", legalComments: "none", charset: "utf8", logLevel: "warning" };
  return esbuild.build({ entryPoints: [from], outfile: to, ...common, ...options });
}

/** A package's licence as a comment. */
function notice(name) {
  return `/*! This file contains ${name}, whose licence is:\n\n${readFileSync(join("node_modules", name, "LICENSE"), "utf8")}*/\n`;
}

/** Compiles a module beside the core as one of the cores is compiled. Its own command line, since asconfig.json's entries would come along. */
function compileBeside(source, target, outFile) {
  const { options, targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const { enable = [], use } = targets[target];
  const settings = Object.entries({ ...options, use: [...options.use, ...use], ...(enable.length > 0 && { enable }), outFile }).filter(
    ([, value]) => value !== false,
  );
  const flags = settings.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
  run("assemblyscript/bin/asc.js", [source, "--config", "none", ...flags]);
  optimize(outFile, OPTIMIZER);
}

/** Compiles a module of assembly/packing to build/, on its own command line as well. */
function compilePacking(name) {
  const file = `build/${name}.wasm`;
  const flags = "--config none --runtime stub --use abort= --noAssert --initialMemory 1 --optimizeLevel 0 --shrinkLevel 0 -o".split(" ");
  run("assemblyscript/bin/asc.js", [`assembly/packing/${name}.ts`, ...flags, file]);
  optimize(file, PACKING);
}

function optimize(file, options) {
  run("binaryen/bin/wasm-opt", [...FEATURES, ...options, file, "-o", file]);
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
 * Writes a binary as two modules, between which package.json's `imports` choose. For Node, where it is read from a disk, `bytes`, which need no time. For bundles and browsers,
 * which pay for each byte, texts: the binary packed, as `textOf` writes it; what unpacks it, in hexadecimal, in which gzip still finds what repeats; and its
 * length. CONTRIBUTING says what this costs and saves.
 */
function embed(from, name) {
  const bytes = readFileSync(from);
  writeFileSync(`dist/${name}.node.js`, `export default { bytes: Buffer.from("${bytes.toString("base64")}", "base64") };\n`);
  const texts = {
    packed: textOf(pack(bytes)),
    unpacker: readFileSync("build/unpack.wasm").toString("hex"),
    length: bytes.length,
  };
  writeFileSync(`dist/${name}.packed.js`, `export default ${JSON.stringify(texts)};\n`);
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
