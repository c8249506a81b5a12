// Options that a run cannot have.

import { type NetworkOptions, NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { type Anything, expectSameNetwork, INPUTS, type Kind, refuses, TARGETS } from "./support/bad-input.js";

describe("iterations, epochs and batches", () => {
  const expected = "expected a whole number from 0 to 9007199254740991";
  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("%s iterations", (value) => {
    refuses((n) => n.train(INPUTS, TARGETS, value), RangeError, `iterations: ${expected}, got ${value}`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: value }), RangeError, `epochs: ${expected}, got ${value}`);
  });

  test("more epochs than can be counted over the network's life", () => {
    const most = Number.MAX_SAFE_INTEGER;
    refuses((n) => n.train(INPUTS, TARGETS, most), RangeError, `epochs: expected at most ${most - 3} more for this network, got ${most}`);
  });

  test.each([0, -1, 2.5, Number.NaN])("batches of %s rows", (batchSize) => {
    const message = `batchSize: expected a whole number from 1 to 9007199254740991, got ${batchSize}`;
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, batchSize }), RangeError, message);
  });

  test("a history interval of 0", () => {
    const message = "historyInterval: expected a whole number from 1 to 9007199254740991, got 0";
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, historyInterval: 0 }), RangeError, message);
  });

  test("of the wrong kind", () => {
    refuses(
      (n) => n.train(INPUTS, TARGETS, "5" as Anything),
      TypeError,
      'options: expected the number of iterations or an object with epochs, got "5"',
    );
    refuses(
      (n) => n.train(INPUTS, TARGETS, undefined as Anything),
      TypeError,
      "options: expected the number of iterations or an object with epochs, got undefined",
    );
    refuses((n) => n.train(INPUTS, TARGETS, {} as Anything), TypeError, `epochs: ${expected}, got undefined`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: "5" } as Anything), TypeError, `epochs: ${expected}, got "5"`);
  });

  test("an unknown key names the nearest known one", () => {
    refuses(
      (n) => n.train(INPUTS, TARGETS, { epochs: 1, batchsize: 2 } as Anything),
      TypeError,
      'options: unknown option "batchsize"; did you mean "batchSize"?',
    );
    refuses(
      (n) => n.train(INPUTS, TARGETS, { epochs: 1, q: 2 } as Anything),
      TypeError,
      'options: unknown option "q"; known are epochs, batchSize, shuffle, validation, earlyStopping, sampleWeights, classWeights, metrics, onEpoch, onStep, resume, historyInterval',
    );
  });
});

describe("options of a run", () => {
  test.each<[options: object, kind: Kind, message: string]>([
    [{ shuffle: 1 }, TypeError, "shuffle: expected true or false, got 1"],
    [{ validation: 5 }, TypeError, "validation: expected an object, got 5"],
    [{ validation: { split: 1 } }, RangeError, "validation.split: expected a number from 0 up to but not including 1, got 1"],
    [{ validation: { split: 0.99 } }, RangeError, "validation.split: expected rows on both sides, got 0.99 of 3 rows"],
    [
      { validation: { inputs: INPUTS, targets: TARGETS.slice(1) } },
      RangeError,
      "validation.targets: expected 3 rows, as many as inputs, got 2",
    ],
    [{ validation: { inputs: [[1, 2]], targets: [[0, 1]] } }, RangeError, "validation.inputs[0]: expected 3 numbers, got 2"],
    [{ earlyStopping: 5 }, TypeError, "earlyStopping: expected an object, got 5"],
    [{ earlyStopping: { patience: 0 } }, RangeError, "earlyStopping.patience: expected a whole number from 1 to 4294967295, got 0"],
    [{ earlyStopping: { minimumChange: -1 } }, RangeError, "earlyStopping.minimumChange: expected a finite number from 0 on, got -1"],
    [
      { earlyStopping: { monitor: "validationLoss" } },
      RangeError,
      "earlyStopping.monitor: expected validation rows to go with validationLoss",
    ],
    [{ onEpoch: 5 }, TypeError, "onEpoch: expected a function, got 5"],
    [{ onStep: "no" }, TypeError, 'onStep: expected a function, got "no"'],
    [{ onStep: null }, TypeError, "onStep: expected a function, got null"],
    [{ resume: 1 }, TypeError, "resume: expected true or false, got 1"],
    [{ resume: true }, RangeError, "resume: expected a run that was cut, but the last one came to its end, or there was none"],
    [{ metrics: "accuracy" }, TypeError, 'metrics: expected an array of names, got "accuracy"'],
    [{ metrics: null }, TypeError, "metrics: expected an array of names, got null"],
    [
      { metrics: ["accuracy", "accurcy"] },
      RangeError,
      'metrics[1]: expected one of accuracy, meanAbsoluteError, rootMeanSquaredError, got "accurcy"; did you mean "accuracy"?',
    ],
    [{ metrics: [1] }, TypeError, "metrics[0]: expected one of accuracy, meanAbsoluteError, rootMeanSquaredError, got 1"],
    [{ metrics: new Array(1) }, TypeError, "metrics[0]: expected one of accuracy, meanAbsoluteError, rootMeanSquaredError, got undefined"],
    [{ classWeights: "balanced" }, RangeError, "classWeights: expected softmax outputs or a single sigmoid output to go with them"],
    [{ classWeights: [1, 2] }, RangeError, "classWeights: expected softmax outputs or a single sigmoid output to go with them"],
    [
      { sampleWeights: "balanced" },
      TypeError,
      'sampleWeights: expected a list of numbers, or { data: a typed array, rows: their number }, got "balanced"',
    ],
    [{ sampleWeights: [1, 2] }, RangeError, "sampleWeights: expected 3 numbers, one for each row, got 2"],
    [{ sampleWeights: [1, -1, 2] }, RangeError, "sampleWeights[1]: expected a number from 0 on, got -1"],
  ])("%j", (options, kind, message) => {
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, ...options } as Anything), kind, message);
  });
});

