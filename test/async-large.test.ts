// Rows and networks that are too large to be read, placed or handed over in one turn of the event loop: in pieces, with the same results.

import { NeuralNetwork } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameState, reasonOf } from "./support/background.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { randomSource } from "./support/data.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`moments were drawn with FC_SEED=${SEED}`));

const WAYS = [
  { path: "worker", way: { threads: 1 } },
  { path: "slices", way: { worker: false } },
  { path: "threads", way: { threads: 2 } },
] as const;

const ROWS = 150_000;
const FLAT = { data: Float32Array.from({ length: 5 * ROWS }, (_, i) => Math.sin(i)), rows: ROWS };
const LABELS = Uint8Array.from({ length: ROWS }, (_, i) => (i * 7) % 3);

const turn = () => new Promise((resolve) => setImmediate(resolve));

function create(): NeuralNetwork {
  return new NeuralNetwork({
    inputs: 5,
    layers: [
      { units: 4, activation: "tanh" },
      { units: 3, activation: "softmax" },
    ],
    optimizer: "adam",
  });
}

function rowsOf({ data, rows }: { readonly data: Float32Array; readonly rows: number }): number[][] {
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(5 * row, 5 * row + 5)));
}

describe.each(WAYS)("by $path", ({ way }) => {
  test.each(["typed arrays", "arrays of rows", "Buffers"])(
    "%s of many rows, with weights of rows and classes, and rows that validate",
    async (form) => {
      const [background, plain] = [create(), create()];
      const bytes = Buffer.from(Uint8Array.from(FLAT.data, (value) => 100 + 100 * value));
      const inputs = form === "Buffers" ? { data: bytes, rows: ROWS } : form === "typed arrays" ? FLAT : rowsOf(FLAT);
      const targets = form === "Buffers" ? Buffer.from(LABELS) : form === "typed arrays" ? LABELS : Array.from(LABELS);
      const sampleWeights =
        form === "typed arrays" ? Float64Array.from(LABELS, (label) => label + 0.5) : Array.from(LABELS, (label) => label + 0.5);
      for (const classWeights of ["balanced", [1, 2, 0.5]] as const) {
        const run = {
          epochs: 1,
          batchSize: 30_000,
          sampleWeights,
          classWeights,
          validation: classWeights === "balanced" ? { split: 0.25 } : { inputs: FLAT, targets: LABELS },
        } as const;
        const history = await background.trainAsync(inputs, targets, { ...run, ...way });
        expect(history).toEqual(plain.train(inputs, targets, run));
        expectSameState(background, plain);
      }
      if (form === "Buffers") expect([bytes.length, targets.length]).toEqual([5 * ROWS, ROWS]);
    },
  );

  test("numbers and class numbers that cannot be used are refused by name, wherever they stand", async () => {
    const network = create();
    const before = network.snapshot();
    for (const row of [3, 100_000, ROWS - 1]) {
      const at = (values: Float32Array | Uint8Array, i: number, value: number) => {
        const copy = values.slice();
        copy[i] = value;
        return copy;
      };
      const bad = { data: at(FLAT.data, 5 * row + 2, Number.NaN), rows: ROWS } as typeof FLAT;
      const weights = new Float64Array(ROWS).fill(1);
      weights[row] = -1;
      const nested = rowsOf(FLAT);
      nested[row] = [1, 2, 3, 4, Number.POSITIVE_INFINITY];
      for (const [inputs, targets, options] of [
        [bad, LABELS, {}],
        [nested, LABELS, {}],
        [FLAT, at(LABELS, row, 9), {}],
        [FLAT, LABELS, { sampleWeights: weights }],
        [FLAT, LABELS, { validation: { inputs: bad, targets: LABELS } }],
        [FLAT, LABELS, { validation: { inputs: FLAT, targets: at(LABELS, row, 3) } }],
      ] as const) {
        const error = await reasonOf(network.trainAsync(inputs, targets as Uint8Array, { epochs: 1, ...options, ...way }));
        expect(() => network.train(inputs, targets as Uint8Array, { epochs: 1, ...options })).toThrow(error as Error);
        expect((error as Error).message).toContain(`[${row}]`);
      }
      expect(((await reasonOf(network.thinkAsync(nested, way))) as Error).message).toBe(
        `inputs[${row}][4]: expected a finite number, got Infinity`,
      );
    }
    expect(network.snapshot()).toEqual(before);
  });

  test("stopped while rows are read, sent or placed, and gone on with, it comes to the same bits", async () => {
    const random = randomSource(SEED);
    const run = { epochs: 2, batchSize: 20_000 };
    const inputs = { data: Float64Array.from(FLAT.data), rows: ROWS };
    const plain = create();
    plain.train(inputs, LABELS, run);
    for (let round = 0; round < 4; round++) {
      const network = create();
      for (let stops = 0, resume = false; ; resume = true) {
        const stop = new AbortController();
        const turns = Math.floor(random() * 20);
        if (stops < 8) {
          void (async () => {
            for (let i = 0; i < turns; i++) await turn();
            stop.abort("enough");
          })();
        }
        try {
          await network.trainAsync(inputs, LABELS, { ...run, ...way, resume, signal: stop.signal });
          break;
        } catch (reason) {
          expect(reason).toBe("enough");
          stops++;
        }
      }
      expectSameState(network, plain);
    }
  });

  test("answers for many rows, in the form of the rows", async () => {
    const network = create();
    const nested = rowsOf(FLAT);
    const answers = await network.thinkAsync(nested, way);
    const expected = network.think(FLAT);
    expect(answers.length).toBe(ROWS);
    expectSameBits(bytesOf(answers.flat()), bytesOf(expected), "outputs");
    expectSameBits(bytesOf(await network.thinkAsync(FLAT, way)), bytesOf(expected), "outputs");
    const bytes = Buffer.from(Uint8Array.from(FLAT.data, (value) => 100 + 100 * value));
    const ofBytes = await network.thinkAsync({ data: bytes, rows: ROWS }, way);
    expectSameBits(bytesOf(ofBytes), bytesOf(network.think({ data: Uint8Array.from(bytes), rows: ROWS })), "outputs");
    expect(bytes.length).toBe(5 * ROWS);
  });

  test("a network of many megabytes is known as it was a while ago while it trains, also where nobody asks to be told", async () => {
    const large = () => new NeuralNetwork({ inputs: 5, layers: [{ units: 150_000, activation: "relu" }, { units: 1 }], optimizer: "adam" });
    const [background, plain] = [large(), large()];
    const rows = { data: FLAT.data.subarray(0, 40), rows: 8 };
    const targets = [0, 1, 0, 1, 1, 0, 0.5, 1];
    const stop = new AbortController();
    const held = background.layers[0]?.weights;
    const run = reasonOf(
      background.trainAsync(rows, targets, { epochs: 1_000_000, batchSize: 2, shuffle: false, ...way, signal: stop.signal }),
    );
    while (background.step < 5) await turn();
    const answer = background.think([1, 2, 3, 4, 5]);
    const { step } = background;
    stop.abort("enough");
    expect(await run).toBe("enough");
    for (let i = 0; i < step; i++)
      plain.train({ data: rows.data.subarray(10 * (i % 4), 10 * (i % 4) + 10), rows: 2 }, targets.slice(2 * (i % 4), 2 * (i % 4) + 2), 1);
    expect(plain.think([1, 2, 3, 4, 5])).toEqual(answer);
    // And views from before show what it became.
    expect(held?.length === 0 || held?.[7] === background.layers[0]?.weights[7]).toBe(true);
    background.train(rows, targets, 1);
  });
});

