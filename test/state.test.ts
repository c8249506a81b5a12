// The law of state: a snapshot that is restored elsewhere, and a run that is cut and resumed, give the bits of what was never interrupted.
// FC_SEED=… repeats a run.

import fc from "fast-check";
import { type History, type NetworkOptions, NeuralNetwork, TrainingError, type TrainOptions } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { BUILDS, type Build } from "./support/builds.js";
import { bytesOf, expectSameBits, parameterBytes } from "./support/compare.js";
import { randomSource, randomTable } from "./support/data.js";
import { type Everything, everything } from "./support/everything.js";
import { expectSameHistory, joined } from "./support/histories.js";
import { check, SEED } from "./support/property.js";

afterAll(() => console.info(`properties were checked with FC_SEED=${SEED}`));

const [SIMD, SCALAR] = BUILDS as [Build, Build];

/** A network of random options in one build. */
function made(run: Everything, { options }: Build = SIMD): NeuralNetwork {
  return new NeuralNetwork({ ...run.network, ...options });
}

function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expectSameBits(Buffer.from(actual.buffer), Buffer.from(expected.buffer), "snapshot");
}

/** All that a network is, as its snapshot has it and as its answers and views show it. */
function expectSameState(actual: NeuralNetwork, expected: NeuralNetwork, run: Everything): void {
  expectSameBytes(actual.snapshot(), expected.snapshot());
  actual.layers.forEach((layer, l) => {
    for (const name of ["weights", "biases", "scales", "shifts", "means", "variances"] as const) {
      expectSameBits(bytesOf(layer[name]), bytesOf(expected.layers[l]?.[name] as Float64Array), `${name} of layer ${l}`);
    }
  });
  expectSameBits(bytesOf(actual.think(run.inputs).flat()), bytesOf(expected.think(run.inputs).flat()), "answers");
  expect([actual.epoch, actual.step]).toEqual([expected.epoch, expected.step]);
}

/** Uses a network in every way that changes nothing. */
function look(network: NeuralNetwork, run: Everything, rows: number): void {
  const random = Array.from({ length: rows }, (_, row) => run.inputs[(row * 5) % run.inputs.length] as number[]);
  const targets = random.map((_, row) => run.targets[(row * 5) % run.inputs.length] as number[]);
  network.think(random);
  network.evaluate(random, targets, { sampleWeights: random.map((_, row) => 1 + (row % 3)) });
  network.gradients(random, targets);
  network.gradients(random, targets, { training: true });
  network.activations(random);
  network.sigmoid([1, 2]);
  network.summary();
  network.snapshot();
}

/** The options of a run in which every epoch is in the history. */
function optionsOf({ train }: Everything): TrainOptions {
  return { ...train, historyInterval: 1 };
}

