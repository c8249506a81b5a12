// Networks of other libraries answer here as they do there. test/fixtures/import has files that the libraries have written, and the scripts that made them.

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { NeuralNetwork } from "feedforward";
import {
  type BrainOptions,
  type ClassLabel,
  fromBrain,
  fromSafetensors,
  fromScikitLearn,
  ImportError,
  type SafetensorsOptions,
} from "feedforward/import";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectClose, expectSameBits } from "./support/compare.js";
import { readFixture } from "./support/fixtures.js";

const FLOAT32 = { atol: 1e-6, rtol: 1e-6 };
const FLOAT64 = { atol: 1e-12, rtol: 1e-12 };

interface Refused {
  readonly file: string;
  readonly json: string;
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

interface TensorFixtures {
  readonly cases: readonly {
    readonly file: string;
    readonly precision: "float32" | "float64";
    readonly options: SafetensorsOptions;
    readonly inputs: number[][];
    readonly outputs: number[][];
  }[];
  readonly refused: readonly (Refused & { readonly activations?: SafetensorsOptions["activations"] })[];
}

const TORCH = readFixture<TensorFixtures>("import/torch.json");
const KERAS = readFixture<TensorFixtures>("import/keras.json");
const SCIKIT_LEARN = readFixture<{
  cases: { name: string; json: string; inputs: number[][]; predict: (ClassLabel | number[])[]; probabilities?: number[][] }[];
  refused: Refused[];
}>("import/scikit-learn.json");
const BRAIN = readFixture<{
  cases: {
    name: string;
    json: string;
    inputs: (number[] | Record<string, number>)[];
    outputs: (number[] | Record<string, number>)[];
    options?: BrainOptions;
  }[];
  refused: Refused[];
}>("import/brain.json");

function bytes(file: string): Uint8Array {
  return readFileSync(new URL(`fixtures/import/${file}`, import.meta.url));
}

/** Whether answers to different rows differ, without which it would mean little that they are right. */
function expectVaried(outputs: readonly (readonly number[])[]): void {
  expect(new Set(outputs.map((row) => row.join())).size).toBeGreaterThan(outputs.length / 2);
}

function expectRefusal(call: () => unknown, { code, message }: Pick<Refused, "code" | "message">): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ImportError);
  expect(thrown).toMatchObject({ name: "ImportError", code });
  expect((thrown as Error).message).toContain(message);
}

describe.each(BUILDS)("$name build", ({ options: build }) => {
  test.each([...TORCH.cases, ...KERAS.cases])("$file", ({ file, precision, options, inputs, outputs }) => {
    const { network } = fromSafetensors(bytes(file), { ...options, ...build });
    expect(network).toBeInstanceOf(NeuralNetwork);
    expect(network.precision).toBe(precision);
    expectVaried(outputs);
    expectClose(network.think(inputs).flat(), outputs.flat(), precision === "float32" ? FLOAT32 : FLOAT64);
  });

  test.each(SCIKIT_LEARN.cases)("scikit-learn, $name", ({ name, json, inputs, predict, probabilities }) => {
    const { network, classes, predict: answer } = fromScikitLearn(json, build);
    const expected = probabilities ?? (predict as (number | number[])[]).map((y) => [y].flat());
    // Of two classes, the second one's probability; of one alone, scikit-learn makes two columns all the same.
    const columns = network.outputs === 1 ? expected.map((row) => [row.at(-1) as number]) : expected;
    expectVaried(columns);
    const tolerance = name === "float32" ? FLOAT32 : FLOAT64;
    expectClose(network.think(inputs).flat(), columns.flat(), tolerance);
    if (classes) expect(answer(inputs)).toEqual(predict);
    else expectClose(answer(inputs).flat() as number[], predict.flat() as number[], tolerance);
  });

  test.each(BRAIN.cases)("brain.js $name", ({ json, inputs, outputs, options }) => {
    const { run, network } = fromBrain(json, { ...options, ...build });
    const answers = inputs.map(run);
    expect(answers.map((answer) => Object.keys(answer))).toEqual(outputs.map((answer) => Object.keys(answer)));
    answers.forEach((answer, i) => {
      expectClose(Object.values(answer), Object.values(outputs[i] as object), FLOAT32);
    });
    expect(network.precision).toBe("float64");
    expectVaried(outputs.map((answer) => Object.values(answer)));
  });
});

describe("what cannot be represented is refused by name", () => {
  test.each([...TORCH.refused, ...KERAS.refused])("$file", ({ file, activations = [], ...refusal }) => {
    expectRefusal(() => fromSafetensors(bytes(file), { activations }), refusal);
  });

  test.each(SCIKIT_LEARN.refused)("scikit-learn: $message", ({ json, ...refusal }) => {
    expectRefusal(() => fromScikitLearn(json), refusal);
  });

  test.each(BRAIN.refused)("brain.js $name", ({ json, ...refusal }) => {
    expectRefusal(() => fromBrain(json), refusal);
  });
});

