// Answers without blocking: think's own, by every way, in every form, of the network as it was when it was asked.

import { NeuralNetwork } from "feedforward";
import { scalarCore } from "feedforward/scalar";
import { describe, expect, test } from "vitest";
import { INPUTS, made, RUN, reasonOf, TARGETS, workers } from "./support/background.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";

const WAYS = [
  { path: "a worker", way: { threads: 1 } },
  { path: "slices", way: { worker: false } },
  { path: "2 threads", way: { threads: 2 } },
  { path: "5 threads", way: { threads: 5 } },
  { path: "whatever is worth it", way: {} },
] as const;

describe.each(WAYS)("by $path", ({ way }) => {
  test.each([1, 2, 3, 15, 255, 257, 5000, 9001])("%i rows", async (rows) => {
    for (const precision of ["float64", "float32"] as const) {
      const network = new NeuralNetwork({
        inputs: 6,
        precision,
        layers: [
          { units: 33, activation: "gelu", normalization: "layer" },
          { units: 34, activation: "tanh", normalization: "batch", dropout: 0.2 },
          { units: 5, activation: "softmax" },
        ],
      });
      const inputs = randomTable(rows, rows, 6);
      expectSameBits(bytesOf((await network.thinkAsync(inputs, way)).flat()), bytesOf(network.think(inputs).flat()), "outputs");
    }
  });

  test("all forms", async () => {
    const network = made({ precision: "float32" });
    const row = INPUTS[0] as number[];
    const flat = { data: Float32Array.from(INPUTS.flat()), rows: INPUTS.length };
    for (const inputs of [row, Float64Array.from(row), [row], INPUTS, INPUTS.map((each) => Float32Array.from(each)), flat]) {
      expect(await network.thinkAsync(inputs, way)).toEqual(network.think(inputs));
    }
  });

  test("many at once, and while it trains", async () => {
    const network = made();
    const first = network.think(INPUTS);
    const asked = [network.thinkAsync(INPUTS, way), network.thinkAsync(INPUTS, way)];
    const run = network.trainAsync(INPUTS, TARGETS, { ...RUN, threads: 2 });
    asked.push(network.thinkAsync(INPUTS, way));
    for (const answer of asked) expect(await answer).toEqual(first);
    await run;
    expect(await network.thinkAsync(INPUTS, way)).toEqual(network.think(INPUTS));
    const last = network.thinkAsync(INPUTS, way);
    const expected = network.think(INPUTS);
    network.dispose();
    expect(await last).toEqual(expected);
    expect(await reasonOf(network.thinkAsync(INPUTS, way))).toEqual(new TypeError("thinkAsync: this network has been disposed"));
  });

  test("training in the next line changes nothing of its answers", async () => {
    const network = made();
    const expected = network.think(INPUTS);
    const answers = network.thinkAsync(INPUTS, way);
    network.train(INPUTS, TARGETS, 3);
    expect(await answers).toEqual(expected);
  });

  test("a signal that comes while its answers are put into form stops nobody else", async () => {
    const [first, second, plain] = [made(), made(), made()];
    const stop = new AbortController();
    let over = false;
    const rows = Array.from({ length: 300_000 }, (_, i) => INPUTS[i % 200] as number[]);
    const answers = first.thinkAsync(rows, { ...way, signal: stop.signal }).finally(() => {
      over = true;
    });
    // Runs of a worker that is released soon, at all moments till the end.
    const run = { epochs: 2, batchSize: 50 };
    while (!over) {
      await second.trainAsync(INPUTS, TARGETS, { ...run, ...way });
      plain.train(INPUTS, TARGETS, run);
    }
    stop.abort();
    expect((await answers).length).toBe(rows.length);
    const last = second.trainAsync(INPUTS, TARGETS, { ...run, ...way });
    plain.train(INPUTS, TARGETS, run);
    await last;
    expect(second.think(INPUTS)).toEqual(plain.think(INPUTS));
  });

  test("a signal stops it", async () => {
    const network = made();
    expect(await reasonOf(network.thinkAsync(INPUTS, { ...way, signal: AbortSignal.abort("enough") }))).toBe("enough");
    const stop = new AbortController();
    const many = network.thinkAsync({ data: new Float64Array(5_000_000), rows: 1_000_000 }, { ...way, signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort("now");
    expect(await reasonOf(many)).toBe("now");
    expect(await network.thinkAsync(INPUTS, way)).toEqual(network.think(INPUTS));
  });
});

test("on a core of the caller's", async () => {
  const network = made({ core: scalarCore() });
  expect(await network.thinkAsync(INPUTS)).toEqual(network.think(INPUTS));
});

test("a worker that ends is told of", async () => {
  const network = made();
  const answer = network.thinkAsync({ data: new Float64Array(20_000_000), rows: 4_000_000 }, { threads: 3 });
  for (const { told } = workers; workers.told === told; ) await new Promise((resolve) => setImmediate(resolve));
  const ends = workers.all.splice(0).map((worker) => worker.terminate());
  const error = (await reasonOf(answer)) as Error;
  expect(error.message).toMatch(/^thinkAsync: the worker ended in the midst of the run/);
  // The others end as well, and one that has, but is not known to, would be asked.
  await Promise.all(ends);
  expect(await network.thinkAsync(INPUTS)).toEqual(network.think(INPUTS));
});

test.each([
  [[[1]], undefined, "inputs[0]: expected 5 numbers, got 1"],
  [5, undefined, "inputs: expected an array of rows, one row, or { data: a typed array, rows: their number }, got 5"],
  [INPUTS, { into: 5 }, 'options: unknown option "into"; known are signal, worker, threads'],
  [INPUTS, { threads: -1 }, "threads: expected a whole number from 1 to 64, got -1"],
])("what cannot be asked: %#", async (inputs, options, message) => {
  expect(((await reasonOf(made().thinkAsync(inputs as never, options as never))) as Error).message).toBe(message);
});