describe("options that do not go with the network", () => {
  /** Expects that a network of these options is not trained with those, and is as it was. */
  function refusesRun(
    options: Omit<NetworkOptions, "inputs">,
    run: object,
    kind: Kind,
    message: string,
    targets: Anything = [0, 1, 1],
  ): void {
    const network = new NeuralNetwork({ inputs: 3, ...options });
    const before = network.snapshot();
    let thrown: unknown;
    try {
      network.train(INPUTS, targets, { epochs: 1, ...run });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(kind);
    expect((thrown as Error).message).toBe(message);
    expectSameNetwork(network, before);
  }

  test.each<[weights: unknown, kind: Kind, message: string]>([
    ["balance", TypeError, 'classWeights: expected "balanced" or 2 numbers, one for each class, got "balance"'],
    [null, TypeError, 'classWeights: expected "balanced" or 2 numbers, one for each class, got null'],
    [{ 0: 1, 1: 2 }, TypeError, 'classWeights: expected "balanced" or 2 numbers, one for each class, got an object'],
    [[1], RangeError, "classWeights: expected 2 numbers, one for each class, got 1"],
    [[1, 2, 3], RangeError, "classWeights: expected 2 numbers, one for each class, got 3"],
    [[1, -1], RangeError, "classWeights[1]: expected a finite number from 0 on, got -1"],
    [["1", 1], TypeError, 'classWeights[0]: expected a number, got "1"'],
    [new Array(2), TypeError, "classWeights[0]: expected a number, got undefined"],
    [[1, Number.POSITIVE_INFINITY], RangeError, "classWeights[1]: expected a finite number from 0 on, got Infinity"],
    [[Number.NaN, 1], RangeError, "classWeights[0]: expected a finite number from 0 on, got NaN"],
  ])("classWeights: %j", (classWeights, kind, message) => {
    refusesRun({ layers: [{ units: 1 }] }, { classWeights }, kind, message);
    refusesRun({ layers: [{ units: 2, activation: "softmax" }] }, { classWeights }, kind, message);
  });

  test("class weights that float32 cannot hold", () => {
    const message = "classWeights[1]: expected a finite number from 0 on that float32 can hold, got 1e+39";
    refusesRun({ layers: [{ units: 1 }], precision: "float32" }, { classWeights: [1, 1e39] }, RangeError, message);
  });

  test.each(["linear", "tanh", "softplus"] as const)("accuracy of %s outputs", (activation) => {
    const message = `metrics: expected softmax or sigmoid outputs for accuracy, got ${activation}`;
    refusesRun({ layers: [{ units: 1, activation }] }, { metrics: ["meanAbsoluteError", "accuracy"] }, RangeError, message);
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 1, activation }] });
    expect(network.train(INPUTS, [0, 1, 1], { epochs: 1, metrics: ["meanAbsoluteError"] }).metrics.meanAbsoluteError).toHaveLength(1);
  });

  test("accuracy of outputs that a residual is added to", () => {
    const message = "metrics: expected softmax or sigmoid outputs for accuracy, got a residual";
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, residual: true }] });
    expect(() => network.train(INPUTS, INPUTS, { epochs: 1, metrics: ["accuracy"] })).toThrow(new RangeError(message));
  });

  test("batches with lbfgs, of rows that are left to learn from", () => {
    const lbfgs: Omit<NetworkOptions, "inputs"> = { layers: [{ units: 1 }], optimizer: "lbfgs" };
    refusesRun(lbfgs, { batchSize: 2 }, RangeError, "batchSize: expected all 3 rows with lbfgs, got 2");
    refusesRun(lbfgs, { batchSize: 1, validation: { split: 0.3 } }, RangeError, "batchSize: expected all 2 rows with lbfgs, got 1");
    const network = new NeuralNetwork({ inputs: 3, ...lbfgs });
    expect(network.train(INPUTS, [0, 1, 1], { epochs: 1, batchSize: 3 }).loss).toHaveLength(1);
    expect(network.train(INPUTS, [0, 1, 1], { epochs: 1, batchSize: 2, validation: { split: 0.3 } }).loss).toHaveLength(1);
  });
});
