// Options that networks and runs cannot have, and networks that are no more.

import { NeuralNetwork } from "feedforward";
import { describe, expect, test } from "vitest";
import { type Anything, expectSameNetwork, fresh, INPUTS, type Kind, refuses, rejects, TARGETS } from "./support/bad-input.js";

const BIASES = "expected one of uniform, zeros, constant, glorotUniform, glorotNormal, heUniform, heNormal, lecunUniform, lecunNormal";

describe("options of a network", () => {
  const layers = [{ units: 1 }];

  test.each([0, -1, 1.5, Number.NaN, 1e12, "4", undefined])("units: %s", (units) => {
    const kind = typeof units === "number" ? RangeError : TypeError;
    const shown = typeof units === "string" ? `"${units}"` : units;
    const message = `layers[1].units: expected a whole number from 1 to 1073741824, got ${shown}`;
    rejects({ inputs: 3, layers: [{ units: 2 }, { units }] }, kind, message);
  });

  test("a network that 4 GiB cannot hold states the bytes it needs", () => {
    const wide = { inputs: 40_000, layers: [{ units: 40_000 }], precision: "float32" };
    let message = "";
    try {
      new NeuralNetwork(wide as Anything);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      message = (error as Error).message;
    }
    const bytes = Number(/^the network needs (\d+) bytes \(6\.0 GiB\), but WebAssembly can address 4 GiB$/.exec(message)?.[1]);
    // Weights and biases alone, and not a megabyte more for the rest.
    expect(bytes).toBeGreaterThan(40_000 * 40_001 * 4);
    expect(bytes).toBeLessThan(40_000 * 40_001 * 4 + 2 ** 20);
  });

  test("more rows than memory holds leave the network as it was", () => {
    const network = fresh();
    const before = network.snapshot();
    // A table that claims more rows than it has is refused before it is read.
    expect(() => network.think({ data: new Float64Array(3), rows: 2 ** 40 })).toThrow(RangeError);
    // 2²⁰ rows of 600 numbers fit into 4 GiB by themselves in float32, but not with the outputs.
    const wide = new NeuralNetwork({ inputs: 2, layers: [{ units: 2000 }], precision: "float32" });
    const weights = wide.snapshot();
    const data = new Uint8Array(2 * 540_000);
    expect(() => wide.think({ data, rows: 540_000 })).toThrow(
      /^the network needs 4\d{9} bytes \(4\.\d GiB\), but WebAssembly can address 4 GiB/,
    );
    expectSameNetwork(wide, weights);
    // What there is room for is laid out as before.
    const twin = new NeuralNetwork({ inputs: 2, layers: [{ units: 2000 }], precision: "float32" });
    const rows = Array.from({ length: 20 }, (_, r) => [r, -r]);
    expect(wide.think(rows)).toEqual(twin.think(rows));
    expectSameNetwork(network, before);
  });

  test.each([0, -3, 2.5, 1e12])("inputs: %s", (inputs) => {
    rejects({ inputs, layers }, RangeError, `inputs: expected a whole number from 1 to 1073741824, got ${inputs}`);
  });

  test("no inputs, no layers, wrong layers", () => {
    rejects({ layers }, TypeError, "inputs: expected the width of an input row, got undefined");
    rejects({ inputs: 3, layers: [] }, RangeError, "layers: expected at least one layer, got none");
    rejects({ inputs: 3, layers: { units: 1 } }, TypeError, "layers: expected an array of layers, got an object");
    rejects({ inputs: 3, layers: [4] }, TypeError, "layers[0]: expected an object, got 4");
    // biome-ignore lint/suspicious/noSparseArray: the point of this test
    rejects({ inputs: 3, layers: [{ units: 1 }, , { units: 1 }] }, TypeError, "layers[1]: expected an object, got undefined");
    rejects({ inputs: 3, layers: [{ units: 1, bias: 1 }] }, TypeError, `layers[0].bias: ${BIASES}, got 1`);
    rejects(null, TypeError, "options: expected an object, got null");
    rejects([3, 4, 1], TypeError, "options: expected an object, got an array of 3 elements");
    rejects(new Map([["inputs", 5]]), TypeError, "options: expected an object, got an object (Map)");
    rejects(new Uint8Array(0), TypeError, "options: expected an object, got a Uint8Array of 0 elements");
  });

  test("an unknown activation lists the known ones", () => {
    const expected =
      "layers[0].activation: expected one of sigmoid, tanh, relu, leakyRelu, elu, selu, gelu, silu, softplus, softsign, linear, softmax";
    rejects({ inputs: 3, layers: [{ units: 1, activation: "maxout" }] }, RangeError, `${expected}, got "maxout"`);
    rejects(
      { inputs: 3, layers: [{ units: 1, activation: "softmex" }] },
      RangeError,
      `${expected}, got "softmex"; did you mean "softmax"?`,
    );
    rejects(
      { inputs: 3, layers: [{ units: 1, activation: "sigmiod" }] },
      RangeError,
      `${expected}, got "sigmiod"; did you mean "sigmoid"?`,
    );
    rejects({ inputs: 3, layers: [{ units: 1, activation: Math.tanh }] }, TypeError, `${expected}, got a function`);
    rejects({ inputs: 3, layers: [{ units: 1, activation: "constructor" }] }, RangeError, `${expected}, got "constructor"`);
  });

  test("unknown keys name the nearest known one", () => {
    rejects({ input: 3, layers }, TypeError, 'options: unknown option "input"; did you mean "inputs"?');
    rejects({ inputs: 3, layers: [{ unit: 3 }] }, TypeError, 'layers[0]: unknown option "unit"; did you mean "units"?');
    rejects(
      { inputs: 3, layers, optimizer: { name: "sgd", learningrate: 1 } },
      TypeError,
      'optimizer: unknown option "learningrate"; did you mean "learningRate"?',
    );
    rejects(
      { learningRate: 1 },
      TypeError,
      'options: unknown option "learningRate"; known are inputs, layers, loss, reduction, optimizer, precision, seed, core',
    );
  });

  test("null is not the same as leaving an option out", () => {
    rejects({ inputs: null, layers }, TypeError, "inputs: expected a whole number from 1 to 1073741824, got null");
    rejects({ layers: null }, TypeError, "layers: expected an array of layers, got null");
    rejects({ inputs: 3, layers: [{ units: 1, bias: null }] }, TypeError, `layers[0].bias: ${BIASES}, got null`);
    rejects({ seed: null }, TypeError, "seed: expected a whole number from 0 to 4294967295, got null");
    rejects({ precision: null }, TypeError, "precision: expected one of float64, float32, got null");
    rejects(
      { optimizer: null },
      TypeError,
      "optimizer: expected one of sgd, rmsprop, adagrad, adam, amsgrad, adamW, nadam, lion, lbfgs, got null",
    );
    rejects({ optimizer: { name: "sgd", learningRate: null } }, TypeError, "optimizer.learningRate: expected a number, got null");
    rejects({ core: null }, TypeError, "core: expected a WebAssembly.Module, got null");
    const whole = "expected a whole number from 1 to 9007199254740991, got null";
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, batchSize: null } as Anything), TypeError, `batchSize: ${whole}`);
    refuses((n) => n.train(INPUTS, TARGETS, { epochs: 1, historyInterval: null } as Anything), TypeError, `historyInterval: ${whole}`);
  });

  test("a learning rate that float32 rounds away", () => {
    const message = "optimizer.learningRate: expected a finite number above 0 that float32 can hold";
    for (const learningRate of [1e-50, 1e39]) {
      const shown = String(learningRate);
      rejects({ precision: "float32", optimizer: { name: "sgd", learningRate } }, RangeError, `${message}, got ${shown}`);
      expect(new NeuralNetwork({ optimizer: { name: "sgd", learningRate } }).seed).toBe(1);
    }
  });

  test("names, numbers and modules of the wrong kind", () => {
    rejects(
      { inputs: 3, layers: [{ units: 1, initializer: "unifrom" }] },
      RangeError,
      "layers[0].initializer: expected one of uniform, zeros, constant, glorotUniform, glorotNormal, heUniform, heNormal, " +
        'lecunUniform, lecunNormal, orthogonal, values, got "unifrom"; did you mean "uniform"?',
    );
    rejects(
      { loss: "squareError" },
      RangeError,
      "loss: expected one of squaredError, absoluteError, huber, binaryCrossEntropy, crossEntropy, " +
        'got "squareError"; did you mean "squaredError"?',
    );
    rejects({ reduction: "avg" }, RangeError, 'reduction: expected one of sum, mean, got "avg"');
    rejects({ precision: "float16" }, RangeError, 'precision: expected one of float64, float32, got "float16"; did you mean "float64"?');
    const optimizers = "expected one of sgd, rmsprop, adagrad, adam, amsgrad, adamW, nadam, lion, lbfgs";
    rejects({ optimizer: "adamax" }, RangeError, `optimizer: ${optimizers}, got "adamax"; did you mean "adam"?`);
    rejects({ optimizer: { name: "newton" } }, RangeError, `optimizer.name: ${optimizers}, got "newton"`);
    rejects({ optimizer: {} }, TypeError, `optimizer.name: ${optimizers}, got undefined`);
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      rejects(
        { optimizer: { name: "sgd", learningRate: rate } },
        RangeError,
        `optimizer.learningRate: expected a finite number above 0, got ${rate}`,
      );
    }
    rejects({ optimizer: { name: "sgd", learningRate: "1" } }, TypeError, 'optimizer.learningRate: expected a number, got "1"');
    for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) {
      rejects({ seed }, RangeError, `seed: expected a whole number from 0 to 4294967295, got ${seed}`);
    }
    rejects({ seed: "1" }, TypeError, 'seed: expected a whole number from 0 to 4294967295, got "1"');
    rejects({ core: new Uint8Array(8) }, TypeError, "core: expected a WebAssembly.Module, got a Uint8Array of 8 elements");
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    rejects({ core: empty }, TypeError, "core: expected a feedforward core with ABI version 1");
  });
});