describe("safetensors", () => {
  const activations = ["relu", "tanh", "softmax"] as const;
  const sequential = bytes("torch-sequential.safetensors");

  test("an ArrayBuffer, a view at an odd offset, a Buffer: the same network", () => {
    const shifted = new Uint8Array(sequential.length + 3).subarray(3);
    shifted.set(sequential);
    const [buffer, view, node] = [shifted.slice().buffer, shifted, Buffer.from(sequential)].map(
      (file) => fromSafetensors(file, { activations }).network.layers[0]?.weights as Float32Array,
    );
    expectSameBits(bytesOf(view as Float32Array), bytesOf(buffer as Float32Array));
    expectSameBits(bytesOf(node as Float32Array), bytesOf(buffer as Float32Array));
  });

  test("bytes of another realm do as well, what only looks like bytes does not", () => {
    const theirs = runInNewContext("Uint8Array.from(bytes)", { bytes: [...sequential] });
    expect(theirs).not.toBeInstanceOf(Uint8Array);
    expect(fromSafetensors(theirs, { activations }).layers).toHaveLength(3);
    expect(fromSafetensors(theirs.buffer, { activations }).layers).toHaveLength(3);
    for (const other of [new DataView(new ArrayBuffer(8)), new Float32Array(8), [...sequential]]) {
      expect(() => fromSafetensors(other as never, { activations })).toThrow(/^file: expected a Uint8Array or an ArrayBuffer/);
    }
  });

  test("numbers are the file's: float32 as they are, half and bfloat16 without loss, in either precision", () => {
    for (const file of ["torch-sequential", "torch-half", "torch-bfloat16"]) {
      const options = { activations: file === "torch-sequential" ? activations : (["tanh", "linear"] as const) };
      const short = fromSafetensors(bytes(`${file}.safetensors`), options).network;
      const long = fromSafetensors(bytes(`${file}.safetensors`), { ...options, precision: "float64" }).network;
      expect(short.precision).toBe("float32");
      expect(long.precision).toBe("float64");
      expect(Array.from(long.layers[0]?.weights ?? [])).toEqual(Array.from(short.layers[0]?.weights ?? []));
    }
  });

  test.each([
    ["F16", 0x3c01, 1 + 2 ** -10],
    ["F16", 0x0001, 2 ** -24],
    ["F16", 0x83ff, -1023 * 2 ** -24],
    ["F16", 0x7bff, 65504],
    ["F16", 0x8000, -0],
    ["BF16", 0x3f81, 1 + 2 ** -7],
    ["BF16", 0x0001, 2 ** -133],
    ["BF16", 0xff7f, -(2 ** 127) * (2 - 2 ** -7)],
  ] as const)("%s %i is %d", (dtype, bits, value) => {
    const { network } = fromSafetensors(file({ weight: [dtype, [1, 1], Uint8Array.of(bits & 255, bits >> 8)] }), {
      activations: ["linear"],
    });
    expect(network.layers[0]?.weights[0]).toBe(value);
  });

  test.each<[string, Record<string, readonly number[]>, string]>([
    [
      "Keras' RMSNormalization",
      { "dense/kernel": [3, 5], "dense/bias": [5], "rms_normalization/scale": [5] },
      'tensor "rms_normalization/scale": of an RMS normalisation; a network here has dense layers',
    ],
    [
      "Keras' RMSNormalization, of old names",
      { "dense/kernel": [3, 5], "rms_normalization/scale:0": [5] },
      'tensor "rms_normalization/scale:0": of an RMS normalisation',
    ],
    ["a quantised weight's scale", { "0.weight": [5, 3], "0.scale": [5] }, 'tensor "0.scale": of a quantised weight'],
    ["a scale with its zero", { "0.scale": [1], "0.zero_point": [1] }, 'tensor "0.scale": of a quantised weight'],
    [
      "PyTorch's spectral_norm, orthogonal",
      { "0.bias": [5], "0.parametrizations.weight.0._u": [5], "0.parametrizations.weight.original": [5, 3] },
      'tensor "0.parametrizations.weight.original": of a parametrised weight',
    ],
    ["Keras' PReLU", { "dense/kernel": [3, 5], "p_re_lu/alpha": [5] }, 'tensor "p_re_lu/alpha": of a PReLU'],
    [
      "PyTorch's RMSNorm, PReLU",
      { "0.weight": [5, 3], "0.bias": [5], "1.weight": [5] },
      'layer "1": expected a weight of two dimensions, or weight and bias of a layer normalisation, got "1.weight" [5]; RMSNorm and PReLU, which no network here has',
    ],
  ])("%s is refused as what it is", (_, shapes, message) => {
    const tensors = Object.entries(shapes).map(([name, shape]) => {
      return [name, ["F32", shape, new Uint8Array(4 * shape.reduce((a, b) => a * b))]] as const;
    });
    expectRefusal(() => fromSafetensors(file(Object.fromEntries(tensors)), { activations: ["linear"] }), { code: "unsupported", message });
  });

  test("a first weight that does not fit may be an embedding's", () => {
    const zeros = (...shape: number[]) => ["F32", shape, new Uint8Array(4 * shape.reduce((a, b) => a * b))] as const;
    const load = (tensors: Parameters<typeof file>[0]) => () => fromSafetensors(file(tensors), { activations: ["linear", "linear"] });
    const hint = "; an embedding, which no network here has, has such a weight, too";
    const message = 'layer "1" (4 → 2): expected 10 inputs behind "0" (4 → 10)';
    const fits = 'layer "1" (4 → 2): expected 10 inputs behind "0" (3 → 10)';
    expect(load({ "0.weight": zeros(10, 4), "1.weight": zeros(2, 4) })).toThrow(new ImportError("mismatch", message + hint));
    // Not with a bias, nor of Keras, whose embeddings have a name of their own.
    expect(load({ "0.weight": zeros(10, 3), "0.bias": zeros(10), "1.weight": zeros(2, 4) })).toThrow(new ImportError("mismatch", fits));
    expect(load({ "0.kernel": zeros(4, 10), "1.kernel": zeros(4, 2) })).toThrow(new ImportError("mismatch", message));
  });

  test("infinite and NaN halves are refused", () => {
    for (const [dtype, bits] of [
      ["F16", 0x7c00],
      ["F16", 0xfe01],
      ["BF16", 0x7f80],
      ["BF16", 0xffc0],
    ] as const) {
      const one = file({ weight: [dtype, [1, 1], Uint8Array.of(bits & 255, bits >> 8)] });
      expectRefusal(() => fromSafetensors(one, { activations: ["linear"] }), {
        code: "value",
        message: 'tensor "weight", element 0: expected a finite number',
      });
    }
  });

  test("what float32 cannot hold is refused where float32 is asked for, and rounded where it can", () => {
    const big = file({ weight: ["F64", [1, 1], new Uint8Array(Float64Array.of(1e39).buffer)] });
    const options = { activations: ["linear"], precision: "float32" } as const;
    expect(fromSafetensors(big, { activations: ["linear"] }).network.layers[0]?.weights[0]).toBe(1e39);
    expectRefusal(() => fromSafetensors(big, options), {
      code: "value",
      message: "expected a finite number that float32 can hold, got Infinity",
    });
    const small = file({ weight: ["F64", [1, 1], new Uint8Array(Float64Array.of(0.1).buffer)] });
    expect(fromSafetensors(small, options).network.layers[0]?.weights[0]).toBe(Math.fround(0.1));
  });

  test("layers are numbered, not spelled: 10 comes behind 9, and Keras' first has no number", () => {
    const names = (file: string, count: number) =>
      fromSafetensors(bytes(file), { activations: Array<"linear">(count).fill("linear") }).layers;
    expect(names("torch-activations.safetensors", 8)).toEqual(["0", "2", "4", "6", "8", "10", "12", "14"]);
    expect(names("keras-dense.safetensors", 3)).toEqual(["sequential/dense", "sequential/dense_1", "sequential/dense_2"]);
    expect(names("keras-many.safetensors", 12).at(0)).toMatch(/dense_\d+$/);
    expect(names("torch-deep.safetensors", 2)).toEqual(["model.layers.0", "model.layers.1"]);
    expect(names("torch-single.safetensors", 1)).toEqual([""]);
  });

  test("names that number alike have no order", () => {
    const weight = ["F32", [1, 1], new Uint8Array(4)] as const;
    const alike = file({ "fc1.weight": weight, "fc01.weight": weight });
    expectRefusal(() => fromSafetensors(alike, { activations: ["linear", "linear"] }), {
      code: "ambiguous",
      message: '"fc1" (1 → 1), "fc01" (1 → 1)',
    });
    const twice = file({ "a.weight": weight, "a/weight": weight });
    expectRefusal(() => fromSafetensors(twice, { activations: ["linear"] }), { code: "ambiguous", message: 'got "a.weight" too' });
  });

  test("a normalisation that is listed is taken to stand where the list has it", () => {
    const options = { activations: ["relu", "linear"], layers: ["0", "2", "3"] } as const;
    const { network, layers } = fromSafetensors(bytes("torch-norm-behind.safetensors"), options);
    expect(layers).toEqual(["0", "2", "3"]);
    expect(network.layers.map(({ means }) => means.length)).toEqual([4, 0]);
  });

  test("statistics and the conventions' defaults arrive in the network", () => {
    const { network } = fromSafetensors(bytes("torch-batch-norm-f64.safetensors"), { activations: ["relu", "tanh", "linear"] });
    const [first, second] = network.layers;
    expect(first?.biases).toHaveLength(0);
    expect(first?.scales.some((scale) => scale !== 1)).toBe(true);
    expect(first?.variances.every((variance) => variance > 0 && variance !== 1)).toBe(true);
    // Without affine: scales and shifts as they begin.
    expect(Array.from(second?.scales ?? [])).toEqual([1, 1, 1, 1]);
    expect(Array.from(second?.shifts ?? [])).toEqual([0, 0, 0, 0]);
    expect(second?.means.some((mean) => mean !== 0)).toBe(true);
  });

  test("epsilon and momentum can be said", () => {
    const file = bytes("torch-batch-norm-f64.safetensors");
    const options = { activations: ["relu", "tanh", "linear"] } as const;
    const answer = (normalization?: { epsilon?: number; momentum?: number }) =>
      fromSafetensors(file, { ...options, ...(normalization && { normalization }) }).network.think([1, 2, 3]);
    expect(answer({ epsilon: 1e-5 })).toEqual(answer());
    expect(answer({ epsilon: 0.1 })).not.toEqual(answer());
    const { network } = fromSafetensors(file, { ...options, normalization: { momentum: 0 } });
    const { network: usual } = fromSafetensors(file, options);
    for (const each of [network, usual])
      each.train(
        [
          [1, 2, 3],
          [3, 2, 2],
        ],
        [
          [1, 0],
          [0, 1],
        ],
        1,
      );
    expect(network.layers[0]?.means[0]).not.toBe(usual.layers[0]?.means[0]);
  });

  test("a negative variance is refused", () => {
    const one = new Uint8Array(Float32Array.of(1).buffer);
    const minus = new Uint8Array(Float32Array.of(-1).buffer);
    const bad = file({ "0.weight": ["F32", [1, 1], one], "1.running_mean": ["F32", [1], one], "1.running_var": ["F32", [1], minus] });
    expectRefusal(() => fromSafetensors(bad, { activations: ["linear"] }), {
      code: "value",
      message: 'tensor "1.running_var", element 0: expected a variance, 0 or more, got -1',
    });
  });

  test("the network learns on, with the options that are given", () => {
    const { network } = fromSafetensors(sequential, { activations, optimizer: { name: "adam", learningRate: 0.05 }, seed: 3 });
    const { loss } = network.train(
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
      [0, 1],
      100,
    );
    expect(loss.at(-1)).toBeLessThan(0.1 * (loss[0] as number));
    expect(network.seed).toBe(3);
  });

  test("mistakes in options are told of by their names", () => {
    const call = (options: unknown) => () => fromSafetensors(sequential, options as SafetensorsOptions);
    const layers = '3, one for each of the dense layers "0" (3 → 5), "2" (5 → 4), "4" (4 → 2), since such a file does not hold them';
    expect(call(undefined)).toThrow(new TypeError(`activations: expected ${layers}, got undefined`));
    expect(call({ activations: ["relu"] })).toThrow(new RangeError(`activations: expected ${layers}, got 1`));
    expect(call({ activations: "relu" })).toThrow(new TypeError('activations: expected an array, one for each dense layer, got "relu"'));
    expect(call({ activations: ["relu", "tnah", "softmax"] })).toThrow(/^activations\[1\]: expected one of .*, got "tnah"/);
    expect(call({ activations: ["relu", "softmax", "linear"] })).toThrow(
      new RangeError("activations[1]: expected softmax on the last layer only"),
    );
    expect(call({ activations: ["relu", undefined, "softmax"] })).toThrow(
      new TypeError("activations[1]: expected an activation, got undefined"),
    );
    expect(call({ activations: Array(3) })).toThrow(new TypeError("activations[0]: expected an activation, got undefined"));
    expect(call({ activations, layer: ["0"] })).toThrow(new TypeError('options: unknown option "layer"; did you mean "layers"?'));
    expect(call({ activations, layers: "0" })).toThrow(new TypeError('layers: expected an array of names, got "0"'));
    expect(call({ activations, layers: [] })).toThrow(new RangeError("layers: expected at least one name, got none"));
    expect(call({ activations, layers: [0] })).toThrow(new TypeError("layers[0]: expected a name, got 0"));
    expect(call({ activations, layers: ["0", "0"] })).toThrow(new RangeError('layers[1]: expected each name once, got "0"'));
    expect(call({ activations, precision: "float16" })).toThrow(/^precision: expected one of float64, float32/);
    expect(call({ activations, normalization: { epsilon: 0 } })).toThrow(
      new RangeError("normalization.epsilon: expected a finite number above 0, got 0"),
    );
    expectRefusal(call({ activations, layers: ["fc1"] }), {
      code: "mismatch",
      message: 'expected names of layers in the file, "0", "2", "4", got "fc1"',
    });
    expect(() => fromSafetensors("weights" as never, { activations })).toThrow(
      new TypeError('file: expected a Uint8Array or an ArrayBuffer, got "weights"'),
    );
  });
});

