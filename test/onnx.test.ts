// Networks as ONNX models: onnx checks them, onnxruntime answers as the network does. FC_SEED=… repeats a run.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NeuralNetwork } from "feedforward";
import { type OnnxOptions, toOnnx } from "feedforward/onnx";
import { scalarCore } from "feedforward/scalar";
import { describe, expect, test } from "vitest";
import { checkSize } from "../src/export/onnx/model.js";
import type { Anything, Kind } from "./support/bad-input.js";
import { bytesOf, expectClose, expectSameBits } from "./support/compare.js";
import { activationsOf, type Exported, everyActivation, NEAR, randomNetworks } from "./support/exported.js";
import { findPython, need } from "./support/programs.js";
import { SEED } from "./support/property.js";

const MINUTE = 60_000;
const NO_PYTHON = "there is no Python with onnx and onnxruntime (FEEDFORWARD_PYTHON or python3)";
const findOnnx = () => findPython("onnx", "onnxruntime");

interface Answer {
  readonly error?: string;
  readonly outputs: number[][];
  readonly type: string;
  readonly operators: string[];
}

/** What onnxruntime answers to each model's rows. */
function run(python: string, models: readonly { bytes: Uint8Array; rows: number[][] }[]): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), "feedforward-onnx-"));
  try {
    models.forEach(({ bytes, rows }, i) => {
      writeFileSync(join(folder, `${i}.onnx`), bytes);
      writeFileSync(join(folder, `${i}.json`), JSON.stringify(rows));
    });
    const options = { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 4 * MINUTE } as const;
    const { status, stdout, stderr } = spawnSync(python, ["test/support/run_onnx.py", folder], options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer);
    expect(answers).toHaveLength(models.length);
    return answers;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Expects that the models answer as the networks do; the operators that they are made of. */
function expectSameAnswers(python: string, networks: readonly Exported[]): Set<string> {
  const answers = run(
    python,
    networks.map(({ network, rows }) => ({ bytes: toOnnx(network), rows })),
  );
  answers.forEach(({ error, outputs, type }, i) => {
    const { label, network, rows } = networks[i] as Exported;
    expect(error, label).toBeUndefined();
    expect(type).toBe(network.precision);
    expectClose(outputs.flat(), network.think(rows).flat(), NEAR[network.precision], label);
  });
  return new Set(answers.flatMap(({ operators }) => operators));
}

/** Weights given, so that a test can say what comes out. */
function small(precision: "float64" | "float32" = "float64"): NeuralNetwork {
  const layers = [
    { units: 2, activation: { name: "elu", alpha: 0.5 }, normalization: "batch" },
    { units: 2, activation: "linear", residual: true, normalization: "layer" },
  ] as const;
  return new NeuralNetwork({ inputs: 3, layers, precision });
}

describe(`onnxruntime answers as the network does, FC_SEED=${SEED}`, () => {
  test("with everything", { timeout: 5 * MINUTE }, (context) => {
    const networks = randomNetworks(300, SEED);
    for (const precision of ["float64", "float32"]) {
      expect(networks.filter(({ network }) => network.precision === precision).length).toBeGreaterThan(80);
    }
    expectSameAnswers(need(context, findOnnx(), NO_PYTHON), networks);
  });

  test.for(["float64", "float32"] as const)(
    "with every activation near 0 and far from it, %s",
    { timeout: MINUTE },
    (precision, context) => {
      const networks = everyActivation(precision);
      expect(activationsOf(networks).size).toBe(12);
      const outputs = networks.flatMap(({ network, rows }) => network.activations(rows).flat(2));
      expect(Math.max(...outputs.map(Math.abs))).toBeGreaterThan(20);
      const operators = expectSameAnswers(need(context, findOnnx(), NO_PYTHON), networks);
      const own = ["Elu", "Selu", "LeakyRelu", "Softplus", "Softsign", "Sigmoid", "Erf", "LayerNormalization"];
      for (const operator of own) expect(operators.has(operator), operator).toBe(precision === "float32");
      for (const operator of ["Gemm", "BatchNormalization", "Softmax", "Tanh", "Relu", "Add"]) expect(operators).toContain(operator);
    },
  );

  test.for(["float64", "float32"] as const)("with a scaling of the inputs, %s", { timeout: MINUTE }, (precision, context) => {
    const python = need(context, findOnnx(), NO_PYTHON);
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 3, activation: "tanh" }, { units: 2 }], precision, seed: 5 });
    const scaling = { mean: [100, -3], scale: Float64Array.of(20, 0.25) };
    const rows = [
      [90, -2.75],
      [140, -3.5],
    ];
    const [answer] = run(python, [{ bytes: toOnnx(network, { scaling }), rows }]) as [Answer];
    const scaled = rows.map(([a, b]) => [((a as number) - 100) / 20, ((b as number) + 3) / 0.25]);
    expectClose(answer.outputs.flat(), network.think(scaled).flat(), NEAR[precision]);
    expect(answer.operators).toEqual(expect.arrayContaining(["Sub", "Div"]));
  });
});