describe("layers, losses, optimizers and schedules that do not fit", () => {
  test.each<[options: object, kind: Kind, message: string]>([
    [
      { layers: [{ units: 2, activation: "softmax" }, { units: 1 }] },
      RangeError,
      "layers[0].activation: expected softmax on the last layer only",
    ],
    [
      { layers: [{ units: 2, residual: true }] },
      RangeError,
      "layers[0].residual: expected as many units as inputs, got 2 units and 3 inputs",
    ],
    [{ layers: [{ units: 2, dropout: 1 }] }, RangeError, "layers[0].dropout: expected a number from 0 up to but not including 1, got 1"],
    [
      { layers: [{ units: 1, activation: { name: "relu", slope: 1 } }] },
      TypeError,
      'layers[0].activation: unknown option "slope"; known are name',
    ],
    [{ layers: [{ units: 1, normalization: "group" }] }, RangeError, 'layers[0].normalization: expected one of layer, batch, got "group"'],
    [
      { layers: [{ units: 1, normalization: { name: "layer", momentum: 0.5 } }] },
      TypeError,
      'layers[0].normalization: unknown option "momentum"; known are name, epsilon',
    ],
    [{ layers: [{ units: 1, l1: -1 }] }, RangeError, "layers[0].l1: expected a finite number from 0 on, got -1"],
    [{ layers: [{ units: 1, maxNorm: 0 }] }, RangeError, "layers[0].maxNorm: expected a finite number above 0, got 0"],
    [{ layers: [{ units: 1, initializer: "constant" }] }, TypeError, "layers[0].initializer.value: expected a number, got undefined"],
    [{ loss: "crossEntropy" }, RangeError, "loss: expected the last layer's activation to be softmax for crossEntropy, got sigmoid"],
    [
      { layers: [{ units: 2, activation: "softmax", dropout: 0.5 }] },
      RangeError,
      "loss: expected the last layer to have neither dropout nor residual for crossEntropy",
    ],
    [{ loss: { name: "huber", delta: 0 } }, RangeError, "loss.delta: expected a finite number above 0, got 0"],
    [{ loss: { name: "squaredError", delta: 1 } }, TypeError, 'loss: unknown option "delta"; known are name'],
    [
      { optimizer: { name: "adam", momentum: 0.9 } },
      TypeError,
      'optimizer: unknown option "momentum"; known are name, learningRate, schedule, clipValue, clipNorm, beta1, beta2, epsilon, weightDecay',
    ],
    [{ optimizer: { name: "sgd", nesterov: true } }, RangeError, "optimizer.nesterov: expected a momentum above 0 to go with it"],
    [
      { optimizer: { name: "sgd", momentum: 1 } },
      RangeError,
      "optimizer.momentum: expected a number from 0 up to but not including 1, got 1",
    ],
    [{ optimizer: { name: "rmsprop", rho: 1 } }, RangeError, "optimizer.rho: expected a number from 0 up to but not including 1, got 1"],
    ...(["clipNorm", "clipValue", "schedule", "momentum", "beta1", "weightDecay"] as const).map(
      (option) =>
        [
          { optimizer: { name: "lbfgs", [option]: 1 } },
          TypeError,
          `optimizer: unknown option "${option}"; known are name, learningRate, historySize`,
        ] as [object, Kind, string],
    ),
    ...[0, 1001, 2.5].map(
      (historySize) =>
        [
          { optimizer: { name: "lbfgs", historySize } },
          RangeError,
          `optimizer.historySize: expected a whole number from 1 to 1000, got ${historySize}`,
        ] as [object, Kind, string],
    ),
    [
      { optimizer: { name: "lbfgs", historySize: "10" } },
      TypeError,
      'optimizer.historySize: expected a whole number from 1 to 1000, got "10"',
    ],
    [{ optimizer: { name: "lbfgs", learningRate: 0 } }, RangeError, "optimizer.learningRate: expected a finite number above 0, got 0"],
    [
      { optimizer: { name: "adam", historySize: 3 } },
      TypeError,
      'optimizer: unknown option "historySize"; known are name, learningRate, schedule, clipValue, clipNorm, beta1, beta2, epsilon, weightDecay',
    ],
    [
      { layers: [{ units: 1 }, { units: 1, maxNorm: 2 }], optimizer: "lbfgs" },
      RangeError,
      "layers[1].maxNorm: expected none with lbfgs, whose steps it would spoil",
    ],
    [{ optimizer: { name: "adam", epsilon: 0 } }, RangeError, "optimizer.epsilon: expected a finite number above 0, got 0"],
    [
      { optimizer: { name: "rmsprop", epsilon: 1e-50 }, precision: "float32" },
      RangeError,
      "optimizer.epsilon: expected a finite number above 0 that float32 can hold, got 1e-50",
    ],
    [
      { inputs: 3, layers: [{ units: 1, initializer: { name: "constant", value: 1e39 } }], precision: "float32" },
      RangeError,
      "layers[0].initializer.value: expected a finite number that float32 can hold, got 1e+39",
    ],
    [
      { inputs: 3, layers: [{ units: 1, bias: { name: "constant", value: -1e39 } }], precision: "float32" },
      RangeError,
      "layers[0].bias.value: expected a finite number that float32 can hold, got -1e+39",
    ],
    [
      { inputs: 3, layers: [{ units: 1, activation: { name: "leakyRelu", slope: 1e39 } }], precision: "float32" },
      RangeError,
      "layers[0].activation.slope: expected a finite number from 0 on that float32 can hold, got 1e+39",
    ],
    [
      { inputs: 3, layers: [{ units: 1, activation: { name: "elu", alpha: 1e-60 } }], precision: "float32" },
      RangeError,
      "layers[0].activation.alpha: expected a finite number above 0 that float32 can hold, got 1e-60",
    ],
    [{ inputs: 3, layers: [{ units: 1, bias: "orthogonal" }] }, RangeError, `layers[0].bias: ${BIASES}, got "orthogonal"`],
    [{ optimizer: { name: "adam", clipNorm: 0 } }, RangeError, "optimizer.clipNorm: expected a finite number above 0, got 0"],
    [
      { optimizer: { name: "adam", schedule: { name: "step" } } },
      TypeError,
      "optimizer.schedule.steps: expected a whole number from 1 to 9007199254740991, got undefined",
    ],
    [
      { optimizer: { name: "adam", schedule: "cosin" } },
      RangeError,
      'optimizer.schedule: expected one of constant, step, exponential, inverseScaling, cosine, plateau, got "cosin"; did you mean "cosine"?',
    ],
    [
      { optimizer: { name: "adam", schedule: { name: "cosine", steps: 10, factor: 1 } } },
      TypeError,
      'optimizer.schedule: unknown option "factor"; known are name, warmUp, steps, floor',
    ],
    [
      { optimizer: { name: "adam", schedule: { name: "exponential", steps: 5, factor: 2 } } },
      RangeError,
      "optimizer.schedule.factor: expected a number above 0 and up to 1, got 2",
    ],
  ])("%j", (options, kind, message) => {
    const make = () => new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], ...options } as Anything);
    expect(make).toThrow(kind);
    expect(make).toThrow(new kind(message));
  });
});

