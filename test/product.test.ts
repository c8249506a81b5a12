// The product of matrices at the sizes where the core chooses another way to compute it, against plain loops, bit for bit: through layers that are
// nothing but products, and alone, where its operands may stand at the end of the memory.

import fc from "fast-check";
import { NeuralNetwork, type Precision } from "feedforward";
import { describe, expect, test } from "vitest";
import { limitModule, type ProductArguments } from "../bench/limit/module.js";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits, parameters } from "./support/compare.js";
import { randomSource, randomTable } from "./support/data.js";
import { Oracle } from "./support/oracle.js";
import { check, SEED } from "./support/property.js";

const RATE = 2 ** -12;

/**
 * Around the borders of what assembly/kernels works in: vectors of 2 and 4 elements, panels of two vectors, strips of 4 rows, 3 panels, from which on
 * there are strips, blocks 128 deep, blocks of 14 panels, or of 28 where rows are long.
 */
const BORDERS = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 20, 23, 24, 25, 27, 28, 29, 31, 32, 33],
  ...[55, 56, 57, 58, 59, 60, 61, 63, 64, 65, 111, 112, 113, 115, 116, 117, 127, 128, 129, 130, 131, 132, 133],
];

const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(...BORDERS));
const precision = fc.constantFrom<Precision>("float64", "float32");

describe.each(BUILDS)(`$name build (FC_SEED=${SEED})`, ({ options }) => {
  test("random sizes", () => {
    let changed = 0;
    check(100, [precision, size, size, size, size, fc.boolean(), fc.nat()], (precision, rows, inputs, hidden, outputs, bias, seed) => {
      changed += compare(rows, { inputs, units: [hidden, outputs], precision, bias, ...options }, seed) ? 1 : 0;
    });
    expect(changed).toBeGreaterThan(80);
  });

  test("two or three columns, of which a vector of float32 is not full", () => {
    const narrow = fc.constantFrom(2, 3);
    check(
      60,
      [fc.oneof(size, fc.integer({ min: 60, max: 200 })), size, narrow, narrow, fc.boolean(), fc.nat()],
      (rows, inputs, hidden, outputs, bias, seed) => {
        compare(rows, { inputs, units: [hidden, 9, outputs], precision: "float32", bias, ...options }, seed);
        compare(rows, { inputs: hidden, units: [outputs, inputs], precision: "float32", bias, ...options }, seed);
      },
    );
  });

  describe.each(["float64", "float32"] as const)("%s", (precision) => {
    // Each of the three counts of a product takes each of the borders, beside others that do not divide anything.
    test.each(BORDERS)("%i rows, inputs or units", (border) => {
      compare(border, { inputs: 35, units: [29, 27], precision, bias: true, ...options }, border);
      compare(5, { inputs: border, units: [27, border], precision, bias: true, ...options }, border);
      compare(7, { inputs: 33, units: [border, 26], precision, bias: false, ...options }, border);
    });

    test.each([
      // Rows of B of 2 KiB and more are packed, in place they end where the block does; depths of several blocks continue what C holds.
      [9, 257, 513, 300],
      [33, 300, 255, 257],
      // A batch of several chunks continues the gradient, where panels must not overlap.
      [600, 9, 131, 5],
      [515, 26, 29, 30],
      // One row and few.
      [1, 300, 131, 257],
      [2, 131, 130, 129],
      [3, 130, 515, 131],
    ])("%i rows, %i inputs, %i and %i units", (rows, inputs, hidden, outputs) => {
      expect(compare(rows, { inputs, units: [hidden, outputs], precision, bias: true, ...options }, rows)).toBe(true);
    });
  });
});

