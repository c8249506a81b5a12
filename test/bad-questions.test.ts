// What `evaluate`, `gradients` and `activations` cannot be asked.

import { NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { type Anything, detached, expectSameNetwork, fresh, INPUTS, type Kind, refuses, TARGETS, withBad } from "./support/bad-input.js";

describe.each(["evaluate", "gradients"] as const)("%s", (method) => {
  const ask = (inputs: Anything, targets: Anything, options?: Anything) => (network: NeuralNetwork) =>
    network[method](inputs, targets, options);

  test("of data that cannot be used", () => {
    refuses(ask(withBad(INPUTS, 2, 1, Number.NaN), TARGETS), RangeError, "inputs[2][1]: expected a finite number, got NaN");
    refuses(ask(INPUTS, withBad(TARGETS, 1, 0, "1")), TypeError, 'targets[1][0]: expected a finite number, got "1"');
    refuses(ask([], []), RangeError, "inputs: expected at least one row, got none");
    refuses(ask(INPUTS, TARGETS.slice(1)), RangeError, "targets: expected 3 rows, as many as inputs, got 2");
    refuses(ask(INPUTS, [0, 1, 1]), RangeError, "targets: expected rows of 2 numbers; class numbers go with the loss crossEntropy only");
    const table = "expected an array of rows, one row, or { data: a typed array, rows: their number }";
    refuses(ask(INPUTS, undefined), TypeError, `targets: ${table}, got undefined`);
    refuses(ask(null, TARGETS), TypeError, `inputs: ${table}, got null`);
    const gone = "expected numbers, got a typed array whose buffer was transferred";
    refuses(ask({ data: detached(9), rows: 3 }, TARGETS), TypeError, `inputs.data: ${gone}`);
    const float32 = "inputs[0][1]: expected a finite number that float32 can hold, got 3.5e+38";
    refuses(ask(withBad(INPUTS, 0, 1, 3.5e38), TARGETS), RangeError, float32, "float32");
  });

  test.each<[options: unknown, kind: Kind, message: string]>([
    [null, TypeError, "options: expected an object, got null"],
    [5, TypeError, "options: expected an object, got 5"],
    [{ sampleWeights: [1, 2] }, RangeError, "sampleWeights: expected 3 numbers, one for each row, got 2"],
    [{ sampleWeights: [1, -1, 2] }, RangeError, "sampleWeights[1]: expected a number from 0 on, got -1"],
    [{ sampleWeights: [1, Number.NaN, 2] }, RangeError, "sampleWeights[1]: expected a finite number, got NaN"],
    [{ sampleWeight: [1, 1, 1] }, TypeError, 'options: unknown option "sampleWeight"; did you mean "sampleWeights"?'],
  ])("%j", (options, kind, message) => {
    refuses(ask(INPUTS, TARGETS, options), kind, message);
  });

  test("class numbers that are none", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, activation: "softmax" }] });
    const before = network.snapshot();
    for (const bad of [3, -1, 0.5]) {
      const error = new RangeError(`targets[1]: expected a class number from 0 to 2, got ${bad}`);
      expect(() => network[method](INPUTS, [0, bad, 2] as Anything)).toThrow(error);
    }
    expectSameNetwork(network, before);
  });

  test("while the network is read from", () => {
    const network = fresh();
    const row = Object.defineProperty([1, 0, 0], 1, {
      get: () => {
        network.dispose();
        return 0;
      },
    });
    expect(() => network[method]([row], [[0, 1]])).toThrow(new TypeError(`${method}: this network has been disposed`));
  });
});

describe("evaluate", () => {
  const evaluates = (units: number, activation: "softmax" | "sigmoid", topK: unknown) => () =>
    new NeuralNetwork({ inputs: 3, layers: [{ units, activation }] }).evaluate(INPUTS, [0, 1, 1] as Anything, { topK } as Anything);

  test.each([0, 4, 1.5, Number.NaN])("topK of 3 classes: %s", (topK) => {
    expect(evaluates(3, "softmax", topK)).toThrow(new RangeError(`topK: expected a whole number from 1 to 3, got ${topK}`));
  });

  test("topK of the wrong kind, of two classes, and where there are none", () => {
    expect(evaluates(3, "softmax", "2")).toThrow(new TypeError('topK: expected a whole number from 1 to 3, got "2"'));
    expect(evaluates(1, "sigmoid", 3)).toThrow(new RangeError("topK: expected a whole number from 1 to 2, got 3"));
    const none = "topK: expected softmax outputs or a single sigmoid output to go with it";
    refuses((network) => network.evaluate(INPUTS, TARGETS, { topK: 1 }), RangeError, none);
    refuses(
      (network) => network.evaluate(INPUTS, TARGETS, { topk: 1 } as Anything),
      TypeError,
      'options: unknown option "topk"; did you mean "topK"?',
    );
  });

  test("looks how far targets are that no output reaches, but not with a cross-entropy", () => {
    const squared = fresh().evaluate(INPUTS, withBad(TARGETS, 1, 1, 2));
    expect(squared.kind).toBe("values");
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 2 }], loss: "binaryCrossEntropy" });
    const message = "targets[1][1]: expected a number from 0 to 1, as sigmoid outputs are, got 2";
    expect(() => network.evaluate(INPUTS, withBad(TARGETS, 1, 1, 2))).toThrow(new RangeError(message));
  });
});

describe("gradients", () => {
  test("with training that is neither yes nor no", () => {
    for (const [training, shown] of [
      [1, "1"],
      [null, "null"],
      ["true", '"true"'],
    ]) {
      refuses(
        (network) => network.gradients(INPUTS, TARGETS, { training } as Anything),
        TypeError,
        `training: expected true or false, got ${shown}`,
      );
    }
  });

  test("of targets that outputs cannot reach", () => {
    const message = "targets[2][1]: expected a number from 0 to 1, as sigmoid outputs are, got 1.5";
    for (const training of [false, true]) {
      refuses((network) => network.gradients(INPUTS, withBad(TARGETS, 2, 1, 1.5), { training }), RangeError, message);
    }
  });
});

test("activations of what is no input", () => {
  refuses((network) => network.activations([1, 0]), RangeError, "inputs: expected 3 numbers, got 2");
  refuses((network) => network.activations([] as number[][]), RangeError, "inputs: expected at least one row, got none");
  refuses((network) => network.activations([[1, 0, Number.NaN]]), RangeError, "inputs[0][2]: expected a finite number, got NaN");
  refuses(
    (network) => network.activations("100" as Anything),
    TypeError,
    'inputs: expected an array of rows, one row, or { data: a typed array, rows: their number }, got "100"',
  );
});