describe("a snapshot", () => {
  test("makes another network, in the other build, go on with the same bits, with everything", () => {
    let learned = 0;
    check(150, [everything, fc.nat(3)], (run, before) => {
      const network = made(run, SIMD);
      const first = parameterBytes(network);
      if (before > 0) network.train(run.inputs, run.targets, { ...optionsOf(run), epochs: before });
      const snapshot = network.snapshot();
      const copy = snapshot.slice();
      const history = network.train(run.inputs, run.targets, optionsOf(run));
      expectSameBytes(snapshot, copy);

      const other = made(run, SCALAR);
      // What it was and what it was used for before must not matter.
      if (before === 1) other.train(run.inputs.slice(0, 3), run.targets.slice(0, 3), { epochs: 2, earlyStopping: true });
      if (before === 2) look(other, run, 301);
      other.restore(snapshot);
      expectSameBytes(other.snapshot(), snapshot);
      expectSameHistory(other.train(run.inputs, run.targets, optionsOf(run)), history);
      expectSameState(other, network, run);
      if (!first.equals(parameterBytes(network))) learned++;
    });
    expect(learned).toBeGreaterThan(100);
  });

  test("takes a network back to where it was", () => {
    check(40, [everything], (run) => {
      const network = made(run, SIMD);
      const first = network.snapshot();
      const once = network.train(run.inputs, run.targets, optionsOf(run));
      const after = network.snapshot();
      network.restore(first);
      expect(network.epoch).toBe(0);
      expectSameHistory(network.train(run.inputs, run.targets, optionsOf(run)), once);
      expectSameBytes(network.snapshot(), after);
    });
  });

  test("is the same whatever the network was used for", () => {
    check(60, [everything, fc.constantFrom(2, 20, 301)], (run, rows) => {
      const [used, quiet] = [made(run, SIMD), made(run, SIMD)];
      look(used, run, rows);
      expectSameState(used, quiet, run);
      for (const network of [used, quiet]) network.train(run.inputs, run.targets, optionsOf(run));
      const before = used.snapshot();
      look(used, run, rows);
      expectSameBytes(used.snapshot(), before);
      expectSameState(used, quiet, run);
      for (const network of [used, quiet]) network.train(run.inputs, run.targets, { ...optionsOf(run), epochs: 1, earlyStopping: false });
      expectSameState(used, quiet, run);
    });
  });

  test("restores running statistics and the optimizer's moments for batches larger than a chunk", () => {
    const layers = [{ units: 4, activation: "tanh", normalization: "batch" }, { units: 2 }] as const;
    const options = { inputs: 3, layers, optimizer: "adam" } as const;
    const inputs = randomTable(1, 700, 3);
    const targets = randomTable(2, 700, 2).map((row) => row.map(Math.abs));
    const network = new NeuralNetwork(options);
    let steps = 0;
    network.train(inputs, targets, { epochs: 3, batchSize: 350, shuffle: false, onStep: () => ++steps < 3 });
    const other = new NeuralNetwork(options);
    // Another width of chunk, and room for as many rows.
    other.train(inputs, targets, { epochs: 1, batchSize: 20, shuffle: false });
    other.restore(network.snapshot());
    other.gradients(inputs.slice(0, 5), targets.slice(0, 5), { training: true });
    const histories = [network, other].map((each) =>
      each.train(inputs, targets, { epochs: 3, batchSize: 350, shuffle: false, resume: true }),
    );
    expect(histories[1]).toEqual(histories[0]);
    expectSameBytes(other.snapshot(), network.snapshot());
    expect(Array.from(other.layers[0]?.variances as Float64Array)).not.toEqual([1, 1, 1, 1]);
  });
});

