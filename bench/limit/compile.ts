import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A product's parameters, as assembly/kernels/product.ts has them: addresses, strides in bytes, counts of elements. */
export type ProductArguments = readonly [
  a: number,
  aRow: number,
  aDepth: number,
  b: number,
  bDepth: number,
  bColumn: number,
  c: number,
  cRow: number,
  start: number,
  startRow: number,
  rows: number,
  depth: number,
  columns: number,
  panel: number,
];

/** The exports of assembly/limit.ts. */
export interface LimitModule {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  panelBytes(columns: number, elementBytes: number): number;
  productF32(times: number, ...product: ProductArguments): void;
  productF64(times: number, ...product: ProductArguments): void;
  probeF32(times: number, at: number): void;
  probeF64(times: number, at: number): void;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = join(ROOT, "build/limit.wasm");

/** What the binary is made from. */
const SOURCES = ["assembly", "asconfig.json", "package-lock.json"].map((path) => join(ROOT, path));

/** Compiles assembly/limit.ts as `npm run build` compiles the core, if it has changed, and instantiates it. */
export function limitModule(): LimitModule {
  if (!existsSync(BINARY) || statSync(BINARY).mtimeMs <= newest(SOURCES)) compile();
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(BINARY))).exports as unknown as LimitModule;
}

function compile(): void {
  const { options, targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8"));
  const settings = flags({ ...options, enable: targets.simd.enable, outFile: BINARY });
  const compiler = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
  // Without a configuration file: the core's would add the core.
  const args = [compiler, "assembly/limit.ts", "--config", "none", ...settings];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`assembly/limit.ts does not compile: ${stderr}`);
}

/** Settings of asconfig.json as the command line has them. */
function flags(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
}

/** The time of the latest change among files and folders. */
function newest(paths: readonly string[]): number {
  return Math.max(
    ...paths.map((path) => {
      const stat = statSync(path);
      return Math.max(stat.mtimeMs, stat.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0);
    }),
  );
}
