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
  /** assembly/functions.ts, compiled alike. */
  functions(): Pick<RawCore, "memory" | "heapBase" | "apply">;
}

/** All builds, which must pass the same suites. The first is what users get. */
export const BUILDS: readonly Build[] = [
  {
    name: "SIMD",
    options: {},
    instantiate: () => instantiate(packaged("feedforward/feedforward.wasm")),
    functions: () => instantiate("build/functions.wasm"),
  },
  {
    name: "scalar",
    options: { core: scalarCore() },
    instantiate: () => instantiate(packaged("feedforward/feedforward.scalar.wasm")),
    functions: () => instantiate("build/functions.scalar.wasm"),
  },
];

function packaged(binary: string): string {
  return createRequire(import.meta.url).resolve(binary);
}

function instantiate(file: string): RawCore {
  return instantiateSync(readFileSync(file)).instance.exports as unknown as RawCore;
}
