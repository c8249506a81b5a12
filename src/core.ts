// First, so that bundles begin with it: gzip packs the code behind it better than code in whose midst it stands.
import binary from "#simd";
import { Abi, Status } from "./abi.js";
import { type CompiledModule, compile } from "./binary.js";
import { wrongKind } from "./errors.js";

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
  evaluate(network: number, rows: number): Status;
  differentiate(network: number, rows: number, training: number): Status;
  save(
    network: number,
    to: number,
    weightsOnly: number,
    text: number,
    textBytes: number,
    history: number,
    columns: number,
    rows: number,
  ): number;
  load(network: number, from: number, bytes: number, given: number): number;
  weighClass(network: number, rows: number, k: number, factor: number): number;
  apply(fn: number, elementBytes: number, p: number, count: number): void;
}

/** Modules that have passed the self-test in this process. */
const tested = new WeakSet<CompiledModule>();

let simd: CompiledModule | undefined;

/** A new instance of `module`, or of the embedded core, with a memory of its own. */
export function instantiate(given: CompiledModule | undefined): Core {
  const module = compiled(given);
  const core = instanceOf(module);
  if (!tested.has(module)) {
    testCore(core);
    tested.add(module);
  }
  return core;
}

/** A module that was given, or the embedded core. */
export function compiled(given: CompiledModule | undefined): CompiledModule {
  if (given) return given;
  try {
    simd ??= compile(binary);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new Error(
      "the core was not compiled: an engine without SIMD needs { core: scalarCore() } from \"feedforward/scalar\", a content security policy 'wasm-unsafe-eval'",
      { cause: error },
    );
  }
  return simd;
}

function instanceOf(module: CompiledModule): Core {
  try {
    // Without the loader, which the tests load the core with: it needs nothing of that, and bundles would carry 2.1 kB more.
    return new WebAssembly.Instance(module as WebAssembly.Module).exports as unknown as Core;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError("no memory for another network: engines limit how many live at once; dispose some", {
      cause: error,
    });
  }
}

export function testCore(core: Core): void {
  if (typeof core.abiVersion !== "function" || core.abiVersion() !== Abi.Version) {
    throw wrongKind("core", `a feedforward core with ABI version ${Abi.Version}`);
  }
  const status = core.selfTest(core.heapBase());
  if (status !== Status.Ok) throw statusError(status);
}

/** The error for a status that no checked call should give, and for hosts that cannot compute exactly. */
export function statusError(status: Status): Error {
  switch (status) {
    case Status.SubnormalsFlushed:
      return new Error("this thread flushes subnormal numbers to zero, so results would not be those of other hosts");
    case Status.SelfTestFailed:
      return new Error("this WebAssembly engine does not compute exactly: the core's self-test gave other bits");
    default:
      return new Error(`unexpected status ${status}`);
  }
}
