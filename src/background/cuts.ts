import { Status } from "../abi.js";
import type { Core } from "../core.js";

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