describe("a model", () => {
  test("is the same whenever it is made, for either build of the core, and leaves the network as it was", () => {
    const network = small();
    const before = network.snapshot();
    const bytes = toOnnx(network);
    expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
    expectSameBits(Buffer.from(toOnnx(network)), Buffer.from(bytes));
    expectSameBits(Buffer.from(network.snapshot()), Buffer.from(before));
    const layers = [{ units: 300, activation: "gelu" }] as const;
    const [simd, scalar] = [{}, { core: scalarCore() }].map((core) => toOnnx(new NeuralNetwork({ inputs: 200, layers, ...core })));
    expectSameBits(Buffer.from(scalar as Uint8Array), Buffer.from(simd as Uint8Array));
  });

  test("has the weights as they are, byte for byte", () => {
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 2, activation: "linear" }] });
    const weights = [-0, 5e-324, Number.MAX_VALUE, 0.1];
    network.layers[0]?.weights.set(weights);
    expect(Buffer.from(toOnnx(network)).indexOf(bytesOf(weights))).toBeGreaterThan(0);
  });

  test("is made of networks of the file for browsers, too", async () => {
    const path: string = "feedforward/browser";
    const { NeuralNetwork: Other } = (await import(path)) as { NeuralNetwork: typeof NeuralNetwork };
    expect(Other).not.toBe(NeuralNetwork);
    expectSameBits(Buffer.from(toOnnx(new Other({ seed: 3 }))), Buffer.from(toOnnx(new NeuralNetwork({ seed: 3 }))));
  });
});