describe("a disposed network", () => {
  test("refuses every use and may be disposed of again", () => {
    const network = fresh();
    const [layer] = network.layers;
    network.dispose();
    network.dispose();
    const message = (method: string) => new TypeError(`${method}: this network has been disposed`);
    expect(() => network.think([1, 0, 0])).toThrow(message("think"));
    expect(() => network.think(INPUTS)).toThrow(message("think"));
    expect(() => network.train(INPUTS, TARGETS, 1)).toThrow(message("train"));
    expect(() => network.evaluate(INPUTS, TARGETS)).toThrow(message("evaluate"));
    expect(() => network.gradients(INPUTS, TARGETS)).toThrow(message("gradients"));
    expect(() => network.activations(INPUTS)).toThrow(message("activations"));
    expect(() => network.summary()).toThrow(message("summary"));
    expect(() => network.snapshot()).toThrow(message("snapshot"));
    expect(() => network.save()).toThrow(message("save"));
    expect(() => network.restore(new Uint8Array(0))).toThrow(message("restore"));
    expect(() => network.epoch).toThrow(message("epoch"));
    expect(() => network.step).toThrow(message("step"));
    expect(() => network.sigmoid(0)).toThrow(message("sigmoid"));
    expect(() => network.sigmoidDerivative(0)).toThrow(message("sigmoidDerivative"));
    expect(() => network.synapticWeights).toThrow(message("layers[0].weights"));
    expect(() => layer?.weights).toThrow(message("layers[0].weights"));
    for (const name of ["biases", "scales", "shifts", "means", "variances"] as const) {
      expect(() => layer?.[name]).toThrow(message(`layers[0].${name}`));
    }
  });

  test("is what `using` leaves behind", () => {
    const network = fresh();
    network[Symbol.dispose]();
    expect(() => network.think([1, 0, 0])).toThrow(TypeError);
  });
});
