// What `train` can be told: order, batches, validation, stopping, reports, weights, labels; and what layers do while they learn.

import { type EpochReport, type History, type LayerOptions, type NetworkOptions, NeuralNetwork, type TrainOptions } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { BareCore, BareNetwork } from "./support/bare-host.js";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectClose, expectSameBits, parameterBytes, parameters } from "./support/compare.js";
import { randomTable, reachableTable } from "./support/data.js";
import { type Everything, everything, oneHot } from "./support/everything.js";
import { readFixture } from "./support/fixtures.js";
import { expectSameHistory, joined } from "./support/histories.js";
import { check, SEED } from "./support/property.js";

interface Orders {
  readonly seed: number;
  readonly widths: readonly number[];
  readonly initializer: "uniform" | "lecunNormal";
  readonly rows: number;
  readonly weights: readonly (readonly number[])[];
  readonly orders: readonly (readonly number[])[];
}

const ORDERS = readFixture<Orders[]>("orders.json");

afterAll(() => console.info(`properties were checked with FC_SEED=${SEED}`));

/** A small network that learns something from `data()`. */
const SMALL = {
  inputs: 4,
  layers: [{ units: 6, activation: "tanh" }, { units: 2 }],
  optimizer: { name: "adam", learningRate: 0.02 },
  seed: 3,
} as const satisfies NetworkOptions;

function data(rows = 20): [inputs: number[][], targets: number[][]] {
  return [randomTable(rows, rows, 4), reachableTable(rows + 1, rows, 2, "sigmoid")];
}

/** Rows of a table in another order. */
function at<E>(table: readonly E[], order: readonly number[]): E[] {
  return order.map((row) => table[row] as E);
}

/** ½ Σ (y − t)² of a network's answers, the mean over the rows. */
function meanLoss(network: NeuralNetwork, inputs: number[][], targets: number[][]): number {
  const answers = network.think(inputs);
  const sum = answers.flat().reduce((total, y, i) => total + 0.5 * (y - (targets.flat()[i] as number)) ** 2, 0);
  return sum / inputs.length;
}