describe("what a model cannot be made of is refused", () => {
  const written = (layer: number, name: "weights" | "biases" | "scales" | "shifts" | "means" | "variances", at: number, value: number) => {
    const network = small("float32");
    const layers = network.layers as Anything;
    layers[layer][name][at] = value;
    return network;
  };
  const disposed = small();
  disposed.dispose();
  const epsilon = (normalization: Anything) =>
    new NeuralNetwork({ inputs: 1, layers: [{ units: 1, normalization }], precision: "float32" });

  test.each<[string, () => unknown, unknown, Kind, string]>([
    ["nothing", () => undefined, undefined, TypeError, "network: expected a NeuralNetwork, got undefined"],
    ["null", () => null, undefined, TypeError, "network: expected a NeuralNetwork, got null"],
    ["an object", () => ({ layers: [], precision: "float64" }), undefined, TypeError, "network: expected a NeuralNetwork, got an object"],
    [
      "layers of something else",
      () => ({ layers: [{ units: 3 }], precision: "float64" }),
      undefined,
      TypeError,
      "network: expected a NeuralNetwork, got an object",
    ],
    [
      "layers that are nothing",
      () => ({ layers: [null], precision: "float64" }),
      undefined,
      TypeError,
      "network: expected a NeuralNetwork, got an object",
    ],
    [
      "layers that do not fit",
      () => ({ layers: [...small().layers].reverse(), precision: "float64" }),
      undefined,
      TypeError,
      "network: expected a NeuralNetwork, got an object",
    ],
    [
      "another activation",
      () => ({ layers: [{ ...small().layers[0], activation: "toString" }], precision: "float64" }),
      undefined,
      TypeError,
      "network: expected a NeuralNetwork, got an object",
    ],
    ["a disposed one", () => disposed, undefined, TypeError, "layers[0].weights: this network has been disposed"],
    [
      "NaN",
      () => written(0, "weights", 3, Number.NaN),
      undefined,
      RangeError,
      "layers[0].weights[1][1]: expected a finite number, got NaN",
    ],
    [
      "infinity",
      () => written(1, "biases", 1, Number.NEGATIVE_INFINITY),
      undefined,
      RangeError,
      "layers[1].biases[1]: expected a finite number, got -Infinity",
    ],
    [
      "infinite scales",
      () => written(1, "scales", 0, Number.POSITIVE_INFINITY),
      undefined,
      RangeError,
      "layers[1].scales[0]: expected a finite number, got Infinity",
    ],
    [
      "a mean beyond float32",
      () => written(0, "means", 1, 1e39),
      undefined,
      RangeError,
      "layers[0].means[1]: expected a number that float32 can hold, got 1e+39",
    ],
    [
      "a variance beyond float32",
      () => written(0, "variances", 0, 1e300),
      undefined,
      RangeError,
      "layers[0].variances[0]: expected a number that float32 can hold, got 1e+300",
    ],
    [
      "a small epsilon",
      () => epsilon({ name: "batch", epsilon: 1e-60 }),
      undefined,
      RangeError,
      "layers[0].epsilon: expected a number above 0 that float32 can hold, got 1e-60",
    ],
    [
      "a large epsilon",
      () => epsilon({ name: "layer", epsilon: 1e60 }),
      undefined,
      RangeError,
      "layers[0].epsilon: expected a number above 0 that float32 can hold, got 1e+60",
    ],
    ["options that are none", small, 3, TypeError, "options: expected an object, got 3"],
    ["unknown options", small, { scalling: 1 }, TypeError, 'options: unknown option "scalling"; did you mean "scaling"?'],
    ["scaling of another kind", small, { scaling: true }, TypeError, "scaling: expected an object, got true"],
    [
      "half a scaling",
      small,
      { scaling: { mean: [1, 2, 3] } },
      TypeError,
      "scaling.scale: expected an array of 3 numbers, one for each input, got undefined",
    ],
    [
      "means of another width",
      small,
      { scaling: { mean: [1, 2], scale: [1, 1, 1] } },
      RangeError,
      "scaling.mean: expected 3 numbers, got 2",
    ],
    [
      "a scale of 0",
      small,
      { scaling: { mean: [1, 2, 3], scale: [1, 0, 1] } },
      RangeError,
      "scaling.scale[1]: expected a number other than 0, got 0",
    ],
    [
      "a scale that is none",
      small,
      { scaling: { mean: [1, 2, 3], scale: [1, "1", 1] } },
      TypeError,
      'scaling.scale[1]: expected a finite number, got "1"',
    ],
    [
      "a scale of 0 in float32",
      () => small("float32"),
      { scaling: { mean: [1, 2, 3], scale: [1, 1, 1e-60] } },
      RangeError,
      "scaling.scale[2]: expected a number other than 0, got 1e-60",
    ],
    [
      "a mean that is not finite",
      () => small("float32"),
      { scaling: { mean: [1, 1e39, 3], scale: [1, 1, 1] } },
      RangeError,
      "scaling.mean[1]: expected a finite number that float32 can hold, got 1e+39",
    ],
  ])("%s", (_, network, options, kind, message) => {
    const call = () => toOnnx(network() as NeuralNetwork, options as OnnxOptions);
    expect(call).toThrow(kind);
    expect(call).toThrow(new kind(message));
  });

  test("more than 2 GiB", () => {
    expect(() => checkSize(2 ** 31 - 1)).not.toThrow();
    expect(() => checkSize(2 ** 31)).toThrow(
      new RangeError("network: expected one whose ONNX model has at most 2147483647 bytes, as protocol buffers do, got about 2147483648"),
    );
  });
});
