import type { Build } from "./builds.js";

/** Arrays of one of the core's two element types. */
export type Floats = Float64Array | Float32Array;

/** What the core has within others only, by the codes of assembly/functions.ts. */
const WITHIN = { exponential: 0, logarithm: 1, errorFunction: 2 } as const;

/**
 * A function of the core on arrays: copies them in, applies `fn` (a code of `Function` in src/abi.ts, or one of the names above) in place and copies the
 * result out.
 */
export function applier(build: Build, fn: number | keyof typeof WITHIN): <F extends Floats>(values: F) => F {
  const isWithin = typeof fn === "string";
  const core = isWithin ? build.functions() : build.instantiate();
  const code = isWithin ? WITHIN[fn] : fn;
  const base = core.heapBase() >>> 0;
  return (values) => {
    const missing = base + values.byteLength - core.memory.buffer.byteLength;
    if (missing > 0) core.memory.grow(Math.ceil(missing / 65536));
    const Type = values.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => typeof values;
    const view = new Type(core.memory.buffer, base, values.length);
    view.set(values);
    core.apply(code, values.BYTES_PER_ELEMENT, base, values.length);
    return view.slice() as typeof values;
  };
}
