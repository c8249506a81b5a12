// Training from batches that come one by one: the bits of `train` over the same rows in order, one batch ahead and no more, and what becomes of errors.

import { spawnSync } from "node:child_process";
import { type Batch, type EpochReport, NeuralNetwork, TrainingError } from "feedforward";
import { describe, expect, test } from "vitest";
import { expectSameState, INPUTS, made, reasonOf, TARGETS } from "./support/background.js";
import { bytesOf, expectSameBits, parameters } from "./support/compare.js";

const WAYS = [
  { path: "worker", way: { threads: 1 } },
  { path: "slices", way: { worker: false } },
  { path: "threads", way: { threads: 2 } },
] as const;

const SIZES = [16, 50, 1, 33, 100];

/** The 200 rows in batches of `size`, the last of which takes what is left. */
function* batchesOf(size: number): Generator<Batch> {
  for (let at = 0; at < INPUTS.length; at += size) yield { inputs: INPUTS.slice(at, at + size), targets: TARGETS.slice(at, at + size) };
}

describe.each(WAYS)("by $path", ({ path, way }) => {
  test.each(SIZES)("epochs of batches of %i rows have the bits, the losses and the steps of train", async (batchSize) => {
    const options = {
      layers: [{ units: 9, activation: "tanh", dropout: 0.1, normalization: "layer" }, { units: 1 }],
      optimizer: { name: "adam", schedule: { name: "cosine", steps: 30 } },
    };
    const [background, plain] = [made(options), made(options)];
    const [said, expected]: [unknown[], unknown[]] = [[], []];
    const history = await background.trainAsync(() => batchesOf(batchSize), {
      ...way,
      epochs: 4,
      onEpoch: (report) => void said.push(report),
      onStep: (report) => void said.push(report),
    });
    const run = { epochs: 4, batchSize, shuffle: false };
    const other = plain.train(INPUTS, TARGETS, {
      ...run,
      onEpoch: (report) => void expected.push(report),
      onStep: (report) => void expected.push(report),
    });
    expect(history).toEqual(other);
    expect(said).toEqual(expected);
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
    expect([background.epoch, background.step]).toEqual([plain.epoch, plain.step]);
    expect(background.capabilities.path).toBe(path);
    // And both go on to the same bits.
    background.train(INPUTS, TARGETS, run);
    plain.train(INPUTS, TARGETS, run);
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
  });

  test("weights of rows, class numbers, sums, float32", async () => {
    const create = () =>
      new NeuralNetwork({
        inputs: 5,
        layers: [{ units: 7 }, { units: 3, activation: "softmax" }],
        reduction: "sum",
        precision: "float32",
        optimizer: { name: "sgd", learningRate: 0.01, momentum: 0.9 },
      });
    const [background, plain] = [create(), create()];
    const classes = Int32Array.from(INPUTS, (_, i) => i % 3);
    const sampleWeights = Float64Array.from(INPUTS, (_, i) => i / 100);
    async function* batches() {
      for (let at = 0; at < 200; at += 40) {
        yield { inputs: INPUTS.slice(at, at + 40), targets: classes.slice(at, at + 40), sampleWeights: sampleWeights.slice(at, at + 40) };
      }
    }
    const history = await background.trainAsync(batches, { ...way, epochs: 3 });
    expect(history).toEqual(plain.train(INPUTS, classes, { epochs: 3, batchSize: 40, shuffle: false, sampleWeights }));
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
  });

  test("no more than one batch is read ahead, also while an answer is waited for", async () => {
    let read = 0;
    let learned = 0;
    let most = 0;
    async function* endless() {
      for (;;) {
        most = Math.max(most, ++read - learned);
        yield { inputs: INPUTS, targets: TARGETS };
      }
    }
    const network = made();
    await network.trainAsync(endless(), {
      ...way,
      async onStep({ step }) {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        learned++;
        return step < 30;
      },
    });
    expect(network.step).toBe(30);
    // One that is learned from, and one that waits.
    expect(most).toBeLessThanOrEqual(2);
  });

  test("an error in the stream rejects, with the network at the last completed step, and the stream is closed", async () => {
    const [background, plain] = [made(), made()];
    const mine = new Error("the disk is gone");
    let closed = 0;
    const stream = (last: number) =>
      (async function* () {
        try {
          for (let i = 0; i < last; i++) yield { inputs: INPUTS, targets: TARGETS };
          throw mine;
        } finally {
          closed++;
        }
      })();
    expect(await reasonOf(background.trainAsync(stream(5), way))).toBe(mine);
    expect(background.step).toBe(5);
    plain.train(INPUTS, TARGETS, 5);
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
    expect(await reasonOf(background.trainAsync(stream(0), way))).toBe(mine);
    expect(background.step).toBe(5);
    expect(closed).toBe(2);
    await background.trainAsync(() => batchesOf(200), way);
    expect(background.step).toBe(6);
  });

  test("a batch that cannot be used is refused by its number", async () => {
    const network = made();
    async function* batches() {
      yield { inputs: INPUTS, targets: TARGETS };
      yield { inputs: [[1, 2, 3, 4, Number.NaN]], targets: [1] };
    }
    const error = (await reasonOf(network.trainAsync(batches(), way))) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe("batch 2 of epoch 1: inputs[0][4]: expected a finite number, got NaN");
    expect(network.step).toBe(1);
    async function* others() {
      yield { inputs: INPUTS, target: TARGETS };
    }
    expect(String(await reasonOf(network.trainAsync(others() as never, way)))).toMatch(
      /^TypeError: batch 1 of epoch 1: unknown option "target"; did you mean "targets"/,
    );
  });

  test("a signal, and dispose, do not wait for a batch that does not come", async () => {
    for (const how of ["signal", "dispose"]) {
      const network = made();
      const stop = new AbortController();
      let asked: () => void = () => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      async function* batches() {
        yield { inputs: INPUTS, targets: TARGETS };
        asked();
        await new Promise(() => {});
      }
      const run = reasonOf(network.trainAsync(batches(), { ...way, signal: stop.signal }));
      await isAsked;
      if (how === "signal") stop.abort("enough");
      else network.dispose();
      expect(await run).toEqual(how === "signal" ? "enough" : new TypeError("trainAsync: this network has been disposed"));
    }
  });

  test("a run that diverges says in which batch", async () => {
    const network = made({ layers: [{ units: 1, activation: "linear" }], optimizer: { name: "sgd", learningRate: 1000 } });
    const error = (await reasonOf(network.trainAsync(() => batchesOf(1), { ...way, epochs: 50 }))) as TrainingError;
    expect(error).toBeInstanceOf(TrainingError);
    const [, batch] = /batch (\d+)\)/.exec(error.message) ?? [];
    expect(Number(batch)).toBe(error.iteration - 200 * (error.epoch - 1));
    expect(Number(batch)).toBeGreaterThan(1);
  });

  test("epoch by epoch", async () => {
    const [background, plain] = [made(), made()];
    const reports: EpochReport[] = [];
    for await (const report of background.training(() => batchesOf(50), { ...way, epochs: 10 })) {
      reports.push(report);
      if (report.epoch === 3) break;
    }
    const expected = plain.train(INPUTS, TARGETS, { epochs: 3, batchSize: 50, shuffle: false });
    expect(reports.map(({ loss }) => loss)).toEqual(expected.loss);
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
  });

  test("nothing of it is kept: many batches take no more memory than few", async () => {
    const network = new NeuralNetwork({ inputs: 1000, layers: [{ units: 2 }] });
    const inputs = { data: new Float64Array(256_000).fill(0.5), rows: 256 };
    const targets = { data: new Float64Array(512), rows: 256 };
    let batches = 0;
    async function* many() {
      for (; batches < 400; batches++) yield { inputs, targets };
    }
    let before = 0;
    let most = 0;
    await network.trainAsync(many(), {
      ...way,
      onStep({ step }) {
        const { rss } = process.memoryUsage();
        if (step === 100) before = rss;
        most = Math.max(most, rss);
      },
    });
    expect(network.step).toBe(400);
    // 300 batches of 2 MB were learned from since.
    expect(most - before).toBeLessThan(200e6);
  });
});

