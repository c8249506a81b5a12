// Networks as JSON: what is written is read as the same network to the bit, and nothing else is read. FC_SEED=… repeats a run.

import fc from "fast-check";
import { NeuralNetwork } from "feedforward";
import { fromJson, toJson } from "feedforward/json";
import { describe, expect, test } from "vitest";
import type { Anything, Kind } from "./support/bad-input.js";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { activationsOf, everyActivation, randomNetworks } from "./support/exported.js";
import { check, SEED } from "./support/property.js";

const NAMES = ["weights", "biases", "scales", "shifts", "means", "variances"] as const;

function expectSameThoughts(actual: NeuralNetwork, expected: NeuralNetwork, rows: number[][], label: string): void {
  expect(actual.precision).toBe(expected.precision);
  expect(actual.layers.map(({ shape, activation, residual }) => [shape, activation, residual])).toEqual(
    expected.layers.map(({ shape, activation, residual }) => [shape, activation, residual]),
  );
  actual.layers.forEach((layer, i) => {
    for (const name of NAMES) {
      const other = expected.layers[i]?.[name] as Float64Array;
      expect(layer[name].constructor).toBe(other.constructor);
      expectSameBits(bytesOf(layer[name]), bytesOf(other), `${label}: layer ${i}, ${name}`);
    }
  });
  expectSameBits(bytesOf(actual.think(rows).flat()), bytesOf(expected.think(rows).flat()), label);
}

/** Two layers with all that a document can have. */
function rich(): NeuralNetwork {
  const layers = [
    { units: 2, activation: { name: "leakyRelu", slope: 0.25 }, normalization: "batch" },
    { units: 2, activation: "softmax", bias: false, residual: true, normalization: { name: "layer", epsilon: 0.5 } },
  ] as const;
  const network = new NeuralNetwork({ inputs: 3, layers, loss: "squaredError" });
  network.layers.forEach((layer, i) => {
    for (const name of NAMES) layer[name].set(layer[name].map((_, k) => i + (k + 1) / 4));
  });
  return network;
}

const TEXT = `{
  "format": "feedforward weights",
  "version": 1,
  "precision": "float64",
  "inputs": 3,
  "layers": [
    {
      "units": 2,
      "activation": { "name": "leakyRelu", "slope": 0.25 },
      "normalization": {
        "name": "batch",
        "epsilon": 0.001,
        "scales": [0.25, 0.5],
        "shifts": [0.25, 0.5],
        "means": [0.25, 0.5],
        "variances": [0.25, 0.5]
      },
      "weights": [
        [0.25, 0.5],
        [0.75, 1],
        [1.25, 1.5]
      ],
      "biases": [0.25, 0.5]
    },
    {
      "units": 2,
      "activation": "softmax",
      "residual": true,
      "normalization": {
        "name": "layer",
        "epsilon": 0.5,
        "scales": [1.25, 1.5],
        "shifts": [1.25, 1.5]
      },
      "weights": [
        [1.25, 1.5],
        [1.75, 2]
      ]
    }
  ]
}`;

describe.each(BUILDS)("$name build", ({ options }) => {
  test(`what is written is read as the same network, with everything, FC_SEED=${SEED}`, () => {
    for (const { label, network, rows } of randomNetworks(150, SEED)) {
      const text = toJson(network);
      const read = fromJson(text, { loss: "squaredError", ...options });
      expectSameThoughts(read, network, rows, label);
      expect(toJson(read), label).toBe(text);
    }
  });

  test.each(["float64", "float32"] as const)("with every activation, %s", (precision) => {
    const networks = everyActivation(precision);
    expect(activationsOf(networks).size).toBe(12);
    for (const { label, network, rows } of networks) {
      expectSameThoughts(fromJson(toJson(network), { loss: "squaredError", ...options }), network, rows, label);
      const parsed = JSON.parse(toJson(network));
      expectSameThoughts(fromJson(parsed, { loss: "squaredError", ...options }), network, rows, label);
    }
  });
});

