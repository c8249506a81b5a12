// Training in the background: the same bits as `train`, by a worker and by slices on this thread; stopped, gone on with, refused and disposed of.

import fc from "fast-check";
import { type EpochReport, NeuralNetwork, type Progress, type TrainAsyncOptions, TrainingError } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameState, INPUTS, made, RUN, reasonOf, TARGETS, workers } from "./support/background.js";
import { BUILDS } from "./support/builds.js";
import { randomSource } from "./support/data.js";
import { everything } from "./support/everything.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`properties were checked with FC_SEED=${SEED}`));

const PATHS = [
  { path: "worker", way: { worker: true, threads: 1 } },
  { path: "slices", way: { worker: false } },
  { path: "threads", way: { worker: true, threads: 2 } },
] as const;

describe.each(PATHS)("by $path", ({ path, way }) => {
  test("is where it is trained", async () => {
    const before = { ...workers };
    for (const _ of [1, 2, 3]) {
      const network = made();
      await network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way });
      expect(network.capabilities).toMatchObject({ path, threads: path === "threads" ? 2 : 1 });
    }
    // Those that were not there yet.
    expect(workers.started - before.started).toBeLessThanOrEqual({ worker: 1, slices: 0, threads: 2 }[path]);
    const told = workers.told - before.told;
    // Two are told of each run by threads; and others that there is none any more.
    if (path === "threads") expect(told).toBeGreaterThanOrEqual(6);
    else expect(told).toBe(path === "worker" ? 3 : 0);
  });

  test.each(BUILDS)("the bits and the history are those of train, $name build", async ({ options }) => {
    const [background, plain] = [made(options), made(options)];
    const run = { ...RUN, metrics: ["meanAbsoluteError"], validation: { split: 0.2 }, earlyStopping: { patience: 4 } } as const;
    const history = await background.trainAsync(INPUTS, TARGETS, { ...run, ...way });
    expect(history).toEqual(plain.train(INPUTS, TARGETS, run));
    expectSameState(background, plain);
    // And once more, from there on, in the tutorial's way.
    expect(await background.trainAsync(INPUTS, TARGETS, 3)).toEqual(plain.train(INPUTS, TARGETS, 3));
    expectSameState(background, plain);
  });

  test("with everything", async () => {
    const runs = fc.sample(everything, { numRuns: 40, seed: SEED });
    for (const { network: options, inputs, targets, train } of runs) {
      const [background, plain] = [new NeuralNetwork(options), new NeuralNetwork(options)];
      const outcomes = await Promise.allSettled([
        background.trainAsync(inputs, targets, { ...(train as TrainAsyncOptions), ...way }),
        (async () => plain.train(inputs, targets, train))(),
      ]);
      const [told, expected] = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)));
      expect(told).toEqual(expected);
      expectSameState(background, plain);
    }
  });

  test("what is said of each epoch and step, and an answer that is waited for", async () => {
    const [background, plain] = [made(), made()];
    const [said, expected]: unknown[][] = [[], []];
    const run = { ...RUN, epochs: 3 };
    plain.train(INPUTS, TARGETS, {
      ...run,
      onEpoch: (report) => void expected?.push(report),
      onStep: (report) => void expected?.push(report),
    });
    await background.trainAsync(INPUTS, TARGETS, {
      ...run,
      ...way,
      onEpoch: (report) => void said?.push(report),
      onStep: (report) => void said?.push(report),
    });
    expect(said).toEqual(expected);
    expectSameState(background, plain);

    const history = await background.trainAsync(INPUTS, TARGETS, {
      ...RUN,
      ...way,
      async onEpoch({ epoch }) {
        await new Promise((resolve) => setImmediate(resolve));
        return epoch < 5;
      },
    });
    expect(history.epoch).toEqual([4, 5]);
    expect(plain.train(INPUTS, TARGETS, { ...RUN, onEpoch: ({ epoch }) => epoch < 5 })).toEqual(history);
    expectSameState(background, plain);
  });

  test("the network answers from what was last reported", async () => {
    const [background, plain] = [made(), made()];
    const answers: number[][] = [];
    const expected: number[][] = [];
    const row = INPUTS[0] as number[];
    plain.train(INPUTS, TARGETS, { ...RUN, onEpoch: () => void expected.push(plain.think(row)) });
    await background.trainAsync(INPUTS, TARGETS, {
      ...RUN,
      ...way,
      onEpoch({ epoch }) {
        expect(background.epoch).toBe(epoch);
        expect(background.evaluate(INPUTS, TARGETS).loss).toBeGreaterThan(0);
        answers.push(background.think(row));
      },
    });
    expect(answers).toEqual(expected);
  });

  test("progress", async () => {
    const network = made();
    const said: Progress[] = [];
    const stop = new AbortController();
    const run = network.trainAsync(INPUTS, TARGETS, {
      epochs: 10_000_000,
      batchSize: 16,
      ...way,
      signal: stop.signal,
      onProgress(progress) {
        said.push(progress);
        // The epochs behind it: a machine that has much else to do may not have come to the end of one.
        expect(network.epoch).toBe(progress.batch === 13 ? progress.epoch : progress.epoch - 1);
        if (progress.epoch > (said[0] as Progress).epoch) stop.abort();
      },
    });
    await reasonOf(run);
    expect(said.at(-1)?.epoch).toBeGreaterThan(said[0]?.epoch as number);
    for (const { batch, loss, samplesPerSecond, secondsLeft } of said) {
      expect(batch).toBeGreaterThanOrEqual(1);
      expect(batch).toBeLessThanOrEqual(13);
      expect(loss).toBeGreaterThan(0);
      expect(samplesPerSecond * secondsLeft).toBeGreaterThan(1e9);
      expect(samplesPerSecond * secondsLeft).toBeLessThan(2e9);
    }
  });

  test("stopped at random moments and gone on with, it comes to the bits of a run that was not", async () => {
    const random = randomSource(SEED);
    const plain = made();
    plain.train(INPUTS, TARGETS, { epochs: 300, batchSize: 16 });
    for (let round = 0; round < 12; round++) {
      const network = made();
      let stops = 0;
      for (let resume = false; ; resume = true) {
        const stop = new AbortController();
        const reason = new Error("enough");
        // Moments of all kinds: before the run has begun, between slices, when it is over.
        const turns = Math.floor(random() * 30);
        void (async () => {
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
          stop.abort(reason);
        })();
        try {
          await network.trainAsync(INPUTS, TARGETS, {
            epochs: 300,
            batchSize: 16,
            ...way,
            resume,
            signal: stops < 6 ? stop.signal : new AbortController().signal,
          });
          break;
        } catch (error) {
          expect(error).toBe(reason);
          stops++;
        }
      }
      expectSameState(network, plain);
    }
  });

  test("a signal that has aborted already stops it before its first step, and it can be gone on with", async () => {
    const [network, plain] = [made(), made()];
    // A run of its own, not one that was cut before.
    for (const each of [network, plain]) each.train(INPUTS, TARGETS, { epochs: 7, onStep: () => false });
    const reason = { no: "error" };
    expect(await reasonOf(network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(network.step).toBe(1);
    network.train(INPUTS, TARGETS, { ...RUN, resume: true });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(network, plain);
  });

  test("a run that has made its last step has come to its end, whoever stops it then", async () => {
    const [network, plain] = [made(), made()];
    const stop = new AbortController();
    const run = { epochs: 2, batchSize: 50 };
    const onStep = ({ step }: { step: number }) => void (step === 8 && stop.abort("late"));
    const history = await network.trainAsync(INPUTS, TARGETS, { ...run, ...way, onStep, signal: stop.signal });
    expect(history).toEqual(plain.train(INPUTS, TARGETS, run));
    expectSameState(network, plain);
  });

  test("neither a signal nor dispose waits for an answer that does not come", async () => {
    for (const how of ["signal", "dispose"]) {
      const network = made();
      const stop = new AbortController();
      let asked: () => void = () => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const onEpoch = () => {
        asked();
        return new Promise(() => {});
      };
      const run = reasonOf(network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, onEpoch, signal: stop.signal }));
      await isAsked;
      if (how === "signal") stop.abort("enough");
      else network.dispose();
      expect(await run).toEqual(how === "signal" ? "enough" : new TypeError("trainAsync: this network has been disposed"));
    }
  });

  test("what happens after a run is nothing to the next one", async () => {
    const [first, second, plain] = [made(), made(), made()];
    let fail: (error: Error) => void = () => {};
    const stop = new AbortController();
    const onProgress = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    const long = { epochs: 2000, batchSize: 16 };
    await first.trainAsync(INPUTS, TARGETS, { ...long, ...way, onProgress, signal: stop.signal });
    const run = second.trainAsync(INPUTS, TARGETS, { ...long, ...way });
    fail(new Error("late"));
    stop.abort();
    expect(await run).toEqual(plain.train(INPUTS, TARGETS, long));
    expectSameState(second, plain);
  });

  test("a part of a large buffer is trained from, not all of it", async () => {
    const [background, plain] = [made(), made()];
    const large = new Float64Array(1_000_000).fill(0.5);
    const part = { data: large.subarray(500, 1500), rows: 200 };
    await background.trainAsync(part, TARGETS, { ...RUN, ...way });
    plain.train(part, TARGETS, RUN);
    expectSameState(background, plain);
  });

  test("refuses another run, and restore, while it is under way, and not afterwards", async () => {
    const network = made();
    const snapshot = network.snapshot();
    const run = network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way });
    const message = "expected no training to be under way";
    expect(() => network.train(INPUTS, TARGETS, 1)).toThrow(new TypeError(`train: ${message}`));
    expect(() => network.restore(snapshot)).toThrow(new TypeError(`restore: ${message}`));
    expect(await reasonOf(network.trainAsync(INPUTS, TARGETS, 1))).toEqual(new TypeError(`trainAsync: ${message}`));
    await run;
    network.restore(snapshot);
    network.train(INPUTS, TARGETS, 1);
  });

  test("weights that are written in the same turn are not learned from", async () => {
    const [network, plain] = [made(), made()];
    const run = network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way });
    network.layers[0]?.weights.fill(5);
    await run;
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(network, plain);
  });

  test("dispose ends it", async () => {
    for (const when of ["at once", "in onEpoch"]) {
      const network = made();
      const run = network.trainAsync(INPUTS, TARGETS, {
        epochs: 1_000_000,
        ...way,
        ...(when === "in onEpoch" && { onEpoch: ({ epoch }: EpochReport) => (epoch === 3 ? network.dispose() : undefined) }),
      });
      if (when === "at once") network.dispose();
      expect(await reasonOf(run)).toEqual(new TypeError("trainAsync: this network has been disposed"));
      expect(() => network.think(INPUTS)).toThrow("disposed");
    }
  });

  test("what a function of the user's throws ends it, and it can be gone on with", async () => {
    const [network, plain] = [made(), made()];
    const mine = new Error("mine");
    const onStep = ({ step }: { step: number }) => {
      if (step === 20) throw mine;
    };
    expect(await reasonOf(network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, onStep }))).toBe(mine);
    expect(network.step).toBe(20);
    await network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, resume: true });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(network, plain);
    const later = async () => {
      throw mine;
    };
    expect(await reasonOf(network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, onEpoch: later }))).toBe(mine);
  });

  test.each(["onStep", "onEpoch"] as const)(
    "what %s throws at the very end is told of, too, and the run has come to its end",
    async (name) => {
      const mine = new Error("mine");
      const plain = made();
      plain.train(INPUTS, TARGETS, RUN);
      for (const isLate of [false, true]) {
        const network = made();
        const call = () => {
          if (network.epoch === RUN.epochs) throw mine;
        };
        const given = { [name]: isLate ? async () => call() : call };
        expect(await reasonOf(network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, ...given }))).toBe(mine);
        expectSameState(network, plain);
      }
    },
  );

  test("a run that diverges is rejected with train's error, and the network is that of the last step", async () => {
    const options = { layers: [{ units: 1, activation: "linear" }], optimizer: { name: "sgd", learningRate: 100 } };
    const [background, plain] = [made(options), made(options)];
    const error = (await reasonOf(background.trainAsync(INPUTS, TARGETS, { epochs: 1000, ...way }))) as TrainingError;
    let expected: unknown;
    try {
      plain.train(INPUTS, TARGETS, 1000);
    } catch (thrown) {
      expected = thrown;
    }
    expect(error).toBeInstanceOf(TrainingError);
    expect({ ...error, message: error.message, history: error.history }).toEqual({
      ...(expected as TrainingError),
      message: (expected as TrainingError).message,
      history: (expected as TrainingError).history,
    });
    expectSameState(background, plain);
  });

  test("data and options that cannot be used are refused as by train", async () => {
    const network = made();
    const before = network.snapshot();
    for (const [inputs, targets, options] of [
      [[[1]], [1], 1],
      [INPUTS, TARGETS.slice(1), 1],
      [INPUTS, TARGETS.map(() => 2), 1],
      [INPUTS, TARGETS, { epochs: -1 }],
      [INPUTS, TARGETS, { epochs: 1, epoch: 1 }],
      [INPUTS, TARGETS, { epochs: 1, resume: true }],
      [INPUTS, TARGETS, null],
    ] as const) {
      const given = (typeof options === "object" && options ? { ...options, ...way } : options) as never;
      const error = await reasonOf(network.trainAsync(inputs as never, targets, given));
      expect(() => network.train(inputs as never, targets, options as never)).toThrow(error as Error);
    }
    expect(network.snapshot()).toEqual(before);
  });

  test("epoch by epoch", async () => {
    const [background, plain] = [made(), made()];
    const reports: EpochReport[] = [];
    const expected: EpochReport[] = [];
    for await (const report of background.training(INPUTS, TARGETS, { ...RUN, ...way })) {
      expect(background.epoch).toBe(report.epoch);
      reports.push(report);
    }
    plain.train(INPUTS, TARGETS, { ...RUN, onEpoch: (report) => void expected.push(report) });
    expect(reports).toEqual(expected);
    expectSameState(background, plain);

    for await (const { epoch } of background.training(INPUTS, TARGETS, { ...RUN, ...way })) if (epoch === 14) break;
    plain.train(INPUTS, TARGETS, { ...RUN, onEpoch: ({ epoch }) => epoch < 14 });
    expectSameState(background, plain);

    const loop = (async () => {
      for await (const _ of background.training(INPUTS, TARGETS.slice(1), { ...RUN, ...way }));
    })();
    expect(await reasonOf(loop)).toEqual(new RangeError("targets: expected 200 rows, as many as inputs, got 199"));
  });
});

