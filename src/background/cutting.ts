import { Status } from "../abi.js";
import { type Core, testCore } from "../core.js";
import { unpacked } from "./base64.js";
import { onIdle, rest } from "./pool.js";
import { MOST_KEPT } from "./team.js";

// The build for slices: a call of it that takes too long is cut, and made again to go on where it was, after other events have had their turn. assembly/cuts.ts says where;
// WebAssembly itself knows no such thing, but Binaryen's pass `asyncify` makes what can be left and entered again.

/** What it exports besides. A call is left by `start_unwind` … `stop_unwind`, and entered again by `start_rewind` … `stop_rewind`. */
interface CutCore extends Core {
  stackOfCuts(): number;
  asyncify_start_unwind(stack: number): void;
  asyncify_stop_unwind(): void;
  asyncify_start_rewind(stack: number): void;
  asyncify_stop_rewind(): void;
}

/** A core whose `train` and `think` answer `Cut` after about so many milliseconds: to call them again goes on, and nothing else may be done with its block before they answer otherwise. */
export class CuttingCore {
  readonly core: Core;
  /** Whether a call waits to be gone on with. */
  isCut = false;
  readonly #milliseconds: number;
  #end = Number.POSITIVE_INFINITY;
  /** Where what a cut call had in hand lies. */
  #stack = 0;

  constructor(module: WebAssembly.Module, milliseconds: number) {
    this.#milliseconds = milliseconds;
    const core = new WebAssembly.Instance(module, { cuts: { askHost: () => this.#asked(core) } }).exports as unknown as CutCore;
    const inPieces =
      <A extends readonly unknown[]>(call: (...given: A) => Status) =>
      (...given: A): Status =>
        this.#go(core, () => call(...given));
    this.core = { ...core, train: inPieces(core.train), think: inPieces(core.think) };
  }

  #go(core: CutCore, call: () => Status): Status {
    if (this.isCut) core.asyncify_start_rewind(this.#stack);
    this.#end = performance.now() + this.#milliseconds;
    const status = call();
    // Other calls are not cut.
    this.#end = Number.POSITIVE_INFINITY;
    if (!this.isCut) return status;
    core.asyncify_stop_unwind();
    return Status.Cut;
  }

  /** The core asks, in the midst of a call, or where it was cut, once it is there again. */
  #asked(core: CutCore): void {
    if (this.isCut) {
      core.asyncify_stop_rewind();
      this.isCut = false;
    } else if (performance.now() >= this.#end) {
      this.isCut = true;
      this.#stack = core.stackOfCuts();
      core.asyncify_start_unwind(this.#stack);
    }
  }
}

let compiling: Promise<WebAssembly.Module> | undefined;

/** The one that waits for work, with the memory of its last network. */
let idle: CuttingCore | undefined;

onIdle(() => {
  idle = undefined;
});

/** Keeps it for the next session, unless it is in the midst of a call that was given up. */
export function releaseCore(cutting: CuttingCore): void {
  if (cutting.isCut || cutting.core.memory.buffer.byteLength > MOST_KEPT) return;
  idle = cutting;
  rest();
}

/** An instance with a memory of its own; nothing where none can be had, as where a page does not serve it. */
export async function cuttingCore(milliseconds: number): Promise<CuttingCore | undefined> {
  const known = idle;
  idle = undefined;
  if (known) return known;
  try {
    compiling ??= (async () => {
      const { default: base64 } = await import("#slices");
      const module = await unpacked(base64);
      testCore(new CuttingCore(module, milliseconds).core);
      return module;
    })();
    return new CuttingCore(await compiling, milliseconds);
  } catch {
    // Steps are whole then, and the next run asks again.
    compiling = undefined;
    return undefined;
  }
}