describe("a document", () => {
  test("reads like this, and leaves the network as it was", () => {
    const network = rich();
    const before = network.snapshot();
    expect(toJson(network)).toBe(TEXT);
    expectSameBits(Buffer.from(network.snapshot()), Buffer.from(before));
  });

  test.each(["float64", "float32"] as const)("has any finite number exactly, %s", (precision) => {
    const network = new NeuralNetwork({ inputs: 4, layers: [{ units: 1, activation: "linear" }], precision });
    const bits = new DataView(new ArrayBuffer(8));
    let checked = 0;
    check(200, [fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 4, maxLength: 4 })], (words) => {
      const numbers = words.map((word) => {
        bits.setBigUint64(0, word);
        const x = precision === "float64" ? bits.getFloat64(0) : bits.getFloat32(0);
        return Number.isFinite(x) ? x : -0;
      });
      network.layers[0]?.weights.set(numbers);
      const weights = fromJson(toJson(network)).layers[0]?.weights as Float64Array;
      expectSameBits(bytesOf(weights), bytesOf(network.layers[0]?.weights as Float64Array));
      checked += numbers.filter((x) => x !== 0).length;
    });
    expect(checked).toBeGreaterThan(300);
  });

  test("takes how the network is to learn", () => {
    const network = fromJson(TEXT, { loss: "huber", optimizer: "adam", reduction: "sum", seed: 7 });
    const twin = new NeuralNetwork({
      inputs: 3,
      layers: [
        { units: 2, activation: { name: "leakyRelu", slope: 0.25 }, normalization: "batch", initializer: "zeros" },
        {
          units: 2,
          activation: "softmax",
          bias: false,
          residual: true,
          normalization: { name: "layer", epsilon: 0.5 },
          initializer: "zeros",
        },
      ],
      loss: "huber",
      optimizer: "adam",
      reduction: "sum",
      seed: 7,
    });
    network.layers.forEach((layer, i) => {
      for (const name of NAMES) twin.layers[i]?.[name].set(layer[name]);
    });
    expect(network.seed).toBe(7);
    const train = (each: NeuralNetwork) =>
      each.train(
        [
          [1, 2, 3],
          [3, 1, 2],
          [0, 1, 0],
        ],
        [
          [1, 0],
          [0, 1],
          [1, 0],
        ],
        { epochs: 5, batchSize: 2, shuffle: true },
      ).loss;
    expect(train(network)).toEqual(train(twin));
    expectSameThoughts(network, twin, [[1, 1, 1]], "trained");
  });
});

/** The document with what stands at a path replaced, or taken away where the value is undefined. */
function changed(path: string, value: unknown): unknown {
  const document = JSON.parse(TEXT);
  const keys = path.match(/\w+/g) as string[];
  const last = keys.pop() as string;
  const place = keys.reduce((at, key) => at[key], document);
  if (value === undefined) delete place[last];
  else Object.defineProperty(place, last, { value, enumerable: true, writable: true, configurable: true });
  return document;
}