test.each([
  [{ signal: 5 }, "signal: expected an AbortSignal, got 5"],
  [{ signal: null }, "signal: expected an AbortSignal, got null"],
  [{ signal: { addEventListener() {} } }, "signal: expected an AbortSignal, got an object"],
  [{ onProgress: true }, "onProgress: expected a function, got true"],
  [{ worker: 5 }, "worker: expected true, false or an address, got 5"],
  [{ worker: null }, "worker: expected true, false or an address, got null"],
  [{ threads: "2" }, 'threads: expected "auto" or a number, got "2"'],
  [{ sginal: 5 }, 'options: unknown option "sginal"; did you mean "signal"?'],
])("options that there are not: %j", async (options, message) => {
  expect(await reasonOf(made().trainAsync(INPUTS, TARGETS, { ...RUN, ...options } as never))).toEqual(new TypeError(message));
});

test.each([
  [{ threads: 0 }, "threads: expected a whole number from 1 to 64, got 0"],
  [{ threads: 1.5 }, "threads: expected a whole number from 1 to 64, got 1.5"],
  [{ threads: 65 }, "threads: expected a whole number from 1 to 64, got 65"],
  [{ threads: 2, worker: false }, "threads: expected 1 with worker: false, got 2"],
])("numbers of threads that there are not: %j", async (options, message) => {
  expect(await reasonOf(made().trainAsync(INPUTS, TARGETS, { ...RUN, ...options }))).toEqual(new RangeError(message));
});

test("what of training epoch by epoch is no option is refused in trainAsync's words", async () => {
  const network = made();
  for (const options of [null, undefined, "x", { epochs: 2, onEpoch: 5 }, { epochs: 2, onEpoch: null }]) {
    const refusal = await reasonOf(network.trainAsync(INPUTS, TARGETS, options as never));
    expect(await reasonOf(network.training(INPUTS, TARGETS, options as never).next())).toEqual(refusal);
  }
  for (const options of [5, null, "x"]) {
    const refusal = await reasonOf(network.trainAsync(async function* () {}, options as never));
    expect(await reasonOf(network.training(async function* () {}, options as never).next())).toEqual(refusal);
  }
  expect(network.step).toBe(0);
});

test("a network of any size is what was last reported when onEpoch is called", async () => {
  const network = new NeuralNetwork({ inputs: 5, layers: [{ units: 100_000, activation: "relu" }, { units: 1 }], optimizer: "adam" });
  for (let run = 0; run < 2; run++) {
    await network.trainAsync(INPUTS.slice(0, 4), TARGETS.slice(0, 4), {
      epochs: 2,
      onEpoch: ({ epoch }) => expect(network.epoch).toBe(epoch),
    });
  }
  expect(network.epoch).toBe(4);
});
