import { instantiateSync } from "@assemblyscript/loader";
import { Abi, Status } from "./abi.js";
import binary from "./embedded-simd.js";

/** `WebAssembly.Module`, where the TypeScript libraries in use know it (`dom` or a host's own types), else any object. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: abstract new (...bytes: never[]) => infer Module } }
  ? Module
  : object;

/** The exports of the core, as `assembly/index.ts` defines them. Addresses come back as signed numbers: `>>> 0`. */
export interface Core {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  abiVersion(): number;
  heapBase(): number;
  selfTestBytes(): number;
  selfTest(base: number): Status;
  layout(network: number): number;
  initialize(network: number): void;
  think(network: number, rows: number): Status;
  train(network: number, steps: number): Status;
  apply(fn: number, elementBytes: number, p: number, count: number): void;
}

/** Modules that have passed the self-test in this process. */
const tested = new WeakSet<CompiledModule>();

let simd: CompiledModule | undefined;

/** A new instance of `module`, or of the embedded core, with a memory of its own. */
export function instantiate(module: CompiledModule = defaultCore()): Core {
  const core = instanceOf(module);
  if (!tested.has(module)) {
    test(core);
    tested.add(module);
  }
  return core;
}

/** Compiles a binary given as `scripts/build.mjs` writes it: the characters of the bytes 0 … 255, then a character for each byte. */
export function compile(text: string): CompiledModule {
  if (typeof WebAssembly === "undefined") throw new Error("feedforward needs WebAssembly, which this host does not have");
  const byteOf = new Uint8Array(512);
  for (let byte = 0; byte < 256; byte++) byteOf[text.charCodeAt(byte)] = byte;
  const bytes = new Uint8Array(text.length - 256);
  for (let i = 0; i < bytes.length; i++) bytes[i] = byteOf[text.charCodeAt(256 + i)] as number;
  return new WebAssembly.Module(bytes);
}

function defaultCore(): CompiledModule {
  try {
    simd ??= compile(binary);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new Error(
      'this engine cannot compile WebAssembly SIMD: import { scalarCore } from "feedforward/scalar" and pass { core: scalarCore() }',
      { cause: error },
    );
  }
  return simd;
}

function instanceOf(module: CompiledModule): Core {
  try {
    // The raw exports, not the loader's wrapped ones: a call costs 4–10 ns instead of 20, and functions keep their signatures.
    return instantiateSync(module).instance.exports as unknown as Core;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(
      "no memory for another network: engines limit how many WebAssembly memories are alive; dispose() of networks that are no longer needed",
      { cause: error },
    );
  }
}

function test(core: Core): void {
  if (typeof core.abiVersion !== "function" || core.abiVersion() !== Abi.Version) {
    throw new TypeError(`core: expected a feedforward core with ABI version ${Abi.Version}`);
  }
  const status = core.selfTest(core.heapBase());
  if (status !== Status.Ok) throw statusError(status);
}

/** The error for a status that no checked call should give, and for hosts that cannot compute exactly. */
export function statusError(status: Status): Error {
  switch (status) {
    case Status.SubnormalsFlushed:
      return new Error(
        "this thread flushes subnormal numbers to zero (a library built with -Ofast may have switched that on), so results would differ from other hosts",
      );
    case Status.SelfTestFailed:
      return new Error("the core's self-test gave other bits than it must: this WebAssembly engine does not compute exactly");
    default:
      return new Error(`the core answered with the unexpected status ${status}`);
  }
}
