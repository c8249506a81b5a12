import type { Build } from "./builds.js";

/** Arrays of one of the core's two element types. */
export type Floats = Float64Array | Float32Array;

/** A function of the core on arrays: copies them in, applies `fn` (a code of `Function` in src/abi.ts) in place and copies the result out. */
export function applier(build: Build, fn: number): <F extends Floats>(values: F) => F {
  const core = build.instantiate();
  const base = core.heapBase() >>> 0;
  return (values) => {
    const missing = base + values.byteLength - core.memory.buffer.byteLength;
    if (missing > 0) core.memory.grow(Math.ceil(missing / 65536));
    const Type = values.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => typeof values;
    const view = new Type(core.memory.buffer, base, values.length);
    view.set(values);
    core.apply(fn, values.BYTES_PER_ELEMENT, base, values.length);
    return view.slice() as typeof values;
  };
}