describe("a run that is cut", () => {
  /** Trains in parts, each cut after a step of `cuts`, counted from the first, and carried on by `next`. */
  function inParts(run: Everything, cuts: readonly number[], next: (network: NeuralNetwork, part: number) => NeuralNetwork) {
    let network = made(run, SIMD);
    const parts: History[] = [];
    for (const [part, cut] of [...cuts, Number.POSITIVE_INFINITY].entries()) {
      const resume = part > 0;
      const onStep = ({ step }: { step: number }) => step < cut;
      const first = network.step;
      parts.push(network.train(run.inputs, run.targets, { ...optionsOf(run), onStep, resume }));
      if (network.step < cut || isOver(network, run)) break;
      expect(network.step).toBe(Math.max(cut, first + 1));
      network = next(network, part);
    }
    return { network, history: joined(parts), parts: parts.length };
  }

  function isOver(network: NeuralNetwork, run: Everything): boolean {
    try {
      const twin = made(run, SIMD);
      twin.restore(network.snapshot());
      twin.train(run.inputs, run.targets, { ...optionsOf(run), resume: true });
      return false;
    } catch (error) {
      expect(error).toEqual(new RangeError("resume: expected a run that was cut, but the last one came to its end, or there was none"));
      return true;
    }
  }

  test("and goes on elsewhere has the bits and the history of one that was not, with everything", () => {
    let resumed = 0;
    check(150, [everything, fc.nat()], (run, seed) => {
      const whole = made(run, SIMD);
      const history = whole.train(run.inputs, run.targets, optionsOf(run));
      const random = randomSource(seed);
      const cuts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => 1 + Math.floor(random() * whole.step));
      cuts.sort((a, b) => a - b);
      const cut = inParts(run, [...new Set(cuts)], (network, part) => {
        if (seed % 3 === 0) look(network, run, seed % 2 ? 301 : 2);
        if (seed % 3 === 1) return network;
        const other = made(run, part % 2 ? SIMD : SCALAR);
        if (seed % 4 === 0) other.train(run.inputs, run.targets, { epochs: 1, earlyStopping: true });
        other.restore(network.snapshot());
        return other;
      });
      expectSameHistory(cut.history, history);
      expectSameState(cut.network, whole, run);
      if (cut.parts > 1) resumed++;
    });
    expect(resumed).toBeGreaterThan(100);
  });

  test("is reported step by step, in batches of each epoch", () => {
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 1 }], optimizer: "adam" });
    const twin = new NeuralNetwork({ inputs: 2, layers: [{ units: 1 }], optimizer: "adam" });
    const inputs = randomTable(3, 7, 2);
    const targets = inputs.map((_, row) => [row % 2]);
    const steps: unknown[] = [];
    const order: string[] = [];
    network.train(inputs, targets, {
      epochs: 2,
      batchSize: 3,
      shuffle: false,
      onStep: ({ loss, ...report }) => {
        order.push(`step ${report.step}`);
        steps.push(report);
        const from = (report.batch - 1) * 3;
        expect(loss).toBe(twin.evaluate(inputs.slice(from, from + 3), targets.slice(from, from + 3)).loss);
        twin.train(inputs.slice(from, from + 3), targets.slice(from, from + 3), 1);
      },
      onEpoch: ({ epoch }) => order.push(`epoch ${epoch}`),
    });
    const report = (step: number, epoch: number, batch: number) => ({ step, epoch, batch });
    expect(steps).toEqual([report(1, 1, 1), report(2, 1, 2), report(3, 1, 3), report(4, 2, 1), report(5, 2, 2), report(6, 2, 3)]);
    expect(order).toEqual(["step 1", "step 2", "step 3", "epoch 1", "step 4", "step 5", "step 6", "epoch 2"]);
    expect([network.epoch, network.step]).toEqual([2, 6]);
  });

  test.each(["sgd", "lbfgs"] as const)("%s: the loss of a step is that before it", (name) => {
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 3, activation: "tanh" }, { units: 1 }], optimizer: { name } });
    const inputs = randomTable(4, 9, 2);
    const targets = inputs.map(([x, y]) => [(x as number) * (y as number) > 0 ? 1 : 0]);
    const losses: number[] = [];
    const { loss } = network.train(inputs, targets, { epochs: 5, onStep: (report) => void losses.push(report.loss) });
    expect(losses).toEqual(loss);
    expect(new Set(losses).size).toBe(5);
  });

  test("at the end of an epoch has no more in its history than the interval asks for", () => {
    const inputs = randomTable(5, 4, 2);
    const targets = inputs.map(() => [1]);
    const epochs = (cut: number, more: Partial<TrainOptions>) => {
      const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 1 }] });
      const options = { epochs: 7, historyInterval: 3, ...more };
      const first = network.train(inputs, targets, { ...options, onStep: ({ step }) => step < cut });
      return [...first.epoch, ...network.train(inputs, targets, { ...options, resume: true }).epoch];
    };
    for (const cut of [1, 2, 3, 6]) {
      for (const more of [{}, { onEpoch: () => true }]) expect(epochs(cut, more)).toEqual([3, 6, 7]);
    }
  });

  test("and ended in the same step gets its best weights back", () => {
    const inputs = randomTable(6, 4, 2);
    const targets = inputs.map(() => [1]);
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 1 }] });
    const validation = { inputs, targets: targets.map(() => [0]) };
    const { bestEpoch } = network.train(inputs, targets, {
      epochs: 5,
      validation,
      earlyStopping: true,
      onStep: ({ step }) => step < 3,
      onEpoch: ({ epoch }) => epoch < 3,
    });
    const twin = new NeuralNetwork({ inputs: 2, layers: [{ units: 1 }] });
    twin.train(inputs, targets, 1);
    expect(bestEpoch).toBe(1);
    expect(network.layers[0]?.weights).toEqual(twin.layers[0]?.weights);
    expect(network.epoch).toBe(3);
  });

  test("weights that are written in a callback are learned from", () => {
    const inputs = randomTable(7, 6, 2);
    const targets = inputs.map(([x]) => [(x as number) > 0 ? 1 : 0]);
    const options = { inputs: 2, layers: [{ units: 3, activation: "tanh" }, { units: 1 }], optimizer: "lbfgs" } as const;
    const [written, cut] = [new NeuralNetwork(options), new NeuralNetwork(options)];
    const write = (network: NeuralNetwork) => network.layers[0]?.weights.fill(0.5);
    written.train(inputs, targets, { epochs: 2, onEpoch: ({ epoch }) => void (epoch === 1 && write(written)) });
    cut.train(inputs, targets, { epochs: 2, onStep: () => false });
    write(cut);
    cut.train(inputs, targets, { epochs: 2, resume: true });
    expectSameBytes(written.snapshot(), cut.snapshot());
  });
});