describe(`alone (FC_SEED=${SEED})`, () => {
  const module = limitModule();
  const Starts = ["nothing", "a row", "a matrix", "C itself"] as const;

  test("gives the bits of plain loops, and touches nothing but C and its scratch", { timeout: 60_000 }, () => {
    let [ofManyPanels, ofWideRows, ofWideBlocks] = [0, 0, 0];
    // Rows of B that are packed whatever the placing are of 2 KiB and more, and blocks are wider where C's are of 4 KiB and more.
    const wide = fc.tuple(fc.integer({ min: 1, max: 9 }), size, fc.integer({ min: 500, max: 1300 }));
    const counts = fc.oneof({ arbitrary: fc.tuple(size, size, size), weight: 5 }, { arbitrary: wide, weight: 1 });
    const placing = fc.record({
      transposedA: fc.boolean(),
      transposedB: fc.boolean(),
      start: fc.constantFrom(...Starts),
      last: fc.constantFrom("a", "b", "c", "panel"),
    });
    check(600, [counts, placing, fc.constantFrom(8, 4), fc.nat()], ([rows, depth, columns], placing, bytes, seed) => {
      const random = randomSource(seed);
      const Elements = bytes === 8 ? Float64Array : Float32Array;
      const panelBytes = module.panelBytes(Math.max(depth, columns), bytes);
      const lengths = { a: rows * depth, b: depth * columns, c: rows * columns, panel: panelBytes / bytes };
      // One region ends where the memory does, so that reading behind it would trap; elsewhere NaN would get into the sums.
      // Columns that a vector is not full of, whose lanes may read on.
      const lanes = 16 / bytes;
      const missing = columns > 1 && columns < lanes ? lanes - columns : 0;
      const readable = { ...lengths, b: lengths.b + missing * (placing.transposedB ? depth : 1), c: lengths.c + missing };
      const order = [...(["a", "b", "c", "panel"] as const).filter((name) => name !== placing.last), placing.last];
      const needed = Object.values(readable).reduce(
        (sum, length) => sum + length * bytes + 64,
        columns * bytes + rows * columns * bytes + 8192,
      );
      const short = needed - module.memory.buffer.byteLength;
      if (short > 0) module.memory.grow(Math.ceil(short / 65536));
      const elements = new Elements(module.memory.buffer);
      elements.fill(Number.NaN, module.heapBase() / bytes);
      const place = { a: 0, b: 0, c: 0, panel: 0 };
      let end = module.memory.buffer.byteLength;
      for (const name of order.reverse()) {
        place[name] = end - readable[name] * bytes;
        end = place[name] - bytes * Math.floor(random() * 4 + 1);
      }
      const matrix = end - rows * columns * bytes;
      for (const [at, length] of [
        [place.a, lengths.a],
        [place.b, lengths.b],
        [place.c, lengths.c],
        [matrix, lengths.c],
      ] as const) {
        const region = elements.subarray(at / bytes, at / bytes + length);
        for (let i = 0; i < length; i++) region[i] = random() < 0.05 ? -0 : (random() - 0.5) * 2 ** Math.floor(20 * random() - 10);
      }
      const [aRow, aDepth] = placing.transposedA ? [1, rows] : [depth, 1];
      const [bDepth, bColumn] = placing.transposedB ? [1, depth] : [columns, 1];
      const [start, startRow] = { nothing: [0, 0], "a row": [matrix, 0], "a matrix": [matrix, columns], "C itself": [place.c, columns] }[
        placing.start
      ] as [number, number];
      const expected = elements.slice();
      const round = bytes === 8 ? (x: number) => x : Math.fround;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = start === 0 ? 0 : (expected[start / bytes + row * startRow + column] as number);
          for (let k = 0; k < depth; k++) {
            const x = elements[place.a / bytes + row * aRow + k * aDepth] as number;
            sum = round(sum + round(x * (elements[place.b / bytes + k * bDepth + column * bColumn] as number)));
          }
          expected[place.c / bytes + row * columns + column] = sum;
        }
      }
      const strides = (row: number, column: number) => [row * bytes, column * bytes] as const;
      const parameters: ProductArguments = [
        ...([place.a, ...strides(aRow, aDepth)] as const),
        ...([place.b, ...strides(bDepth, bColumn)] as const),
        place.c,
        columns * bytes,
        start,
        startRow * bytes,
        rows,
        depth,
        columns,
        place.panel,
      ];
      if (bytes === 8) module.productF64(1, ...parameters);
      else module.productF32(1, ...parameters);
      // The scratch may hold anything.
      for (const all of [elements, expected]) all.fill(0, place.panel / bytes, place.panel / bytes + lengths.panel);
      expectSameBits(bytesOf(elements), bytesOf(expected), "the memory");
      if (columns * bytes >= 96 && rows >= 3) ofManyPanels++;
      if (columns * bytes >= 2048 && rows >= 3 && !placing.transposedB) ofWideRows++;
      if (columns * bytes >= 4096 && rows >= 3) ofWideBlocks++;
    });
    expect(ofManyPanels).toBeGreaterThan(100);
    expect(ofWideRows).toBeGreaterThan(10);
    expect(ofWideBlocks).toBeGreaterThan(10);
  });

  test("some columns of wide rows, as threads share them, in a scratch that ends where the memory does", () => {
    const shared = fc.record({
      rows: fc.integer({ min: 1, max: 9 }),
      depth: fc.constantFrom(1, 7, 128, 133, 260),
      width: fc.integer({ min: 1024, max: 1300 }),
      from: fc.constantFrom(0, 16, 224, 448),
      count: fc.constantFrom(1, 16, 112, 113, 223, 224, 225, 330, 448),
    });
    check(60, [shared, fc.nat()], ({ rows, depth, width, from, count }, seed) => {
      const random = randomSource(seed);
      const lengths = [rows * depth, depth * width, rows * width, module.panelBytes(width, 4) / 4];
      const missing = module.heapBase() + 4 * lengths.reduce((sum, length) => sum + length) - module.memory.buffer.byteLength;
      if (missing > 0) module.memory.grow(Math.ceil(missing / 65536));
      const elements = new Float32Array(module.memory.buffer);
      elements.fill(Number.NaN, module.heapBase() / 4);
      let end = elements.length;
      const [panel, c, b, a] = lengths.reverse().map((length) => {
        end -= length;
        return end;
      }) as [number, number, number, number];
      for (let i = a; i < c; i++) elements[i] = random() - 0.5;
      const expected = elements.slice();
      for (let row = 0; row < rows; row++) {
        for (let column = from; column < from + count; column++) {
          let sum = 0;
          for (let k = 0; k < depth; k++) {
            const product = Math.fround((elements[a + row * depth + k] as number) * (elements[b + k * width + column] as number));
            sum = Math.fround(sum + product);
          }
          expected[c + row * width + column] = sum;
        }
      }
      const operands: ProductArguments = [
        ...([4 * a, 4 * depth, 4, 4 * (b + from), 4 * width, 4, 4 * (c + from), 4 * width, 0, 0] as const),
        ...([rows, depth, count, 4 * panel] as const),
      ];
      module.productF32(1, ...operands);
      for (const all of [elements, expected]) all.fill(0, panel);
      expectSameBits(bytesOf(elements), bytesOf(expected), "the memory");
    });
  });
});

