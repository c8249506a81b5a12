import type { Case, Contender } from "../case.js";
import { type LimitModule, limitModule, type ProductArguments } from "./module.js";

// Each of a layer's three products alone, and the rate of multiplications and additions that no product can exceed.

/** Rows, inputs and units of the layers. */
const SHAPES = [
  [32, 784, 128],
  [256, 784, 128],
  [256, 1024, 1024],
  [1, 784, 128],
  [33, 17, 5],
  // Fewer columns than a vector of f32 has, beside a vector.
  [32, 10, 2],
  [32, 10, 3],
  [32, 10, 4],
  [4, 3, 2],
  [4, 3, 3],
  [4, 3, 4],
] as const;

const PRODUCTS = ["forward", "weight-gradient", "input-gradient"] as const;

/** Operations in one sample, about a millisecond's work. */
const SAMPLE = 2e7;

const PROBE_TIMES = 200_000;

interface ElementType {
  readonly name: "f32" | "f64";
  readonly bytes: 4 | 8;
}

const TYPES: readonly ElementType[] = [
  { name: "f32", bytes: 4 },
  { name: "f64", bytes: 8 },
];

export const LIMIT: readonly Case[] = [
  ...TYPES.map(peak),
  ...TYPES.flatMap((type) => SHAPES.flatMap((shape) => PRODUCTS.map((product) => productCase(product, shape, type)))),
];

/** A multiplication and an addition for each element of 12 vectors, none of which waits for another or for memory. */
function peak(type: ElementType): Case {
  return {
    name: `peak-${type.name}`,
    title: `multiplications and additions in registers, ${type.name}`,
    unit: "GFLOP/s",
    contenders() {
      const { module, type: place } = bench(type);
      const probe = type.name === "f32" ? module.probeF32 : module.probeF64;
      const run = () => probe(PROBE_TIMES, place.probe);
      return [{ implementation: "probe", threads: 1, calls: PROBE_TIMES, operations: (2 * 12 * 16) / type.bytes, run, answer: () => [] }];
    },
  };
}

function productCase(product: (typeof PRODUCTS)[number], [rows, inputs, units]: (typeof SHAPES)[number], type: ElementType): Case {
  return {
    name: `${product}-${rows}x${inputs}x${units}-${type.name}`,
    title: `${product} of ${rows} rows, ${inputs} inputs, ${units} units, ${type.name}`,
    unit: "GFLOP/s",
    contenders() {
      const { module, type: place } = bench(type);
      const { x, w, d, c, panel } = place;
      const e = type.bytes;
      const parameters: Record<typeof product, ProductArguments> = {
        // Z = X · W
        forward: [x, inputs * e, e, w, units * e, e, c, units * e, 0, 0, rows, inputs, units, panel],
        // dW = Xᵀ · dZ
        "weight-gradient": [x, e, inputs * e, d, units * e, e, c, units * e, 0, 0, inputs, rows, units, panel],
        // dX = dZ · Wᵀ
        "input-gradient": [d, units * e, e, w, e, units * e, c, inputs * e, 0, 0, rows, units, inputs, panel],
      };
      return [contender(module, type, parameters[product])];
    },
  };
}

function contender(module: LimitModule, type: ElementType, parameters: ProductArguments): Contender {
  const [rows, depth, columns] = parameters.slice(10, 13) as [number, number, number];
  const operations = 2 * rows * depth * columns;
  const calls = Math.max(1, Math.round(SAMPLE / operations));
  const multiply = type.name === "f32" ? module.productF32 : module.productF64;
  const run = () => multiply(calls, ...parameters);
  const answer = () => {
    run();
    return checkedCorners(elementsOf(module, type), type, parameters);
  };
  return { implementation: "feedforward", threads: 1, calls, operations, run, answer };
}

/** The four corners of C, which must be the sums that plain loops make. */
function checkedCorners(elements: Float32Array | Float64Array, { name, bytes }: ElementType, parameters: ProductArguments): number[] {
  const [a, aRow, aDepth, b, bDepth, bColumn, c, cRow, , , rows, depth, columns] = parameters;
  const at = (address: number) => elements[address / bytes] as number;
  const round = name === "f32" ? Math.fround : (x: number) => x;
  return [0, rows - 1].flatMap((row) =>
    [0, columns - 1].map((column) => {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum = round(sum + round(at(a + row * aRow + k * aDepth) * at(b + k * bDepth + column * bColumn)));
      const got = at(c + row * cRow + column * bytes);
      if (!Object.is(got, sum))
        throw new Error(`a product of ${rows}×${depth}×${columns} ${name}: ${got} at ${row}, ${column}, not ${sum}`);
      return got;
    }),
  );
}

function elementsOf({ memory }: LimitModule, { name }: ElementType): Float32Array | Float64Array {
  return name === "f32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
}

/** Where the operands of one element type lie, each with room for the largest shape. */
interface Place {
  readonly probe: number;
  readonly x: number;
  readonly w: number;
  readonly d: number;
  readonly c: number;
  readonly panel: number;
}

let made: { readonly module: LimitModule; readonly places: Readonly<Record<ElementType["name"], Place>> } | undefined;

/** The module, with operands in its memory; made for the first case that asks. */
function bench({ name }: ElementType): { module: LimitModule; type: Place } {
  made ??= make();
  return { module: made.module, type: made.places[name] };
}

function make(): NonNullable<typeof made> {
  const module = limitModule();
  const most = (size: (shape: (typeof SHAPES)[number]) => number) => Math.max(...SHAPES.map(size));
  let end = module.heapBase();
  const take = (bytes: number) => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const place = ({ bytes }: ElementType): Place => ({
    probe: take(14 * 16),
    x: take(bytes * most(([rows, inputs]) => rows * inputs)),
    w: take(bytes * most(([, inputs, units]) => inputs * units)),
    d: take(bytes * most(([rows, , units]) => rows * units)),
    c: take(bytes * most(([rows, inputs, units]) => Math.max(rows * inputs, rows * units, inputs * units))),
    panel: take(
      module.panelBytes(
        most(([, inputs, units]) => Math.max(inputs, units)),
        bytes,
      ),
    ),
  });
  const [f32, f64] = TYPES.map(place) as [Place, Place];
  module.memory.grow(Math.ceil(end / 65536));
  const places = { f32, f64 };
  for (const type of TYPES) {
    const { probe, c } = places[type.name];
    const operands = elementsOf(module, type).subarray(probe / type.bytes, c / type.bytes);
    for (let i = 0; i < operands.length; i++) operands[i] = Math.sin(i);
  }
  return { module, places };
}