describe("a run that ended with an error", () => {
  /** Row 4 of 6 is too large for the loss. */
  const inputs = [[0.1], [0.4], [0.2], [0.3], [1e200], [0.5]];
  const targets = [[1], [0], [1], [0], [0], [1]];
  const options: NetworkOptions = { inputs: 1, layers: [{ units: 1, activation: "linear" }], optimizer: { name: "sgd", momentum: 0.5 } };

  test("tells how it went until then, and can be resumed elsewhere", () => {
    const network = new NeuralNetwork(options);
    const run: TrainOptions = { epochs: 3, batchSize: 1, shuffle: false, metrics: ["meanAbsoluteError"] };
    const good = inputs.map(([x]) => [(x as number) > 1 ? 0.7 : (x as number)]);
    const whole = new NeuralNetwork(options);
    const expected = whole.train(good, targets, run);
    // Goes bad in the second epoch.
    let epochs = 0;
    const data = { data: Float64Array.from(good.flat()), rows: 6 };
    let error: unknown;
    try {
      network.train(data, targets, {
        ...run,
        onEpoch: () => {
          if (epochs++ > 0) return;
          data.data[4] = 1e200;
          // So that the data are placed again.
          network.think([0]);
        },
      });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TrainingError);
    const { history, iteration, epoch } = error as TrainingError;
    expect([iteration, epoch]).toEqual([11, 2]);
    expect([network.step, network.epoch]).toEqual([10, 1]);
    expect(history.epoch).toEqual([1]);
    expect(history.loss).toEqual(expected.loss.slice(0, 1));
    expect(history.metrics.meanAbsoluteError).toEqual(expected.metrics.meanAbsoluteError?.slice(0, 1));

    const other = new NeuralNetwork({ ...options, ...SCALAR.options });
    other.restore(network.snapshot());
    const rest = other.train(good, targets, { ...run, resume: true });
    expectSameHistory(joined([history, rest]), expected);
    expect(other.layers[0]?.weights).toEqual(whole.layers[0]?.weights);
  });

  test("can be trained on anew", () => {
    const network = new NeuralNetwork(options);
    expect(() => network.train(inputs, targets, { epochs: 2, batchSize: 1, shuffle: false })).toThrow(TrainingError);
    const { epoch, loss } = network.train([[1]], [[1]], 2);
    expect(epoch).toEqual([1, 2]);
    expect(loss[1]).toBeLessThan(loss[0] as number);
  });
});