describe("is refused", () => {
  test.each<[string, unknown, Kind, string]>([
    ["format", undefined, RangeError, 'format: expected "feedforward weights", got undefined'],
    ["format", "onnx", RangeError, 'format: expected "feedforward weights", got "onnx"'],
    ["version", 2, RangeError, "version: expected 1, which this version of the library reads, got 2"],
    ["precision", "float16", RangeError, 'precision: expected one of float64, float32, got "float16"; did you mean "float64"?'],
    ["precision", undefined, TypeError, "precision: expected one of float64, float32, got undefined"],
    ["inputs", 0, RangeError, "inputs: expected a whole number from 1 to 1073741824, got 0"],
    ["inputs", "3", TypeError, 'inputs: expected a whole number from 1 to 1073741824, got "3"'],
    ["inputs", 2 ** 30, RangeError, "layers[0].weights: expected 1073741824 rows, one for each input, got 3"],
    ["layers", undefined, TypeError, "layers: expected an array of layers, got undefined"],
    ["layers", {}, TypeError, "layers: expected an array of layers, got an object"],
    ["layers", [], RangeError, "layers: expected at least one layer, got none"],
    ["layers[1]", null, TypeError, "layers[1]: expected an object, got null"],
    ["layers[1]", [1], TypeError, "layers[1]: expected an object, got an array of 1 element"],
    ["extra", 1, TypeError, 'json: unknown option "extra"; known are format, version, precision, inputs, layers'],
    ["layers[0].wights", [], TypeError, 'layers[0]: unknown option "wights"; did you mean "weights"?'],
    ["layers[0].units", 2.5, RangeError, "layers[0].units: expected a whole number from 1 to 1073741824, got 2.5"],
    ["layers[0].units", 2 ** 30, RangeError, "layers[0].normalization.scales: expected 1073741824 numbers, got 2"],
    ["layers[1].units", 3, RangeError, "layers[1].normalization.scales: expected 3 numbers, got 2"],
    ["layers[0].activation", undefined, TypeError, "layers[0].activation: expected a name, got undefined"],
    [
      "layers[0].activation",
      "toString",
      RangeError,
      'layers[0].activation: expected one of sigmoid, tanh, relu, leakyRelu, elu, selu, gelu, silu, softplus, softsign, linear, softmax, got "toString"',
    ],
    ["layers[0].activation.slope", -1, RangeError, "layers[0].activation.slope: expected a finite number from 0 on, got -1"],
    ["layers[0].activation.slope", null, TypeError, "layers[0].activation.slope: expected a number, got null"],
    ["layers[0].activation.alpha", 1, TypeError, 'layers[0].activation: unknown option "alpha"; known are name, slope'],
    ["layers[0].activation", "softmax", RangeError, "layers[0].activation: expected softmax on the last layer only"],
    ["layers[0].residual", true, RangeError, "layers[0].residual: expected as many units as inputs, got 2 units and 3 inputs"],
    ["layers[1].residual", "yes", TypeError, 'layers[1].residual: expected true or false, got "yes"'],
    ["layers[0].normalization", "batch", TypeError, 'layers[0].normalization: expected an object, got "batch"'],
    ["layers[0].normalization", null, TypeError, "layers[0].normalization: expected an object, got null"],
    ["layers[0].normalization.name", "group", RangeError, 'layers[0].normalization.name: expected one of layer, batch, got "group"'],
    ["layers[0].normalization.name", "layer", RangeError, "layers[0].normalization.means: expected none for layer normalization"],
    ["layers[0].normalization.epsilon", undefined, TypeError, "layers[0].normalization.epsilon: expected a number, got undefined"],
    ["layers[0].normalization.epsilon", 0, RangeError, "layers[0].normalization.epsilon: expected a finite number above 0, got 0"],
    [
      "layers[0].normalization.variances",
      undefined,
      TypeError,
      "layers[0].normalization.variances: expected an array of 2 numbers, got undefined",
    ],
    ["layers[0].normalization.variances[1]", -1, RangeError, "layers[0].normalization.variances[1]: expected a number from 0 on, got -1"],
    ["layers[1].normalization.name", "batch", TypeError, "layers[1].normalization.means: expected an array of 2 numbers, got undefined"],
    ["layers[0].weights", undefined, TypeError, "layers[0].weights: expected an array of 3 rows, one for each input, got undefined"],
    ["layers[0].weights", { length: 3 }, TypeError, "layers[0].weights: expected an array of 3 rows, one for each input, got an object"],
    ["layers[0].weights[2]", null, TypeError, "layers[0].weights[2]: expected an array of 2 numbers, got null"],
    ["layers[0].weights[2]", 3, TypeError, "layers[0].weights[2]: expected an array of 2 numbers, got 3"],
    ["layers[0].weights[2]", [1], RangeError, "layers[0].weights[2]: expected 2 numbers, got 1"],
    ["layers[0].weights[2][1]", null, TypeError, "layers[0].weights[2][1]: expected a finite number, got null"],
    ["layers[0].weights[2][1]", "1", TypeError, 'layers[0].weights[2][1]: expected a finite number, got "1"'],
    ["layers[0].weights[2][1]", [1], TypeError, "layers[0].weights[2][1]: expected a finite number, got an array of 1 element"],
    ["layers[0].biases", null, TypeError, "layers[0].biases: expected an array of 2 numbers, got null"],
    ["layers[0].biases", [1, 2, 3], RangeError, "layers[0].biases: expected 2 numbers, got 3"],
    ["__proto__", {}, TypeError, 'json: unknown option "__proto__"; known are format, version, precision, inputs, layers'],
    [
      "layers[0].__proto__",
      { units: 3 },
      TypeError,
      'layers[0]: unknown option "__proto__"; known are units, activation, residual, normalization, weights, biases',
    ],
    ["layers[0].activation.__proto__", {}, TypeError, 'layers[0].activation: unknown option "__proto__"; known are name, slope'],
    [
      "layers[0].normalization.constructor",
      {},
      TypeError,
      'layers[0].normalization: unknown option "constructor"; known are name, epsilon, scales, shifts, means, variances',
    ],
  ])("%s: %j", (path, value, kind, message) => {
    const document = changed(path, value);
    for (const json of [document, JSON.stringify(document)]) {
      expect(() => fromJson(json as object)).toThrow(kind);
      expect(() => fromJson(json as object)).toThrow(new kind(message));
    }
  });

  test.each<[string, Kind, RegExp]>([
    ["", RangeError, /^json: expected JSON text, got: /],
    ["{", RangeError, /^json: expected JSON text, got: /],
    ["null", TypeError, /^json: expected an object, got null$/],
    ["[]", TypeError, /^json: expected an object, got an array of 0 elements$/],
    [TEXT.replace("1.25, 1.5", "1e999, 1.5"), RangeError, /^layers\[0\]\.weights\[2\]\[0\]: expected a finite number, got Infinity$/],
    [
      TEXT.replace('"float64"', '"float32"').replace("[0.75, 1]", "[0.75, 1e39]"),
      RangeError,
      /^layers\[0\]\.weights\[1\]\[1\]: expected a finite number that float32 can hold, got 1e\+39$/,
    ],
    [
      TEXT.replace("[0.75, 1]", `${"[".repeat(1e5)}${"]".repeat(1e5)}`),
      RangeError,
      /^layers\[0\]\.weights\[1\]: expected 2 numbers, got 1$/,
    ],
    [TEXT.replace('"units"', '"__proto__": {"units": 2}, "unit"'), TypeError, /^layers\[0\]: unknown option "__proto__"/],
  ])("text %#", (text, kind, message) => {
    expect(() => fromJson(text)).toThrow(kind);
    expect(() => fromJson(text)).toThrow(message);
    expect(({} as Anything).units).toBeUndefined();
  });

  test.each<[Anything, Anything, Kind, string]>([
    [undefined, undefined, TypeError, "json: expected an object, got undefined"],
    [3, undefined, TypeError, "json: expected an object, got 3"],
    [TEXT, { inputs: 3 }, TypeError, 'learning: unknown option "inputs"; known are loss, reduction, optimizer, seed, core'],
    [
      TEXT,
      { loss: "binaryCrossEntropy" },
      RangeError,
      "loss: expected the last layer's activation to be sigmoid for binaryCrossEntropy, got softmax",
    ],
    [TEXT, undefined, RangeError, "loss: expected the last layer to have neither dropout nor residual for crossEntropy"],
  ])("%#", (json, learning, kind, message) => {
    expect(() => fromJson(json, learning)).toThrow(new kind(message));
  });

  test("a network of which no document can be written", () => {
    const network = rich();
    (network.layers[1] as Anything).shifts[1] = Number.NaN;
    expect(() => toJson(network)).toThrow(new RangeError("layers[1].shifts[1]: expected a finite number, got NaN"));
    expect(() => toJson(JSON.parse(TEXT))).toThrow(new TypeError("network: expected a NeuralNetwork, got an object"));
  });

  test("a network whose text might be longer than a string can be, at once", () => {
    const network = new NeuralNetwork({ inputs: 3500, layers: [{ units: 4001, activation: "relu", bias: false }], precision: "float32" });
    network.layers[0]?.weights.fill(Number.NaN);
    expect(() => toJson(network)).toThrow(
      new RangeError("network: expected at most 14000000 parameters, whose text a string can hold, got 14003500"),
    );
    network.dispose();
  });

  test("arrays that only claim to be long", () => {
    const long = (first: unknown) => Object.assign([first], { length: 2 ** 30 });
    expect(() => fromJson(changed("layers[0].weights", long([0, 0])) as object)).toThrow(/^layers\[0\]\.weights: expected 3 rows/);
    expect(() => fromJson({ ...(changed("inputs", 2 ** 30) as object), layers: [layerOf(long([0]), 1)] })).toThrow(
      new TypeError("layers[0].weights[1]: expected an array of 1 numbers, got undefined"),
    );
    expect(() => fromJson({ ...(changed("inputs", 1) as object), layers: [layerOf([long(0)], 2 ** 30)] })).toThrow(
      new TypeError("layers[0].weights[0][1]: expected a finite number, got undefined"),
    );
    expect(() => fromJson(changed("layers", long(layerOf([[0], [0], [0]], 1))) as object)).toThrow(
      new TypeError("layers[1]: expected an object, got undefined"),
    );
  });

  function layerOf(weights: unknown, units: number): object {
    return { units, activation: "relu", weights };
  }

  test(`or read: documents with something changed at random, FC_SEED=${SEED}`, () => {
    let [taken, refused] = [0, 0];
    const piece = fc.oneof(
      fc.json(),
      fc.constantFrom("-0", "1e999", "3", '""', "null", "[]", "{}", '{"__proto__":1}', "[1,2]", '"relu"', "true"),
    );
    check(2000, [fc.nat(), fc.nat(30), piece, fc.boolean()], (at, length, text, replaces) => {
      const start = at % TEXT.length;
      // Either any characters are replaced, or just a value.
      const json = replaces
        ? TEXT.slice(0, start) + text + TEXT.slice(start + length)
        : TEXT.slice(0, start) + TEXT.slice(start).replace(/(?<=[[:,] ?)[\w."]+(?=[,\]\n])/, () => text);
      let network: NeuralNetwork | undefined;
      try {
        network = fromJson(json, { loss: "squaredError" });
      } catch (error) {
        expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
        expect((error as Error).message).toMatch(/^[\w.[\]]+: (expected|unknown) /);
        refused++;
      }
      if (!network) return;
      expect(JSON.parse(toJson(network)).layers).toHaveLength(2);
      taken++;
    });
    expect(refused).toBeGreaterThan(500);
    expect(taken).toBeGreaterThan(20);
  });
});