describe("strict reading of safetensors", () => {
  const tensor = '{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}';

  test.each<[string, string, number, string, string]>([
    ["no tensors", "{}", 0, "unsupported", "file: expected the tensors of dense layers, got none"],
    ["a key twice", `{"weight":${tensor},"weight":${tensor}}`, 4, "syntax", 'header: the key "weight" comes twice'],
    ["a key twice by an escape", `{"weight":${tensor},"\\u0077eight":${tensor}}`, 4, "syntax", 'header: the key "weight" comes twice'],
    [
      "a field twice",
      '{"weight":{"dtype":"F32","dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}',
      4,
      "syntax",
      'the key "dtype" comes twice',
    ],
    [
      "an unknown field",
      '{"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4],"strides":[1]}}',
      4,
      "syntax",
      'unknown key "strides"',
    ],
    ["a missing field", '{"weight":{"dtype":"F32","shape":[1,1]}}', 4, "syntax", '"weight": expected dtype, shape and two data_offsets'],
    ["three offsets", '{"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4,4]}}', 4, "syntax", "two data_offsets"],
    ["space in front", ` {"weight":${tensor}}`, 4, "syntax", "header, character 0: expected {"],
    ["a byte order mark", `\ufeff{"weight":${tensor}}`, 4, "syntax", "header, character 0: expected {"],
    ["something behind", `{"weight":${tensor}} x`, 4, "syntax", "expected its end"],
    ["an array", "[]", 0, "syntax", "expected {"],
    ["no text", "", 0, "syntax", "got its end"],
    ["metadata that is no text", `{"__metadata__":{"a":1},"weight":${tensor}}`, 4, "syntax", "expected a string"],
    [
      "an unknown type",
      '{"weight":{"dtype":"F128","shape":[1,1],"data_offsets":[0,16]}}',
      16,
      "unsupported",
      'tensor "weight": unknown type "F128"',
    ],
    [
      "a type named as what objects inherit",
      '{"weight":{"dtype":"constructor","shape":[1,1],"data_offsets":[0,4]}}',
      4,
      "unsupported",
      "unknown type",
    ],
    [
      "a shape that is too long",
      '{"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,4]}}',
      4,
      "syntax",
      "expected [1, 2] of F32 in its 4 bytes",
    ],
    [
      "a huge shape",
      '{"weight":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}',
      4,
      "syntax",
      "in its 4 bytes",
    ],
    [
      "1e999",
      '{"weight":{"dtype":"F32","shape":[1e999,1],"data_offsets":[0,4]}}',
      4,
      "syntax",
      "expected a whole number from 0 to 2⁵³ − 1",
    ],
    ["−0", '{"weight":{"dtype":"F32","shape":[-0,1],"data_offsets":[0,0]}}', 0, "syntax", "expected a whole number"],
    ["a leading 0", '{"weight":{"dtype":"F32","shape":[01,1],"data_offsets":[0,4]}}', 4, "syntax", "expected a whole number"],
    ["a fraction", '{"weight":{"dtype":"F32","shape":[1.0,1],"data_offsets":[0,4]}}', 4, "syntax", "expected a whole number"],
    ["above 2⁵³", '{"weight":{"dtype":"F32","shape":[9007199254740992,0],"data_offsets":[0,0]}}', 0, "syntax", "expected a whole number"],
    ["an unpaired surrogate", `{"\\ud800":${tensor}}`, 4, "syntax", "expected a string without unpaired surrogates"],
    ["a control character", `{"a\nb":${tensor}}`, 4, "syntax", "expected a string"],
    ["a string without end", '{"weight', 0, "syntax", "expected a string"],
    ["a backslash at the end", '{"weight\\', 0, "syntax", "expected a string"],
    ["depth", `{"weight":${"[".repeat(100_000)}`, 0, "syntax", "expected {"],
    ["depth of a shape", `{"weight":{"shape":${"[".repeat(100_000)}`, 0, "syntax", "expected a whole number"],
    [
      "a hole",
      '{"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}',
      8,
      "syntax",
      "expected to begin at 0, without hole or overlap, got 4",
    ],
    ["bytes behind", `{"weight":${tensor}}`, 5, "syntax", "file: expected 4 bytes of data, got 5"],
    ["bytes missing", `{"weight":${tensor}}`, 3, "syntax", "expected data_offsets within the 3 bytes of data, got [0, 4]"],
    ["offsets backwards", '{"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,0]}}', 4, "syntax", "expected data_offsets within"],
    [
      "an overlap",
      `{"weight":${tensor},"bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
      4,
      "syntax",
      "without hole or overlap, got 0",
    ],
    ["__proto__ as a tensor", `{"__proto__":${tensor}}`, 4, "unsupported", 'tensor "__proto__": of no layer that is known here'],
    [
      "__proto__ as a field",
      '{"weight":{"__proto__":{"dtype":"F32"},"shape":[1,1],"data_offsets":[0,4]}}',
      4,
      "syntax",
      'unknown key "__proto__"',
    ],
  ])("%s", (_, header, dataBytes, code, message) => {
    expectRefusal(() => fromSafetensors(pack(header, new Uint8Array(dataBytes)), { activations: ["linear"] }), { code, message });
  });

  test("what is right is read: escapes, space, metadata, layers named __proto__ and constructor", () => {
    const header = `{ "__metadata__" : { "format" : "pt" } , "\\u005f_proto__.weight" : ${tensor.replaceAll(":", " :\t")} }   `;
    const one = new Uint8Array(Float32Array.of(2).buffer);
    expect(fromSafetensors(pack(header, one), { activations: ["linear"] }).network.think([3])).toEqual([6]);
    const both = file({ "__proto__.weight": ["F32", [1, 1], one], "constructor.weight": ["F32", [1, 1], one] });
    const { network } = fromSafetensors(both, { activations: ["linear", "linear"], layers: ["constructor", "__proto__"] });
    expect(network.think([3])).toEqual([12]);
    expect(({} as Record<string, unknown>).weight).toBeUndefined();
  });

  test("limits come before memory and time", () => {
    const length = (bytes: bigint) => new Uint8Array(BigUint64Array.of(bytes).buffer);
    for (const bytes of [2n ** 20n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      expectRefusal(() => fromSafetensors(length(bytes), { activations: [] }), {
        code: "limit",
        message: "header: expected at most 1048576 bytes",
      });
    }
    expectRefusal(() => fromSafetensors(length(1n), { activations: [] }), {
      code: "syntax",
      message: "header: expected 1 bytes, got 0: the file is cut off",
    });
    expectRefusal(() => fromSafetensors(new Uint8Array(7), { activations: [] }), {
      code: "syntax",
      message: "expected a safetensors file of 8 bytes or more, got 7",
    });
    const invalid = pack("{}", new Uint8Array(0));
    invalid[9] = 0xff;
    expectRefusal(() => fromSafetensors(invalid, { activations: [] }), { code: "syntax", message: "header: expected UTF-8" });
    // A header as large as may be, of as many layers as it can name.
    const entries = Array.from(
      { length: 14_000 },
      (_, i) => `"${i}.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[${4 * i},${4 * i + 4}]}`,
    );
    const most = pack(`{${entries.join()}}`, new Uint8Array(4 * entries.length));
    expect(() => fromSafetensors(most, { activations: [] })).toThrow(/^activations: expected 14000, .* and 13980 more, since/);
  });
});