test("nothing of a batch is kept by the run, or after it", { timeout: 60_000 }, () => {
  // In a process of its own, since only there garbage can be collected at will, though not that of its worker. If batches were kept they would be 450 MB.
  const code = `
    import { NeuralNetwork } from "feedforward";
    const network = new NeuralNetwork({ inputs: 256, layers: [{ units: 1, activation: "linear" }], precision: "float32" });
    const megabytes = () => { gc(); return process.memoryUsage().arrayBuffers / 1e6; };
    let before = 0, most = 0, given = [];
    async function* batches() {
      for (let i = 0; i < 500; i++) {
        if (i === 50) before = megabytes();
        if (i % 50 === 0) most = Math.max(most, megabytes());
        const batch = { inputs: { data: new Float32Array(256 * 1024), rows: 1024 }, targets: { data: new Float32Array(1024), rows: 1024 } };
        given.push(new WeakRef(batch.inputs.data), new WeakRef(batch.targets.data));
        yield batch;
      }
    }
    for (const way of [{ threads: 1 }, { worker: false }]) {
      most = 0;
      given = [];
      await network.trainAsync(batches(), way);
      // What was looked at in a turn is held by its WeakRef until the turn ends.
      await new Promise((next) => setImmediate(next));
      gc();
      console.log(most - before < 200, given.filter((array) => array.deref()).length);
    }
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", code], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "true 0\ntrue 0\n", stderr: "" });
});

describe.each(WAYS)("by $path", ({ way }) => {
  test("a source may use its arrays again, or give them away", async () => {
    const [background, plain] = [made({ precision: "float32" }), made({ precision: "float32" })];
    const inputs = new Float32Array(50);
    const targets = new Float32Array(10);
    let last: Float32Array | undefined;
    async function* batches() {
      for (let at = 0; at < 190; at += 10) {
        inputs.set(INPUTS.slice(at, at + 10).flat());
        targets.set(TARGETS.slice(at, at + 10));
        yield { inputs: { data: inputs, rows: 10 }, targets };
      }
      last = Float32Array.from(INPUTS.slice(190).flat());
      yield { inputs: { data: last, rows: 10 }, targets: TARGETS.slice(190) };
      structuredClone(0, { transfer: [last.buffer as ArrayBuffer] });
    }
    await background.trainAsync(batches, way);
    plain.train(INPUTS, TARGETS, { epochs: 1, batchSize: 10, shuffle: false });
    expect(last?.length).toBe(0);
    expectSameBits(bytesOf(parameters(background)), bytesOf(parameters(plain)), "parameters");
  });

  test("who stops asks for no more", async () => {
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled++;
        yield { inputs: INPUTS, targets: TARGETS };
      }
    }
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 5 && stop.abort("enough"));
    expect(await reasonOf(made().trainAsync(endless(), { ...way, onStep, signal: stop.signal }))).toBe("enough");
    // The one that was read ahead is lost.
    expect(pulled).toBe(6);
  });
});

test.each([{ worker: true }, { worker: false }])(
  "one that was waited for when the run was stopped is closed, and not begun anew: %o",
  async (way) => {
    let [starts, closed] = [0, 0];
    let give: (() => void) | undefined;
    async function* batches() {
      starts++;
      try {
        for (let i = 0; ; i++) {
          if (i === 3)
            await new Promise<void>((resolve) => {
              give = resolve;
            });
          yield { inputs: INPUTS, targets: TARGETS };
        }
      } finally {
        closed++;
      }
    }
    const stop = new AbortController();
    const run = reasonOf(made().trainAsync(batches, { ...way, signal: stop.signal }));
    while (!give) await new Promise((resolve) => setImmediate(resolve));
    stop.abort("enough");
    expect(await run).toBe("enough");
    give();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([starts, closed]).toEqual([1, 1]);
  },
);

test.each([{ threads: 1 }, { worker: false }])(
  "what a batch's own getter throws is thrown as it is, and a target that is wrong says in which batch: %o",
  async (way) => {
    const frozen = Object.freeze(new TypeError("frozen"));
    for (const thrown of ["boom", undefined, null, new Error("mine"), new DOMException("gone", "AbortError"), frozen]) {
      const inputs = Object.defineProperty([[1, 2, 3, 4, 5]], 0, {
        get() {
          throw thrown;
        },
      });
      const reason = reasonOf(made().trainAsync(() => [{ inputs, targets: [0] }], way));
      expect(await reason).toBe(thrown);
      expect(String((thrown as Error)?.message)).not.toContain("batch");
    }
    const network = made({ layers: [{ units: 3, activation: "softmax" }] });
    const error = await reasonOf(
      network.trainAsync(
        () =>
          [0, 7].map((label) => ({
            inputs: [
              [1, 2, 3, 4, 5],
              [1, 2, 3, 4, 5],
            ],
            targets: [0, label],
          })),
        way,
      ),
    );
    expect(error).toEqual(new RangeError("batch 2 of epoch 1: targets[1]: expected a class number from 0 to 2, got 7"));
  },
);

test("snapshots of both ways are the same", async () => {
  const [streamed, sliced] = [made(), made()];
  await streamed.trainAsync(() => batchesOf(30), { epochs: 2 });
  await sliced.trainAsync(() => batchesOf(30), { epochs: 2, worker: false });
  expectSameState(streamed, sliced);
});

test.each([
  [async function* () {}, {}, "batches: expected at least one batch in each epoch"],
  [() => 5, {}, "batches: expected an async iterable, or a function that makes one, got 5"],
  [
    (async function* () {})(),
    { epochs: 2 },
    "batches: expected a function that makes them anew, or what can be iterated again, for more than one epoch",
  ],
  [
    () => batchesOf(9),
    { batchSize: 5 },
    'options: unknown option "batchSize"; known are epochs, historyInterval, onEpoch, onStep, signal, onProgress, worker, threads',
  ],
  [() => batchesOf(9), { epochs: 0 }, "epochs: expected a whole number from 1 to 9007199254740991, got 0"],
  [() => batchesOf(9), 5, "options: expected an object, got 5"],
])("what is no stream, or no option of one: %#", async (batches, options, message) => {
  const error = (await reasonOf(made().trainAsync(batches as never, options as never))) as Error;
  expect(error.message).toBe(message);
});

test("optimizers and schedules that need all rows are refused", async () => {
  const lbfgs = made({ layers: [{ units: 1 }], optimizer: "lbfgs" });
  expect(String(await reasonOf(lbfgs.trainAsync(() => batchesOf(9))))).toBe(
    "RangeError: batches: expected an optimizer other than lbfgs, which needs all rows at once",
  );
  const plateau = made({ optimizer: { name: "adam", schedule: { name: "plateau", patience: 1 } } });
  expect(String(await reasonOf(plateau.trainAsync(() => batchesOf(9))))).toBe(
    "RangeError: batches: expected a schedule other than plateau",
  );
});