test("networks of several sizes and forms train one after the other in bytes that the one before has left", async () => {
  const wide = ({ units, precision, layers }: { units: number; precision: "float32" | "float64"; layers: number }) =>
    new NeuralNetwork({
      inputs: 5,
      precision,
      layers: [{ units, activation: "tanh" }, ...Array.from({ length: layers }, () => ({ units: 3 }))],
      optimizer: "adam",
    });
  const forms = [
    { units: 150_000, precision: "float64", layers: 1 },
    { units: 400_000, precision: "float32", layers: 20 },
    { units: 150_000, precision: "float32", layers: 2 },
    { units: 60_000, precision: "float64", layers: 1 },
  ] as const;
  const networks = forms.map((form) => [wide(form), wide(form)] as const);
  const rows = { data: FLAT.data.subarray(0, 40), rows: 8 };
  const targets = Array.from({ length: 8 }, (_, i) => [i % 2, 1, i / 8]);
  const random = randomSource(SEED);
  for (let round = 0; round < 16; round++) {
    const [background, plain] = networks[Math.floor(random() * networks.length)] as (typeof networks)[number];
    const { way } = WAYS[Math.floor(random() * WAYS.length)] as (typeof WAYS)[number];
    const run = { epochs: 2, batchSize: 4 };
    expect(await background.trainAsync(rows, targets, { ...run, ...way })).toEqual(plain.train(rows, targets, run));
    expectSameState(background, plain);
  }
});

test.each([{ threads: 1 }, { threads: 2 }])(
  "a network of many megabytes with long steps is that of a step, whenever it is asked, while its images' bytes go to and fro: %o",
  async (way) => {
    const large = () => new NeuralNetwork({ inputs: 900, layers: [{ units: 700, activation: "tanh" }, { units: 1 }], optimizer: "adam" });
    const [background, plain] = [large(), large()];
    const rows = 400;
    const inputs = { data: Float64Array.from({ length: rows * 900 }, (_, i) => Math.sin(i)), rows };
    const targets = Float64Array.from({ length: rows }, (_, i) => (i % 3) / 2);
    const question = inputs.data.subarray(0, 900);
    const answers = [plain.think(question)[0]];
    const history = plain.train(inputs, targets, { epochs: 12, onStep: () => void answers.push(plain.think(question)[0]) });
    const random = randomSource(SEED);
    let isOver = false;
    const run = background.trainAsync(inputs, targets, { epochs: 12, ...way }).finally(() => {
      isOver = true;
    });
    const seen = new Set<number>();
    while (!isOver) {
      // Some states are looked at, some make room for the next.
      for (let turns = 1 + Math.floor(random() * 300); turns > 0; turns--) await turn();
      expect(background.think(question)[0]).toBe(answers[background.step]);
      seen.add(background.step);
    }
    expect(await run).toEqual(history);
    expectSameState(background, plain);
    expect(seen.size).toBeGreaterThan(2);
  },
);

test("the caller has its turns while rows are read and placed", async () => {
  for (const inputs of [
    { data: new Float64Array(40_000_000), rows: 8_000_000 },
    rowsOf({ data: new Float32Array(10_000_000), rows: 2_000_000 }),
  ]) {
    const rows = "rows" in inputs ? inputs.rows : inputs.length;
    let turns = 0;
    let isOver = false;
    void (async () => {
      for (; !isOver; turns++) await turn();
    })();
    const run = create().trainAsync(inputs, new Uint8Array(rows), { epochs: 1, batchSize: rows, worker: false, onStep: () => false });
    await run;
    isOver = true;
    // Some 100 ms of work, in pieces of 4.
    expect(turns).toBeGreaterThan(3);
  }
});