describe.each(BUILDS)("$name build", ({ options, name }) => {
  describe("shuffle", () => {
    test.each(ORDERS)("seed $seed, $initializer, $rows rows: each epoch's order is NumPy's", (fixture) => {
      const layers = fixture.widths.slice(1).map((units) => ({ units, activation: "linear", initializer: fixture.initializer }) as const);
      const shape = { inputs: fixture.widths[0] as number, layers, seed: fixture.seed, reduction: "mean", ...options } as const;
      const optimizer = { name: "sgd", learningRate: 1e-3 } as const;
      const [shuffled, told, straight] = [1, 2, 3].map(() => new NeuralNetwork({ ...shape, optimizer })) as [
        NeuralNetwork,
        NeuralNetwork,
        NeuralNetwork,
      ];
      // The logarithm is the core's own, so a normal number may differ in its last places.
      const tolerance = fixture.initializer === "uniform" ? { atol: 0, rtol: 0 } : { atol: 0, rtol: 1e-15 };
      shuffled.layers.forEach(({ weights }, l) => {
        expectClose(weights, fixture.weights[l] as number[], tolerance, `weights of layer ${l}`);
      });
      const inputs = randomTable(fixture.seed, fixture.rows, shuffled.inputs);
      const targets = randomTable(fixture.seed + 1, fixture.rows, shuffled.outputs);
      for (const order of fixture.orders) {
        shuffled.train(inputs, targets, { epochs: 1, batchSize: 3, shuffle: true });
        told.train(at(inputs, order), at(targets, order), { epochs: 1, batchSize: 3, shuffle: false });
        straight.train(inputs, targets, { epochs: 1, batchSize: 3, shuffle: false });
        expectSameBits(parameterBytes(shuffled), parameterBytes(told), "parameters");
      }
      if (fixture.rows > 3) expect(parameterBytes(straight).equals(parameterBytes(told))).toBe(false);
    });

    test("a run that failed in mid-epoch leaves no order behind", () => {
      const layers = [{ units: 1, activation: "linear", initializer: "zeros", bias: false }] as const;
      const network = new NeuralNetwork({ inputs: 1, layers, optimizer: { name: "sgd", learningRate: 0.1 }, ...options });
      const bad = Array.from({ length: 10 }, (_, row) => [row === 5 ? 1e200 : 0]);
      expect(() => network.train(bad, bad, { epochs: 3, batchSize: 1, shuffle: true })).toThrow("training stopped");
      // Five rows with a loss of ½ each, and five that must not be learned from.
      const targets = bad.map((_, row) => [row < 5 ? 1 : 100]);
      const run = { epochs: 2, batchSize: 1, shuffle: true, validation: { split: 0.5 }, historyInterval: 1 };
      expect(
        network.train(
          bad.map(() => [0]),
          targets,
          run,
        ).loss,
      ).toEqual([0.5, 0.5]);
    });

    test("sample weights and labels go with their rows", () => {
      const [fixture] = ORDERS.filter(({ seed, initializer }) => seed === 42 && initializer === "uniform") as [Orders];
      const layers = fixture.widths.slice(1).map((units, l) => ({
        units,
        initializer: "uniform" as const,
        activation: l === 1 ? ("softmax" as const) : ("tanh" as const),
      }));
      const make = () => new NeuralNetwork({ inputs: 5, layers, seed: 42, ...options });
      const [shuffled, told] = [make(), make()];
      const inputs = randomTable(1, fixture.rows, 5);
      const labels = inputs.map((_, row) => (row * 7) % 3);
      const sampleWeights = inputs.map((_, row) => (row % 5) / 4);
      for (const order of fixture.orders) {
        shuffled.train(inputs, labels, { epochs: 1, batchSize: 4, shuffle: true, sampleWeights });
        told.train(at(inputs, order), at(labels, order), {
          epochs: 1,
          batchSize: 4,
          shuffle: false,
          sampleWeights: at(sampleWeights, order),
        });
      }
      expectSameBits(parameterBytes(shuffled), parameterBytes(told), "parameters");
    });

    test.each([20, 700])("five epochs are two and three, of %i rows", (rows) => {
      const [inputs, targets] = data(rows);
      const [whole, cut] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
      const run = { batchSize: 300, shuffle: true };
      const { loss } = whole.train(inputs, targets, { epochs: 5, ...run });
      const pieces = [2, 3].map((epochs) => cut.train(inputs, targets, { epochs, ...run }));
      expectSameBits(parameterBytes(cut), parameterBytes(whole), "parameters");
      expect(pieces.flatMap((piece) => piece.loss)).toEqual(loss);
      expect(loss.length).toBe(5);
    });

    test("a run that is cut in mid-epoch, saved and loaded elsewhere goes on in the same order", async () => {
      const { readFileSync } = await import("node:fs");
      const module = new WebAssembly.Module(readFileSync(name === "scalar" ? "dist/feedforward.scalar.wasm" : "dist/feedforward.wasm"));
      const rows = [0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1];
      const start = () => {
        const network = new BareNetwork(new BareCore(module), rows, [0, 1, 1, 0]);
        network.set("Shuffle", 1);
        network.layOut();
        network.place(rows, [0, 1, 1, 0]);
        network.prepare(3, 1);
        network.set("BatchRows", 1);
        return network;
      };
      const whole = start();
      expect(whole.call("train", 1000)).toBe(0);
      for (let steps = 1; steps < 12; steps++) {
        const first = start();
        expect(first.call("train", steps)).toBe(1);
        expect(first.get("Cursor")).toBe(steps % 4);
        const second = new BareNetwork(new BareCore(module), rows, [0, 1, 1, 0], undefined, first.bytesBefore("Gradient"));
        expect(second.call("train", 1000)).toBe(0);
        expect(second.weights()).toEqual(whole.weights());
      }
    });
  });

  test("batches of more rows than pass through the layers at once are gathered whole", () => {
    const [inputs, targets] = data(700);
    const [shuffled, straight] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
    const first = shuffled.train(inputs, targets, { epochs: 1, shuffle: true }).loss[0] as number;
    const second = straight.train(inputs, targets, { epochs: 1 }).loss[0] as number;
    // All rows in one batch: another order of the same sum.
    expectClose([first], [second], { atol: 0, rtol: 1e-12 }, "loss");
    expectClose(parameters(shuffled), parameters(straight), { atol: 1e-9, rtol: 1e-9 }, "parameters");
    expect(parameterBytes(shuffled).equals(parameterBytes(straight))).toBe(false);
  });

  describe("validation", () => {
    const [inputs, targets] = data(320);
    const kept = 30;
    const held: [number[][], number[][]] = [inputs.slice(kept), targets.slice(kept)];

    test.each([
      { form: "split", rows: [inputs, targets] as const, validation: { split: (320 - kept) / 320 } },
      {
        form: "own rows",
        rows: [inputs.slice(0, kept), targets.slice(0, kept)] as const,
        validation: { inputs: held[0], targets: held[1] },
      },
    ])("$form: the loss is that of the network as it stands, and training knows nothing of them", ({ rows, validation }) => {
      const layers = [{ units: 6, activation: "tanh", dropout: 0.25, normalization: "batch" }, { units: 2 }] as const;
      const [watched, blind] = [new NeuralNetwork({ ...SMALL, layers, ...options }), new NeuralNetwork({ ...SMALL, layers, ...options })];
      for (let epoch = 1; epoch <= 3; epoch++) {
        const run = { epochs: 1, batchSize: 7, shuffle: true };
        const history = watched.train(rows[0].slice(), rows[1].slice(), { ...run, validation });
        const alone = blind.train(inputs.slice(0, kept), targets.slice(0, kept), run);
        expect(history.loss).toEqual(alone.loss);
        expect(alone.validationLoss).toEqual([]);
        expectSameBits(parameterBytes(watched), parameterBytes(blind), `parameters after epoch ${epoch}`);
        expectClose(history.validationLoss, [meanLoss(blind, ...held)], { atol: 0, rtol: 1e-12 }, "validation loss");
      }
    });

    test("a share of the rows is taken from the end, rounded as Keras does", () => {
      const network = new NeuralNetwork({ ...SMALL, ...options });
      const twin = new NeuralNetwork({ ...SMALL, ...options });
      network.train(inputs.slice(0, 11), targets.slice(0, 11), { epochs: 2, validation: { split: 0.25 } });
      twin.train(inputs.slice(0, 8), targets.slice(0, 8), 2);
      expectSameBits(parameterBytes(network), parameterBytes(twin), "parameters");
    });
  });

  describe("early stopping", () => {
    const [inputs, targets] = data(12);
    const [others, expected] = [randomTable(99, 12, 4), reachableTable(98, 12, 2, "sigmoid")];
    const noise = { validation: { inputs: others, targets: expected } };
    // Fits 12 random rows, so that the loss of 12 other ones soon rises.
    const overfits = (more: object = {}) =>
      new NeuralNetwork({ ...SMALL, optimizer: { name: "adam", learningRate: 0.1 }, ...options, ...more });

    test("has no best epoch where no loss was finite", () => {
      const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 1, activation: "linear" }], ...options });
      const unfit = { validation: { inputs: [[1e300]], targets: [1e-5] }, earlyStopping: { patience: 2 } };
      expect(network.train([[1], [2]], [1, 2], { epochs: 9, ...unfit })).not.toHaveProperty("bestEpoch");
      expect(network.train([[1], [2]], [1, 2], { epochs: 0, ...unfit })).not.toHaveProperty("bestEpoch");
    });

    test("stops when patience is over; the best epoch's weights are back", () => {
      const network = overfits();
      const history = network.train(inputs, targets, { epochs: 500, ...noise, earlyStopping: { patience: 4 }, historyInterval: 1 });
      const best = history.validationLoss.indexOf(Math.min(...history.validationLoss)) + 1;
      expect(history.bestEpoch).toBe(best);
      expect(history.epoch.at(-1)).toBe(best + 4);
      expect(best + 4).toBeLessThan(500);
      expect(best).toBeGreaterThan(1);
      const twin = overfits();
      twin.train(inputs, targets, best);
      expectSameBits(parameterBytes(network), parameterBytes(twin), "parameters");
    });

    test("without restoreBest the last epoch's weights stay", () => {
      const network = overfits();
      const earlyStopping = { patience: 4, restoreBest: false };
      const history = network.train(inputs, targets, { epochs: 500, ...noise, earlyStopping });
      const twin = overfits();
      twin.train(inputs, targets, history.epoch.at(-1) as number);
      expectSameBits(parameterBytes(network), parameterBytes(twin), "parameters");
    });

    test("the running statistics of batch normalisation are the best epoch's, too", () => {
      const layers = [{ units: 6, activation: "tanh", normalization: "batch" }, { units: 2 }];
      const network = overfits({ layers });
      const history = network.train(inputs, targets, { epochs: 500, ...noise, earlyStopping: { patience: 3 } });
      expect(history.epoch.at(-1)).toBe((history.bestEpoch as number) + 3);
      const twin = overfits({ layers });
      twin.train(inputs, targets, history.bestEpoch as number);
      expectSameBits(bytesOf(network.think(others).flat()), bytesOf(twin.think(others).flat()), "answers");
    });

    test("the training loss is looked at where it is asked for, or nothing else is there", () => {
      for (const run of [{ earlyStopping: { patience: 4 } }, { ...noise, earlyStopping: { patience: 4, monitor: "loss" as const } }]) {
        const history = overfits().train(inputs, targets, { epochs: 60, ...run, historyInterval: 1 });
        expect(history.epoch.at(-1)).toBe(60); // still falling
        expect(history.bestEpoch).toBe(history.loss.indexOf(Math.min(...history.loss)) + 1);
      }
    });

    test("changes below minimumChange do not count", () => {
      const earlyStopping = { patience: 3, minimumChange: 0.01 };
      const { epoch, loss, bestEpoch } = overfits().train(inputs, targets, { epochs: 500, earlyStopping, historyInterval: 1 });
      let best = Number.POSITIVE_INFINITY;
      let at = 0;
      loss.forEach((value, i) => {
        if (value >= best - 0.01) return;
        best = value;
        at = i + 1;
      });
      expect(bestEpoch).toBe(at);
      expect(epoch.at(-1)).toBe(at + 3);
      expect(at).toBeLessThan(497);
    });

    test("a later run starts its patience anew", () => {
      const network = overfits();
      network.train(inputs, targets, { epochs: 500, ...noise, earlyStopping: { patience: 2 } });
      const again = network.train(inputs, targets, { epochs: 10, ...noise });
      expect(again.epoch).toHaveLength(10);
      expect(again.bestEpoch).toBeUndefined();
    });
  });

  describe("onEpoch", () => {
    const [inputs, targets] = data(20);
    const run: TrainOptions = { epochs: 6, batchSize: 6, shuffle: true, validation: { split: 0.2 } };

    test("is called once after each epoch, with the epoch's numbers, and changes nothing", () => {
      const [watched, quiet] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
      const reports: EpochReport[] = [];
      const history = watched.train(inputs, targets, { ...run, onEpoch: (report) => void reports.push(report) });
      expect(quiet.train(inputs, targets, run)).toEqual(history);
      expectSameBits(parameterBytes(watched), parameterBytes(quiet), "parameters");
      expect(reports).toEqual(
        history.epoch.map((epoch, i) => ({
          epoch,
          loss: history.loss[i],
          validationLoss: history.validationLoss[i],
          learningRate: history.learningRate[i],
        })),
      );
      expect(reports.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test("without validation rows reports no validation loss", () => {
      const reports: EpochReport[] = [];
      new NeuralNetwork({ ...SMALL, ...options }).train(inputs, targets, { epochs: 1, onEpoch: (report) => void reports.push(report) });
      expect(Object.keys(reports[0] as EpochReport)).toEqual(["epoch", "loss", "learningRate"]);
    });

    test("ends the run by false, and by nothing else", () => {
      const [stopped, twin] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
      const history = stopped.train(inputs, targets, { ...run, onEpoch: ({ epoch }) => epoch < 3 });
      expect(history.epoch).toEqual([1, 2, 3]);
      twin.train(inputs, targets, { ...run, epochs: 3 });
      expectSameBits(parameterBytes(stopped), parameterBytes(twin), "parameters");
      const on = stopped.train(inputs, targets, { ...run, epochs: 2, onEpoch: () => undefined });
      expect(on.epoch).toEqual([4, 5]);
    });

    test("the epoch at which it ends stands in the history", () => {
      const network = new NeuralNetwork({ ...SMALL, ...options });
      const history = network.train(inputs, targets, { epochs: 10, historyInterval: 2, onEpoch: ({ epoch }) => epoch < 5 });
      expect(history.epoch).toEqual([2, 4, 5]);
    });

    test("may think", () => {
      const [asked, quiet] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
      quiet.train(inputs, targets, run);
      asked.train(inputs, targets, {
        ...run,
        onEpoch() {
          asked.think(randomTable(1, 50, 4));
          asked.think([1, 2, 3, 4]);
        },
      });
      expectSameBits(parameterBytes(asked), parameterBytes(quiet), "parameters");
    });

    test("whose promise is rejected is refused all the same, and the rejection is nobody's", async () => {
      const [inputs, targets] = data();
      const network = new NeuralNetwork({ ...SMALL, ...options });
      const rejected: unknown[] = [];
      const note = (reason: unknown) => rejected.push(reason);
      process.on("unhandledRejection", note);
      const onEpoch = async () => {
        throw new Error("mine");
      };
      expect(() => network.train(inputs, targets, { ...run, onEpoch: onEpoch as never })).toThrow(TypeError);
      // Rejections are told when the microtasks are done.
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", note);
      expect(rejected).toEqual([]);
    });

    test.each(["onEpoch", "onStep"])("and %s that answer later are refused, and leave a run that is cut", (name) => {
      const [inputs, targets] = data();
      const [asked, quiet] = [new NeuralNetwork({ ...SMALL, ...options }), new NeuralNetwork({ ...SMALL, ...options })];
      const refusal = new TypeError(`${name}: expected an answer at once, got a promise, which train does not wait for`);
      expect(() => asked.train(inputs, targets, { ...run, [name]: async () => true })).toThrow(refusal);
      asked.train(inputs, targets, { ...run, resume: true });
      quiet.train(inputs, targets, run);
      expectSameBits(parameterBytes(asked), parameterBytes(quiet), "parameters");
    });
  });

  test("the history holds every so many epochs, counted since the start, and the last", () => {
    const [inputs, targets] = data();
    const network = new NeuralNetwork({ ...SMALL, ...options });
    const twin = new NeuralNetwork({ ...SMALL, ...options });
    const all = twin.train(inputs, targets, { epochs: 17, historyInterval: 1, validation: { split: 0.2 } });
    const some = network.train(inputs, targets, { epochs: 10, historyInterval: 4, validation: { split: 0.2 } });
    const more = network.train(inputs, targets, { epochs: 7, historyInterval: 4, validation: { split: 0.2 } });
    expect([...some.epoch, ...more.epoch]).toEqual([4, 8, 10, 12, 16, 17]);
    const pick = (list: number[]) => [4, 8, 10, 12, 16, 17].map((epoch) => list[epoch - 1]);
    expect([...some.loss, ...more.loss]).toEqual(pick(all.loss));
    expect([...some.validationLoss, ...more.validationLoss]).toEqual(pick(all.validationLoss));
    expect(new Set(all.learningRate)).toEqual(new Set([0.02]));
  });

  describe("sample weights", () => {
    const shape: NetworkOptions = { ...SMALL, reduction: "sum", optimizer: { name: "sgd", learningRate: 0.1 }, ...options };
    const [inputs, targets] = data(7);

    test("a weight of 2 is the row twice", () => {
      const [weighted, twice] = [new NeuralNetwork(shape), new NeuralNetwork(shape)];
      const a = weighted.train(inputs, targets, { epochs: 20, sampleWeights: [1, 1, 1, 2, 1, 1, 1] });
      const order = [0, 1, 2, 3, 3, 4, 5, 6];
      const b = twice.train(at(inputs, order), at(targets, order), 20);
      expectClose(a.loss, b.loss, { atol: 0, rtol: 1e-12 }, "losses");
      expectClose(parameters(weighted), parameters(twice), { atol: 1e-13, rtol: 1e-12 }, "parameters");
    });

    test("a weight of 0 is a row left out", () => {
      const [weighted, without] = [new NeuralNetwork(shape), new NeuralNetwork(shape)];
      const a = weighted.train(inputs, targets, { epochs: 20, sampleWeights: Float32Array.of(1, 0, 1, 1, 1, 0, 1) });
      const order = [0, 2, 3, 4, 6];
      const b = without.train(at(inputs, order), at(targets, order), 20);
      expectClose(a.loss, b.loss, { atol: 0, rtol: 1e-12 }, "losses");
      expectClose(parameters(weighted), parameters(without), { atol: 1e-13, rtol: 1e-12 }, "parameters");
    });

    test("weights of 1 are none, and a later call has none", () => {
      const [weighted, plain] = [new NeuralNetwork(shape), new NeuralNetwork(shape)];
      weighted.train(inputs, targets, { epochs: 3, sampleWeights: inputs.map(() => 1) });
      weighted.train(inputs, targets, 3);
      plain.train(inputs, targets, 6);
      expectSameBits(parameterBytes(weighted), parameterBytes(plain), "parameters");
    });

    test("the mean is over the rows, weighted or not", () => {
      const mean = new NeuralNetwork({ ...shape, reduction: "mean" });
      const sum = new NeuralNetwork(shape);
      const sampleWeights = [0.5, 0, 3, 1, 1, 2, 0.25];
      const [a, b] = [mean, sum].map((network) => network.train(inputs, targets, { epochs: 1, sampleWeights }).loss[0] as number);
      expectClose([a as number], [(b as number) / 7], { atol: 0, rtol: 1e-15 }, "loss");
    });
  });

  test("class numbers are one-hot rows, bit for bit", () => {
    const labels = [0, 2, 1, 2, 2, 0, 1, 0, 2, 1];
    const inputs = randomTable(5, 10, 4);
    for (const loss of ["crossEntropy", { name: "crossEntropy", labelSmoothing: 0.2 }] as const) {
      for (const precision of ["float64", "float32"] as const) {
        const make = () =>
          new NeuralNetwork({
            inputs: 4,
            layers: [
              { units: 5, activation: "relu" },
              { units: 3, activation: "softmax" },
            ],
            loss,
            precision,
            ...options,
          });
        const networks = [
          labels,
          Uint8Array.from(labels),
          { data: Uint8Array.from(labels), rows: labels.length },
          labels.map((label) => oneHot(label, 3)),
        ].map((targets) => {
          const network = make();
          network.train(inputs, targets, { epochs: 5, batchSize: 4, shuffle: true });
          return network;
        });
        for (const network of networks) expectSameBits(parameterBytes(network), parameterBytes(networks[2] as NeuralNetwork), "parameters");
        expect(parameterBytes(make()).equals(parameterBytes(networks[0] as NeuralNetwork))).toBe(false);
      }
    }
  });

  test("the loss of class numbers is that of one-hot rows", () => {
    const inputs = randomTable(5, 3, 4);
    const losses = [[0, 2, 1], [0, 2, 1].map((label) => oneHot(label, 3))].map((targets) => {
      const network = new NeuralNetwork({ inputs: 4, layers: [{ units: 3, activation: "softmax" }], ...options });
      return network.train(inputs, targets, 1).loss[0] as number;
    });
    expectClose([losses[0] as number], [losses[1] as number], { atol: 0, rtol: 1e-15 }, "loss");
  });

  test("frozen layers do not change by a bit, whatever the optimizer", () => {
    for (const optimizer of ["sgd", "adamW", "lion", "nadam"] as const) {
      const layers: LayerOptions[] = [
        { units: 5, activation: "tanh", trainable: false, l2: 0.1, normalization: "layer" },
        { units: 5, activation: "relu" },
        { units: 3, trainable: false, maxNorm: 0.1 },
        { units: 2 },
      ];
      const network = new NeuralNetwork({ inputs: 4, layers, optimizer, ...options });
      const bytes = (l: number) => [network.layers[l]?.weights, network.layers[l]?.biases].map((view) => bytesOf(view as Float64Array));
      const before = layers.map((_, l) => bytes(l).map((part) => Buffer.from(part)));
      network.train(...data(), 10);
      layers.forEach(({ trainable }, l) => {
        bytes(l).forEach((part, i) => {
          expect(part.equals(before[l]?.[i] as Buffer), `${optimizer}, layer ${l}`).toBe(trainable === false);
        });
      });
    }
  });

  describe("dropout", () => {
    const RATE = 0.3;
    /** A linear layer of ones behind inputs of 1, dropped: the loss tells how many were kept. One unit each, so that every unit's is seen by its gradient. */
    const masks = (dropout: number, seed: number, epochs: number) => {
      const network = new NeuralNetwork({
        inputs: 1,
        layers: [{ units: 256, activation: "linear", bias: true, initializer: "zeros", dropout }],
        loss: "squaredError",
        optimizer: { name: "sgd", learningRate: 1 },
        seed,
        ...options,
      });
      // Target −1 and output 0: a kept unit's bias takes the step (0 − −1) · 1/(1 − rate), a dropped one's none.
      const all: boolean[][] = [];
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const { weights, biases } of network.layers) {
          weights.fill(0);
          biases.fill(0);
        }
        network.train([[1]], [new Float64Array(256).fill(-1)], 1);
        const steps = Array.from((network.layers[0] as { biases: ArrayLike<number> }).biases);
        all.push(steps.map((step) => step !== 0));
        for (const step of steps) expect([0, -1 / (1 - dropout)]).toContain(step === 0 ? 0 : step);
      }
      return all;
    };

    test("keeps about its share, other units in each step and for each seed", () => {
      const [first, again, other] = [masks(RATE, 1, 40), masks(RATE, 1, 40), masks(RATE, 2, 40)];
      expect(again).toEqual(first);
      expect(other).not.toEqual(first);
      expect(new Set(first.map((mask) => mask.join())).size).toBe(40);
      const kept = first.flat().filter(Boolean).length / first.flat().length;
      // 10,240 draws: five standard deviations are 0.0227.
      expect(Math.abs(kept - (1 - RATE))).toBeLessThan(0.0227);
      first[0]?.forEach((_, unit) => {
        const share = first.filter((mask) => mask[unit]).length / 40;
        expect(share).toBeGreaterThan(0.25);
      });
    });

    test("rows get masks of their own", () => {
      const layers: LayerOptions[] = [{ units: 64, activation: "linear", initializer: "zeros", dropout: 0.5 }];
      const network = new NeuralNetwork({ inputs: 8, layers, optimizer: { name: "sgd", learningRate: 1 }, reduction: "sum", ...options });
      // Row r has a 1 at input r alone, so that the step of that input's weights shows the row's mask.
      network.train(
        Array.from({ length: 8 }, (_, row) => oneHot(row, 8)),
        Array.from({ length: 8 }, () => new Array<number>(64).fill(-1)),
        1,
      );
      const weights = Array.from(network.layers[0]?.weights as Float64Array);
      const rows = Array.from({ length: 8 }, (_, row) => weights.slice(row * 64, row * 64 + 64).map((w) => w !== 0));
      expect(new Set(rows.map((mask) => mask.join())).size).toBe(8);
      for (const mask of rows) expect(mask.filter(Boolean).length).toBeGreaterThan(12);
    });

    test("does not touch think", () => {
      const layers = (dropout: number): LayerOptions[] => [
        { units: 6, activation: "tanh", dropout },
        { units: 2, activation: "linear", dropout },
      ];
      const [dropped, plain] = [0.5, 0].map((dropout) => new NeuralNetwork({ ...SMALL, layers: layers(dropout), ...options }));
      const [inputs, targets] = data();
      const answers = dropped?.think(inputs) as number[][];
      expect(answers).toEqual(plain?.think(inputs));
      dropped?.train(inputs, targets, 1);
      expect(dropped?.think(inputs)).toEqual(dropped?.think(inputs));
      plain?.train(inputs, targets, 1);
      expect(dropped?.think(inputs)).not.toEqual(plain?.think(inputs));
    });
  });

  test("a residual adds the layer's inputs to its outputs", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, activation: "tanh", residual: true }], ...options });
    const plain = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, activation: "tanh" }], ...options });
    const row = [0.5, -2, 7];
    expect(network.think(row)).toEqual(plain.think(row).map((y, i) => y + (row[i] as number)));
  });

  test("a prediction does not depend on its neighbours, with everything", () => {
    let checked = 0;
    check(60, [everything], (run) => {
      const network = trained(run, options).network;
      const together = network.think(run.inputs);
      const some = run.inputs.filter((_, row) => row % 7 === 0);
      network.think(some).forEach((answer, i) => {
        expectSameBits(bytesOf(answer), bytesOf(together[i * 7] as number[]), `row ${i * 7} in a part`);
        expectSameBits(bytesOf(network.think(some[i] as number[])), bytesOf(answer), `row ${i * 7} alone`);
        checked++;
      });
    });
    expect(checked).toBeGreaterThan(100);
  });

  test("four epochs are one and three, with everything but what looks back over a run", () => {
    let changed = 0;
    check(60, [everything], (run) => {
      const { earlyStopping: _, ...rest } = run.train;
      const whole = trained({ ...run, train: rest }, options);
      const cut = new NeuralNetwork({ ...run.network, ...options });
      const before = parameterBytes(cut);
      const parts: History[] = [];
      for (const epochs of [1, 3]) {
        // L-BFGS has ended by itself, and would find that out again.
        if (parts.length > 0 && whole.history.epoch.length === 1) break;
        parts.push(cut.train(run.inputs, run.targets, { ...rest, epochs }));
      }
      expectSameBits(parameterBytes(cut), parameterBytes(whole.network), "parameters");
      expectSameBits(bytesOf(cut.think(run.inputs).flat()), bytesOf(whole.network.think(run.inputs).flat()), "answers");
      expectSameHistory(joined(parts), whole.history);
      if (!before.equals(parameterBytes(cut))) changed++;
    });
    expect(changed).toBeGreaterThan(40);
  });
});

test(`all builds give the same bits, with everything (FC_SEED=${SEED})`, () => {
  let learned = 0;
  check(250, [everything], (run) => {
    const [first, ...others] = BUILDS.map(({ options }) => trained(run, options));
    for (const other of others) {
      expectSameBits(parameterBytes(other.network), parameterBytes(first?.network as NeuralNetwork), "parameters");
      expectSameHistory(other.history, first?.history as History);
      expectSameBits(bytesOf(other.network.think(run.inputs).flat()), bytesOf(first?.network.think(run.inputs).flat() ?? []), "answers");
    }
    const before = parameterBytes(new NeuralNetwork(run.network));
    if (!before.equals(parameterBytes(first?.network as NeuralNetwork))) learned++;
  });
  expect(learned).toBeGreaterThan(180);
});

function trained(run: Everything, options: Pick<NetworkOptions, "core">) {
  const network = new NeuralNetwork({ ...run.network, ...options });
  const history = network.train(run.inputs, run.targets, run.train);
  return { network, history };
}
