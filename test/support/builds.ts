import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { instantiateSync } from "@assemblyscript/loader";
import type { NetworkOptions } from "feedforward";
import { scalarCore } from "feedforward/scalar";
import type { Status } from "../../src/abi.js";

/** What the tests call on a core without the wrapper; addresses and counts as `docs/abi.md` describes them. */
export interface RawCore {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  selfTestBytes(): number;
  selfTest(base: number): Status;
  apply(fn: number, elementBytes: number, p: number, count: number): void;
}

/** A build of the core: how a network is told to use it, and its binary alone. */
export interface Build {
  readonly name: string;
  readonly options: Pick<NetworkOptions, "core">;
  instantiate(): RawCore;
}

/** All builds, which must pass the same suites. The first is what users get. */
export const BUILDS: readonly Build[] = [
  { name: "SIMD", options: {}, instantiate: () => instantiate("feedforward/feedforward.wasm") },
  { name: "scalar", options: { core: scalarCore() }, instantiate: () => instantiate("feedforward/feedforward.scalar.wasm") },
];

function instantiate(binary: string): RawCore {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(binary));
  return instantiateSync(bytes).instance.exports as unknown as RawCore;
}