describe("scikit-learn", () => {
  const small = {
    coefs_: [
      [
        [1, 2],
        [3, 4],
      ],
      [[1], [-1]],
    ],
    intercepts_: [[0, 1], [0.5]],
    activation: "relu",
    out_activation_: "logistic",
    classes_: ["no", "yes"],
  };
  const changed = (change: object) => ({ ...small, ...change });

  test("an object does as well as its text, and a row as well as rows", () => {
    const { network, classes, predict } = fromScikitLearn(small);
    expect(classes).toEqual(["no", "yes"]);
    expect(network.think([1, 1])).toEqual(fromScikitLearn(JSON.stringify(small)).network.think([1, 1]));
    expect(
      predict([
        [1, 1],
        [-1, -1],
      ]),
    ).toEqual(["no", "yes"]);
    expect(predict({ data: Float64Array.of(1, 1, -1, -1), rows: 2 })).toEqual(["no", "yes"]);
    expect(predict([Float64Array.of(1, 1)])).toEqual(["no"]);
  });

  test("exactly a half is the first class", () => {
    const { predict } = fromScikitLearn(changed({ coefs_: [[[1]]], intercepts_: [[0]] }));
    expect(predict([[0], [1e-9]])).toEqual(["no", "yes"]);
    const several = fromScikitLearn(changed({ coefs_: [[[1, -1]]], intercepts_: [[0, 0]], classes_: [0, 1] }));
    expect(several.predict([[0], [1e-9]])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test("float32 where it is asked for", () => {
    expect(fromScikitLearn(small, { precision: "float32" }).network.precision).toBe("float32");
  });

  test.each<[object | string, string, string]>([
    ["{", "syntax", "json: expected JSON: "],
    ["[1]", "syntax", "json: expected an object, got an array of 1 element"],
    ['{"activation": NaN}', "syntax", "json: expected JSON: "],
    [changed({ activation: "gelu" }), "unsupported", 'activation: expected one of identity, logistic, tanh, relu, got "gelu"'],
    [
      changed({ activation: "constructor" }),
      "unsupported",
      'activation: expected one of identity, logistic, tanh, relu, got "constructor"',
    ],
    [changed({ activation: undefined }), "syntax", "activation: expected one of identity, logistic, tanh, relu, got undefined"],
    [changed({ out_activation_: "relu" }), "unsupported", 'out_activation_: expected one of identity, logistic, softmax, got "relu"'],
    [changed({ coefs_: 1 }), "syntax", "coefs_: expected an array, got 1"],
    [changed({ coefs_: [], intercepts_: [] }), "syntax", "coefs_: expected at least one matrix, got none"],
    [changed({ intercepts_: [[0, 1]] }), "mismatch", "intercepts_: expected 2, one for each of coefs_, got 1"],
    [
      changed({
        intercepts_: [
          [0, 1],
          [1, 2],
        ],
      }),
      "mismatch",
      "intercepts_[1]: expected 1 number, got 2",
    ],
    [changed({ intercepts_: [[0, 1], 1] }), "syntax", "intercepts_[1]: expected 1 number, got 1"],
    [
      changed({
        coefs_: [
          [[1, 2], [3]],
          [[1], [-1]],
        ],
      }),
      "mismatch",
      "coefs_[0][1]: expected 2 numbers, got 1",
    ],
    [
      changed({
        coefs_: [
          [
            [1, 2],
            [3, "4"],
          ],
          [[1], [-1]],
        ],
      }),
      "syntax",
      'coefs_[0][1][1]: expected a number, got "4"',
    ],
    [
      changed({
        coefs_: [
          [
            [1, 2],
            [3, Number.NaN],
          ],
          [[1], [-1]],
        ],
      }),
      "value",
      "coefs_[0][1][1]: expected a finite number, got NaN",
    ],
    [JSON.stringify(small).replace("[0.5]", "[1e999]"), "value", "intercepts_[1][0]: expected a finite number, got Infinity"],
    [changed({ coefs_: [[[1, 2]], [[1], [-1], [2]]] }), "mismatch", "coefs_[1]: expected 2 rows, one for each unit before, got 3"],
    [changed({ coefs_: [[], [[1], [-1]]] }), "syntax", "coefs_[0][0]: expected a row of numbers, got undefined"],
    [changed({ classes_: undefined }), "ambiguous", "classes_: expected the array of a classifier's classes, got undefined"],
    [changed({ classes_: ["a", "b", "c"] }), "mismatch", "classes_: expected classes for 1 output, got an array of 3 elements"],
    [changed({ classes_: ["a", null] }), "syntax", "classes_[1]: expected a string, a number, true or false, got null"],
    [changed({ out_activation_: "identity" }), "mismatch", "classes_: expected none in a regressor"],
    [changed({ classes_: ["a", "a"] }), "mismatch", 'classes_[1]: expected each class once, got "a"'],
    [changed({ classes_: [0, -0] }), "mismatch", "classes_[1]: expected each class once, got -0"],
    [
      JSON.stringify(changed({ classes_: [5, 6] })).replace("6", "9007199254740993"),
      "value",
      "classes_[1]: expected an integer of at most 2⁵³ − 1, which numbers hold exactly, got 9007199254740992",
    ],
    [changed({ classes_: [-(2 ** 53), 0] }), "value", "classes_[0]: expected an integer of at most 2⁵³ − 1"],
  ])("%#: %j", (json, code, message) => {
    expectRefusal(() => fromScikitLearn(json), { code, message });
  });

  test("classes may be any numbers that are exact, and look alike", () => {
    for (const classes_ of [
      [2 ** 53 - 1, 0.5],
      [1, "1"],
      [1, true],
      [false, true],
    ]) {
      expect(fromScikitLearn(changed({ classes_ })).classes).toEqual(classes_);
    }
  });

  test("mistakes of the caller", () => {
    expect(() => fromScikitLearn(1 as never)).toThrow(new TypeError("json: expected a JSON text or the object that is made of it, got 1"));
    expect(() => fromScikitLearn(small, { activations: [] } as never)).toThrow(/^options: unknown option "activations"/);
  });

  test("rows of many numbers do not make room for as many others", () => {
    // Rows times the first row's width would be 8 TB.
    const json = `{"activation":"relu","out_activation_":"identity","intercepts_":[[0]],"coefs_":[[[${"0,".repeat(999_999)}0]${",[]".repeat(999_999)}]]}`;
    expectRefusal(() => fromScikitLearn(json), { code: "mismatch", message: "coefs_[0][1]: expected 1000000 numbers, got 0" });
  });
});

describe("brain.js", () => {
  const text = (name: string) => BRAIN.cases.find((each) => each.name === name)?.json as string;
  const parsed = (name: string) => JSON.parse(text(name));

  test.each([1, 2])("version %i: names stand in the order of the columns", (version) => {
    const { network, inputNames, outputNames, run } = fromBrain(text(`${version}: names`));
    expect(inputNames).toEqual(["r", "g", "b"]);
    expect(outputNames).toEqual(["black", "white", "it's __proto__"]);
    const answer = run({ b: 0.3, r: 0.1 });
    expect(Object.values(answer)).toEqual(network.think([0.1, 0, 0.3]));
    expect(fromBrain(text(`${version}: sigmoid`))).toMatchObject({ inputNames: undefined, outputNames: undefined });
  });

  test("version 2's columns need not come in order", () => {
    const json = parsed("2: names");
    json.inputLookup = { r: 2, g: 0, b: 1 };
    expect(fromBrain(json).inputNames).toEqual(["g", "b", "r"]);
  });

  test("a name may be __proto__", () => {
    const json = text("2: names").replace("it's __proto__", "__proto__").replace('"r":0', '"__proto__":0');
    const { run, inputNames } = fromBrain(json);
    expect(inputNames).toEqual(["__proto__", "g", "b"]);
    const answer = run(JSON.parse('{"__proto__": 1}'));
    expect(Object.keys(answer)).toEqual(["black", "white", "__proto__"]);
    expect(answer).not.toEqual(run({}));
    expect(Object.values(run({}))).toEqual(Object.values(run({ g: 0 })));
  });

  test("a missing activation has to be said, and a slope may be", () => {
    const { activation: _, ...json } = parsed("1: relu");
    expectRefusal(() => fromBrain(json), {
      code: "ambiguous",
      message: "activation: the file has none; expected the option { activation }",
    });
    expect(fromBrain(json, { activation: "relu" }).run([1, 0])).toEqual(fromBrain(text("1: relu")).run([1, 0]));
    expect(() => fromBrain(json, { activation: "gelu" as never })).toThrow(
      new RangeError('activation: expected one of sigmoid, tanh, relu, leaky-relu, got "gelu"; did you mean "relu"?'),
    );
    expect(() => fromBrain(text("2: tanh"), { activation: "gelu" as never })).toThrow(
      /^activation: expected one of sigmoid, tanh, relu, leaky-relu/,
    );
    expect(() => fromBrain(text("2: tanh"), { leakyReluAlpha: "x" as never })).toThrow(
      new TypeError('leakyReluAlpha: expected a number, got "x"'),
    );
    expect(() => fromBrain(text("1: leaky-relu"), { leakyReluAlpha: 0 })).toThrow(
      new RangeError("leakyReluAlpha: expected a finite number above 0, got 0"),
    );
  });

  test("sizes of a million are not all told of", () => {
    const json = { ...parsed("2: tanh"), sizes: Array(1e6).fill(7) };
    const sevens = Array(20).fill("7").join(", ");
    expectRefusal(() => fromBrain(json), { code: "mismatch", message: `those of the layers, got ${sevens} and 999980 more` });
  });

  test("what is wrong in the input is told of by its column", () => {
    const { run } = fromBrain(text("1: names"));
    expect(() => run([1, 2, 3])).toThrow(
      new TypeError("input: expected an object with a number for each name, got an array of 3 elements"),
    );
    expect(() => run({ g: "1" as never })).toThrow(/^inputs\[1\]: expected a finite number, got "1"/);
    const unnamed = fromBrain(text("1: sigmoid"));
    expect(() => unnamed.run([1])).toThrow(/^inputs: expected 2 numbers, got 1/);
    expect(unnamed.run(Float64Array.of(1, 2))).toEqual(unnamed.run([1, 2]));
    for (const rows of [[[1, 2]], [Float64Array.of(1, 2)], { data: Float64Array.of(1, 2), rows: 1 }, undefined]) {
      expect(() => unnamed.run(rows as never)).toThrow(/^input: expected an array of 2 numbers, got /);
    }
  });

  test("the network learns on", () => {
    const { network } = fromBrain(text("2: tanh"), { optimizer: { name: "adam", learningRate: 0.05 } });
    const { loss } = network.train(
      [
        [0, 0],
        [1, 0],
      ],
      [
        [0, 0.5],
        [0.5, 0],
      ],
      200,
    );
    expect(loss.at(-1)).toBeLessThan(0.1 * (loss[0] as number));
  });

  test.each<[string, string, (json: ReturnType<typeof parsed>) => void, string, string]>([
    [
      "a type that is none",
      "2: tanh",
      (json) => (json.type = "Transformer"),
      "unsupported",
      'type: expected NeuralNetwork or NeuralNetworkGPU, got "Transformer"',
    ],
    ["a type of another kind", "2: tanh", (json) => (json.type = 1), "syntax", "type: expected a name, got 1"],
    [
      "an activation that is none",
      "2: tanh",
      (json) => (json.trainOpts.activation = "softmax"),
      "unsupported",
      'trainOpts.activation: expected one of sigmoid, tanh, relu, leaky-relu, got "softmax"',
    ],
    [
      "version 1's",
      "1: tanh",
      (json) => (json.activation = "elu"),
      "unsupported",
      'activation: expected one of sigmoid, tanh, relu, leaky-relu, got "elu"',
    ],
    [
      "a slope that is none",
      "2: leaky-relu",
      (json) => (json.trainOpts.leakyReluAlpha = 1.5),
      "unsupported",
      "leakyReluAlpha: expected a number between 0 and 1, got 1.5",
    ],
    ["no layers", "2: tanh", (json) => (json.layers = null), "syntax", "layers: expected an array, got null"],
    ["one layer", "2: tanh", (json) => (json.layers.length = 1), "syntax", "layers: expected at least 2, got 1"],
    [
      "a layer that is none",
      "2: tanh",
      (json) => (json.layers[2] = []),
      "syntax",
      "layers[2]: expected an object, got an array of 0 elements",
    ],
    [
      "other sizes",
      "2: tanh",
      (json) => (json.sizes[1] = 7),
      "mismatch",
      "sizes: expected 2, 6, 5, 2, those of the layers, got 2, 7, 5, 2",
    ],
    ["version 1's sizes", "1: tanh", (json) => json.sizes.push(1), "mismatch", "sizes: expected 2, 6, 5, 2"],
    [
      "too few weights",
      "2: tanh",
      (json) => json.layers[1].weights[3].pop(),
      "mismatch",
      "layers[1].weights[3]: expected 2 numbers, got 1",
    ],
    ["too few units", "2: tanh", (json) => json.layers[1].weights.pop(), "mismatch", "layers[1].biases: expected 5 numbers, got 6"],
    [
      "widths that do not fit",
      "2: tanh",
      (json) => json.layers.splice(2, 1),
      "mismatch",
      "layers[2].weights: expected rows of 6 numbers, got 5",
    ],
    [
      "null for NaN",
      "2: tanh",
      (json) => (json.layers[1].weights[0][1] = null),
      "syntax",
      "layers[1].weights[0][1]: expected a number, got null",
    ],
    [
      "what float32 cannot hold",
      "2: tanh",
      (json) => (json.layers[1].biases[1] = 1e39),
      "value",
      "layers[1].biases, number 1: expected a finite number that float32 can hold",
    ],
    ["too few names", "2: names", (json) => delete json.inputLookup.r, "mismatch", "inputLookup: expected 3 names, got 2"],
    [
      "a column twice",
      "2: names",
      (json) => (json.outputLookup.white = 0),
      "syntax",
      'outputLookup["white"]: expected a column of its own, from 0 to 2, got 0',
    ],
    [
      "a column that is none",
      "2: names",
      (json) => (json.outputLookup.white = 3),
      "syntax",
      'outputLookup["white"]: expected a column of its own, from 0 to 2, got 3',
    ],
    [
      "version 1's unit without weights",
      "1: names",
      (json) => delete json.layers[1][2].weights,
      "syntax",
      'layers[1]["2"].weights: expected an object with a number for each unit before, got undefined',
    ],
    [
      "a unit without one",
      "1: names",
      (json) => delete json.layers[1][2].weights.g,
      "mismatch",
      'layers[1]["2"].weights: expected those of "r", "g", "b", got "r", "b"',
    ],
    [
      "a unit without bias",
      "1: names",
      (json) => delete json.layers[2].white.bias,
      "syntax",
      'layers[2]["white"]["bias"]: expected a number, got undefined',
    ],
    [
      "a weight that is none",
      "1: names",
      (json) => (json.layers[1][0].weights.b = "1"),
      "syntax",
      'layers[1]["0"].weights["b"]: expected a number, got "1"',
    ],
    ["a layer without units", "1: names", (json) => (json.layers[1] = {}), "syntax", "layers[1]: expected units, got none"],
    [
      "a unit that is none",
      "1: names",
      (json) => (json.layers[1][0] = 3),
      "syntax",
      'layers[1]["0"]: expected a unit with bias and weights, got 3',
    ],
  ])("%s", (_, name, change, code, message) => {
    const json = parsed(name);
    change(json);
    expectRefusal(() => fromBrain(JSON.stringify(json)), { code, message });
  });
});

/** A safetensors file of a header's text and data. */
function pack(header: string, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(header);
  return new Uint8Array(Buffer.concat([new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer), text, data]));
}

/** A safetensors file of tensors. */
function file(tensors: Readonly<Record<string, readonly [dtype: string, shape: readonly number[], data: Uint8Array]>>): Uint8Array {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape, { length }]]) => {
    at += length;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at - length, at] })}`;
  });
  return pack(`{${entries.join()}}`, Buffer.concat(Object.values(tensors).map(([, , data]) => data)));
}