interface Shape {
  readonly inputs: number;
  readonly units: readonly number[];
  readonly precision: Precision;
  readonly bias: boolean;
  readonly core?: WebAssembly.Module;
}

/** Expects the oracle's bits from thinking and from two training steps of linear layers; answers whether the steps changed something. */
function compare(rows: number, { units, bias, ...shape }: Shape, seed: number): boolean {
  const layers = units.map((width) => ({ units: width, activation: "linear", initializer: "uniform", bias }) as const);
  const network = new NeuralNetwork({ ...shape, layers, reduction: "mean", optimizer: { name: "sgd", learningRate: RATE }, seed: 1 });
  const oracle = new Oracle(network);
  const inputs = randomTable(seed, rows, network.inputs);
  const targets = randomTable(seed + 1, rows, network.outputs);
  const before = bytesOf(oracle.parameters());
  expectSameBits(bytesOf(network.think(inputs).flat()), bytesOf(oracle.think(inputs).flat()), "outputs");
  for (let step = 1; step <= 2; step++) {
    oracle.step(inputs, targets, RATE, "mean");
    network.train(inputs, targets, 1);
    expectSameBits(bytesOf(parameters(network)), bytesOf(oracle.parameters()), `parameters after step ${step}`);
  }
  const changed = !before.equals(bytesOf(oracle.parameters()));
  network.dispose();
  return changed;
}
