import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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

/** Has assembly/limit.ts compiled as the core is, if anything has changed, and instantiates it. */
export function limitModule(): LimitModule {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build.mjs", "--limit"], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`assembly/limit.ts does not compile: ${stderr}`);
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(ROOT, "build/limit.wasm")))).exports as unknown as LimitModule;
}
