// Bytes that are no sound model file: whatever they are, they are refused by an error with a code, without a trap, a hang or much memory, in every build. What is taken is a
// file that the network writes just so. FC_SEED=… repeats a run.

import { ModelFileError, type ModelFileErrorCode, NeuralNetwork } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { Status } from "../src/abi.js";
import { randomSource, randomTable } from "./support/data.js";
import { type FileCore, fileCores } from "./support/file-cores.js";
import {
  checksumOf,
  edited,
  fieldOf,
  fileOf,
  headerFor,
  headerLength,
  headerOf,
  partsOf,
  signed,
  tensorOf,
  withField,
} from "./support/model-file.js";
import { SEED } from "./support/property.js";

afterAll(() => console.info(`files were mutated with FC_SEED=${SEED}`));

const CORES = fileCores();

/** Codes of the errors by the core's status. */
const CODES: readonly ModelFileErrorCode[] = [
  "notModelFile",
  "newerVersion",
  "damaged",
  "otherNetwork",
  "malformedHeader",
  "unsoundNumbers",
  "nonFiniteNumbers",
  "tooLarge",
];

/** A network that has a bit of everything. */
function example(): NeuralNetwork {
  const network = new NeuralNetwork({
    inputs: 2,
    layers: [{ units: 3, activation: "tanh", normalization: "batch" }, { units: 2 }],
    optimizer: "adam",
    precision: "float32",
  });
  network.notes.set("columns", 'a "quoted" \\ name');
  const inputs = randomTable(1, 6, 2);
  const targets = randomTable(2, 6, 2).map((row) => row.map(Math.abs));
  network.train(inputs, targets, {
    epochs: 4,
    batchSize: 4,
    earlyStopping: true,
    metrics: ["meanAbsoluteError"],
    onStep: ({ step }) => step < 5,
  });
  return network;
}

const FILE = example().save();
const SMALL = new NeuralNetwork().save();

/** The code with which the library refuses a file, or nothing where it takes it: then it must be able to think, and write the same file. */
function codeOf(file: Uint8Array): ModelFileErrorCode | undefined {
  const copy = file.slice();
  let network: NeuralNetwork;
  try {
    network = NeuralNetwork.load(file);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    expect(error.message).toMatch(/^load: expected ./);
    return error.code;
  } finally {
    expect(Buffer.compare(file, copy)).toBe(0);
  }
  network.think(new Array(network.inputs).fill(0.5));
  expect(network.notes).toBeInstanceOf(Map);
  expect(network.history.epoch).toBeInstanceOf(Array);
  const { __metadata__: metadata, run } = JSON.parse(headerOf(file));
  const again = network.save({ weightsOnly: run === undefined });
  // The library writes no text where there is nothing to tell.
  if (metadata.text !== "") expect(Buffer.compare(again, file)).toBe(0);
  return undefined;
}

/** The same of a core, which knows nothing of what the text means; its memory must not grow by more than twice the file. */
function coreCodeOf(core: FileCore, file: Uint8Array): ModelFileErrorCode | undefined {
  const before = core.memoryBytes;
  const { status } = core.load(file);
  expect(core.memoryBytes - before).toBeLessThanOrEqual(2 * file.length + 2 ** 17);
  if (status === Status.Ok) return undefined;
  const code = CODES[status - Status.NoModelFile];
  expect(code, `status ${status}`).toBeDefined();
  return code;
}

/** The code, on which library and cores agree. */
function refusal(file: Uint8Array): ModelFileErrorCode | undefined {
  const code = codeOf(file);
  for (const core of CORES) expect(coreCodeOf(core, file), core.name).toBe(code === "unfitText" ? undefined : code);
  return code;
}

test("a file that was cut off is refused, at every length, and one that is longer", () => {
  let lengths = 0;
  for (let length = 0; length < FILE.length; length++) {
    const code = refusal(FILE.slice(0, length));
    expect(code).toBe(length < 8 + headerLength(FILE) ? "notModelFile" : "damaged");
    lengths++;
  }
  expect(lengths).toBe(FILE.length);
  for (const more of [1, 4, 8, 32]) expect(refusal(Buffer.concat([FILE, new Uint8Array(more)]))).toBe("damaged");
});

test("a file of which one bit was changed is refused, whichever bit", () => {
  const codes = new Set<string | undefined>();
  const file = SMALL.slice();
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const at = bit >> 3;
    file[at] = (file[at] as number) ^ (1 << (bit & 7));
    const code = refusal(file);
    expect(code, `bit ${bit}`).toBeDefined();
    codes.add(code);
    file[at] = SMALL[at] as number;
  }
  expect(codes).toEqual(new Set(["notModelFile", "newerVersion", "damaged"]));
  expect(refusal(file)).toBeUndefined();
});

test("the checksum tells two words apart that differ in their signs alone", () => {
  // A product keeps what is highest in its place, so signs would cancel each other out without the rotation.
  const signs = (...places: number[]) => {
    const file = FILE.slice();
    const from = file.length - 8 * Math.floor(file.length / 16);
    for (const place of places) file[from + 8 * place + 7] = (file[from + 8 * place + 7] as number) ^ 0x80;
    return file;
  };
  const sums = new Set([checksumOf(FILE)]);
  for (let i = 0; i < 12; i++) for (let j = 0; j < i; j++) sums.add(checksumOf(signs(i, j)));
  expect(sums.size).toBe(67);
  expect(refusal(signs(0, 4))).toBe("damaged");
});

describe("10,000 files that were changed at random", () => {
  const random = randomSource(SEED);
  const below = (n: number) => Math.floor(random() * n);
  const NUMBERS = [0, 1, 2, 0x7f800000, 0x7ff00000, 0x7fc00000, 0x80000000, 0xffffffff, 0x7fffffff, 0x3f800000, 0x10000, 0x40000000];

  const MUTATIONS: readonly ((file: Uint8Array) => Uint8Array)[] = [
    // Bits.
    (file) => {
      for (let n = 1 + below(8); n > 0; n--) {
        const at = below(file.length);
        file[at] = (file[at] as number) ^ (1 << below(8));
      }
      return file;
    },
    // Truncation, and rubbish behind.
    (file) => file.slice(0, 4 * below(file.length / 4)),
    (file) => Uint8Array.from([...file, ...Array.from({ length: 4 * (1 + below(20)) }, () => below(256))]),
    // Ranges that change places.
    (file) => {
      const length = Math.min(1 + below(64), file.length);
      const [a, b] = [below(file.length - length), below(file.length - length)];
      const first = file.slice(a, a + length);
      file.copyWithin(a, b, b + length);
      file.set(first, b);
      return file;
    },
    // Characters of the header.
    (file) => {
      const at = below(Math.min(file.length, 8 + headerLength(FILE)));
      file[at] = '0123456789",:{}[]\\ axe-+'.charCodeAt(below(24));
      return file;
    },
    // Huge numbers: in the data, in the length of the header.
    (file) => {
      if (file.length < FILE.length) return file;
      const from = 8 + headerLength(FILE);
      const at = random() < 0.1 ? 0 : from + 4 * below((random() < 0.7 ? 900 : file.length - from) / 4);
      new DataView(file.buffer).setUint32(at, NUMBERS[below(NUMBERS.length)] as number, true);
      return file;
    },
    (file) => {
      if (file.length < FILE.length) return file;
      const at = file.length - 4 * (1 + below(120));
      new DataView(file.buffer).setUint32(at, NUMBERS[below(NUMBERS.length)] as number, true);
      return file;
    },
    (file) => {
      if (file.length < FILE.length) return file;
      const at = 8 + headerLength(FILE) + 4 * below(140);
      new DataView(file.buffer).setFloat64(
        at,
        [1e308, -1e308, 5e-324, -0, Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5][below(8)] as number,
        true,
      );
      return file;
    },
  ];

  test("are refused, or are files of networks", () => {
    const codes = new Map<string, number>();
    // A network of the same options, which is what it was where a file is refused.
    const victim = example();
    const before = victim.snapshot();
    let intact = 0;
    for (let n = 0; n < 10_000; n++) {
      let file: Uint8Array = FILE.slice();
      for (let more = true; more; more = random() < 0.2)
        file = (MUTATIONS[below(MUTATIONS.length)] as (file: Uint8Array) => Uint8Array)(file.slice());
      // Most with a checksum that is right, so that more than that is looked at.
      if (file.length >= 90 && random() < 0.8) signed(file);
      const code = refusal(file) ?? "taken";
      try {
        victim.restore(file);
        victim.think([0.5, 0.5]);
        victim.restore(before);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFileError);
        if (n % 20 === 0) {
          expect(Buffer.compare(victim.snapshot(), before)).toBe(0);
          intact++;
        }
      }
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (code === "taken" && Buffer.compare(file, FILE) !== 0)
        expect(checksumOf(file)).toBe(/"checksum":"(\w+)"/.exec(headerOf(file))?.[1]);
    }
    expect(intact).toBeGreaterThan(100);
    for (const code of ["notModelFile", "damaged", "malformedHeader", "unsoundNumbers", "nonFiniteNumbers", "taken"]) {
      expect(codes.get(code), code).toBeGreaterThan(10);
    }
  }, 120_000);
});

describe("a header of other JSON is refused", () => {
  const PARTS = partsOf(FILE);
  const HEADER = headerFor(PARTS);
  const with_ = (from: string | RegExp, to: string | ((...found: string[]) => string)) => {
    const header = HEADER.replace(from, to as string);
    expect(header).not.toBe(HEADER);
    return fileOf(PARTS, header);
  };

  test("while the untouched one is taken", () => {
    expect(refusal(fileOf(PARTS, HEADER))).toBeUndefined();
  });

  test.each<[name: string, file: () => Uint8Array]>([
    ["a depth of 100,000", () => with_('"shape":[6', `"shape":${"[".repeat(100_000)}6${"]".repeat(99_999)}`)],
    ["objects to a depth of 100,000", () => with_(/\}\}$/, `},"x":${'{"x":'.repeat(100_000)}1${"}".repeat(100_000)}}`)],
    ["a tensor twice", () => with_(/(,"run":\{[^}]*\})/, "$1$1")],
    ["a key twice in a tensor", () => with_('"dtype":"U32"', '"dtype":"U32","dtype":"U32"')],
    ["metadata twice", () => with_(',"configuration"', ',"__metadata__":{},"configuration"')],
    ["__proto__ as a tensor", () => with_('"history":{', '"__proto__":{')],
    ["__proto__ besides", () => with_(',"configuration"', ',"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"configuration"')],
    ["an unknown name", () => with_("layers.0.biases", "layers.0.offsets")],
    ["an unknown tensor without data", () => with_(/\}$/, ',"extra":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')],
    ["a name in escapes", () => with_('"run"', '"r\\u0075n"')],
    ["unpaired surrogates in a name", () => with_('"run"', '"\\ud800"')],
    ["unpaired surrogates in the text, which is ASCII", () => with_('"text":"', '"text":"\\ud800')],
    ["bytes above 127 in the text", () => with_('"text":"', '"text":"\u00ff')],
    ["a control character in the text", () => with_('"text":"', '"text":"\u0001')],
    ["a text without end", () => with_(/"text":".*$/, `"text":"${"x".repeat(50)}`)],
    ["a text that ends in a backslash", () => with_(/"text":".*$/, '"text":"x\\')],
    ["other metadata", () => with_('"text":"', '"more":"","text":"')],
    ["metadata that are no string", () => with_(/"text":".*?"\}/, '"text":5}')],
    ["1e999", () => with_('"shape":[6', '"shape":[1e999')],
    ["−0", () => with_('"data_offsets":[0,', '"data_offsets":[-0,')],
    ["a number with leading zeros", () => with_('"data_offsets":[0,', '"data_offsets":[00,')],
    ["a number in another form", () => with_('"shape":[56]', '"shape":[5.6e1]')],
    ["a number above 2⁶⁴", () => with_('"shape":[56]', '"shape":[18446744073709551672]')],
    ["a negative number", () => with_('"shape":[56]', '"shape":[-56]')],
    ["another type", () => with_('"dtype":"F32"', '"dtype":"I32"')],
    ["a shape that is transposed", () => with_('"shape":[2,3]', '"shape":[3,2]')],
    ["a shape that is flat", () => with_('"shape":[2,3]', '"shape":[6]')],
    [
      "a hole",
      () => with_(/"data_offsets":\[(\d+),(\d+)\]\}(?=,"layers.0.biases")/, (_all, a, b) => `"data_offsets":[${a},${Number(b) - 4}]}`),
    ],
    [
      "overlapping tensors",
      () => with_(/("layers.0.biases":\{[^}]*"data_offsets":\[)(\d+),(\d+)/, (_all, s, a, b) => `${s}${Number(a) - 4},${Number(b) - 4}`),
    ],
    ["tensors in another order", () => with_(/(,"layers.0.weights":\{[^}]*\})(,"layers.0.biases":\{[^}]*\})/, "$2$1")],
    ["spaces", () => with_(/:/g, ": ")],
    ["a space before the end", () => with_(/\}$/, " }")],
    ["a tab behind the end", () => fileOf(PARTS, `${HEADER}\t`)],
    ["eight spaces more behind the end", () => fileOf(PARTS, HEADER.padEnd(8 * Math.ceil(HEADER.length / 8) + 8))],
    ["something behind the end", () => fileOf(PARTS, `${HEADER}{}`)],
    ["no end", () => fileOf(PARTS, HEADER.slice(0, -1))],
    ["an array", () => fileOf(PARTS, `[${HEADER}]`)],
    ["nothing", () => fileOf(PARTS, "")],
  ])("%s", (_, file) => {
    const bytes = file();
    const code = refusal(bytes);
    expect(["malformedHeader", "notModelFile"]).toContain(code);
  });

  test("a header that goes on into the data, up to the file's end and the memory's", () => {
    // All that is compared is the same until the file ends.
    const cut = fileOf(
      { ...PARTS, tensors: PARTS.tensors.map((tensor, i) => (i ? { ...tensor, bytes: new Uint8Array(0) } : tensor)) },
      HEADER.slice(0, 400),
    );
    expect(refusal(signed(cut))).toBe("malformedHeader");
  });

  test("a header of more than 1 MiB, at once", () => {
    expect(refusal(fileOf(PARTS, HEADER.padEnd(2 ** 20 + 8)))).toBe("notModelFile");
    const file = FILE.slice();
    for (const length of [2n ** 63n, 2n ** 32n, 2n ** 32n + BigInt(headerLength(FILE)), 2n ** 20n, 7n, 0n]) {
      new DataView(file.buffer).setBigUint64(0, length, true);
      expect(refusal(signed(file))).toBe("notModelFile");
    }
  });

  test("a text that the library would not write, by it and not by the core", () => {
    const parts = (text: string) => fileOf({ ...PARTS, text });
    const names = JSON.stringify(JSON.parse(PARTS.text)[0]);
    const wrong = [
      "{}",
      "null",
      "1",
      "[]",
      "[[]]",
      `[${names}]`,
      `[${names},[]] `,
      `[${names},[["a"]]]`,
      `[${names},[["a",1]]]`,
      `[${names},[["a","b"],["a","b"]]]`,
      `[${names},[["__proto__","\\u0041"]]]`,
      `[${names.replace("loss", "__proto__")},[]]`,
      `[${names.replace("loss", "epoch")},[]]`,
      `[${names.replace("]", ',"accuracy"]')},[]]`,
      `[["epoch"],[]]`,
      // Without epochs.
      `[${names.replace('"epoch",', "").replace("]", ',"accuracy"]')},[]]`,
      `[${"[".repeat(50_000)}${"]".repeat(50_000)},[]]`,
      "",
    ];
    for (const text of wrong) expect(refusal(parts(text)), text.slice(0, 50)).toBe("unfitText");
    expect(refusal(parts(`[${names},[["__proto__","x"],["","\\ud800"]]]`))).toBeUndefined();
  });
});

describe("numbers that no network has are refused", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const MOST = 2 ** 32 - 1;

  test.each<[part: "Configuration" | "Layers" | "Run", field: string, values: number[]]>([
    ["Configuration", "ElementBytes", [0, 1, 16, MOST]],
    ["Configuration", "Inputs", [0, 1, 3, 2 ** 30, MOST]],
    ["Configuration", "LayerCount", [0, 1, 3, 16_000, 2 ** 25, MOST]],
    ["Configuration", "WeightsOnly", [1, 2, MOST]],
    ["Configuration", "HistoryColumns", [0, 1, MOST]],
    ["Configuration", "HistoryRows", [0, 2 ** 29, MOST]],
    ["Configuration", "Loss", [4, 5, MOST]],
    ["Configuration", "Reduction", [2, MOST]],
    ["Configuration", "LearningRate", [0, -1, nan, infinity]],
    ["Configuration", "Optimizer", [0, 1, 6, 9, 10, MOST]],
    ["Configuration", "Beta1", [1, -0.1, nan, infinity]],
    ["Configuration", "Beta2", [1, -0.1, nan, infinity]],
    ["Configuration", "Epsilon", [-1, nan, infinity]],
    ["Configuration", "WeightDecay", [-1, nan, infinity]],
    ["Configuration", "ClipValue", [-1, nan, infinity]],
    ["Configuration", "ClipNorm", [-1, nan, infinity]],
    ["Configuration", "Schedule", [6, MOST]],
    ["Configuration", "ScheduleSteps", [-1, nan, infinity]],
    ["Configuration", "ScheduleFactor", [-1, nan, infinity]],
    ["Configuration", "ScheduleFloor", [-1, 1, nan]],
    ["Configuration", "WarmUpSteps", [-1, nan, infinity]],
    ["Configuration", "LossParameter", [-1, nan, infinity]],
    ["Layers", "Units", [0, 1, 4, 2 ** 30, MOST]],
    ["Layers", "Activation", [11, 12, MOST]],
    ["Layers", "Bias", [0, 3, MOST]],
    ["Layers", "Initializer", [10, MOST]],
    ["Layers", "Trainable", [2, MOST]],
    ["Layers", "Parameter", [-1, nan, infinity]],
    ["Layers", "Normalization", [0, 1, 3, MOST]],
    ["Layers", "Residual", [1, 2, MOST]],
    ["Layers", "NormalizationEpsilon", [-1, nan, infinity]],
    ["Layers", "NormalizationMomentum", [-1, 1, nan]],
    ["Layers", "Dropout", [-1, 1, nan]],
    ["Layers", "L1", [-1, nan, infinity]],
    ["Layers", "L2", [-1, nan, infinity]],
    ["Layers", "MaxNorm", [-1, nan, infinity]],
    ["Layers", "InitializerParameter", [nan, infinity]],
    ["Layers", "BiasInitializer", [9, 10, MOST]],
    ["Layers", "BiasInitializerParameter", [nan, infinity]],
    ["Run", "EpochTarget", [-1, 0.5, 2 ** 53, nan, infinity]],
    ["Run", "Epoch", [-1, 0.5, 2 ** 53, nan, infinity]],
    ["Run", "Step", [-1, 0, 0.5, 2 ** 53, nan, infinity]],
    ["Run", "Cursor", [6, MOST]],
    ["Run", "EpochSum", [nan]],
    ["Run", "Rate", [-1, nan, infinity]],
    ["Run", "Beta1Power", [-1, nan, infinity]],
    ["Run", "PlateauScale", [-1, nan, infinity]],
    ["Run", "PlateauBest", [nan]],
    ["Run", "PlateauWait", [-1, 0.5]],
    ["Run", "Shuffle", [2, MOST]],
    ["Run", "RestoreBest", [0, 2, MOST]],
    ["Run", "BestLoss", [nan, infinity]],
    ["Run", "BestEpoch", [-1, 0.5]],
    ["Run", "Stopped", [2, MOST]],
    ["Run", "LargestGradient", [nan]],
    ["Run", "NadamPower", [-1, nan, infinity]],
    ["Run", "PairCount", [11, MOST]],
    ["Run", "PairNewest", [10, MOST]],
    ["Run", "StepLength", [nan, infinity]],
  ])("%s: %s", (part, field, values) => {
    for (const value of values) {
      expect(["unsoundNumbers", "malformedHeader", "tooLarge"], `${value}`).toContain(refusal(withField(FILE, part, field, value)));
    }
  });

  test("options that do not go together", () => {
    const softmax = new NeuralNetwork({ inputs: 2, layers: [{ units: 2, activation: "softmax" }] }).save();
    const huber = new NeuralNetwork({ inputs: 2, layers: [{ units: 2 }], loss: "huber" }).save();
    const step = { name: "step", steps: 2 } as const;
    const scheduled = new NeuralNetwork({ inputs: 2, layers: [{ units: 2 }], optimizer: { name: "adam", schedule: step } }).save();
    const lbfgs = new NeuralNetwork({ inputs: 2, layers: [{ units: 2 }], optimizer: "lbfgs" }).save();
    for (const file of [softmax, huber, scheduled, lbfgs]) expect(refusal(file)).toBeUndefined();
    expect(refusal(withField(softmax, "Layers", "Dropout", 0.5))).toBe("unsoundNumbers");
    expect(refusal(withField(softmax, "Layers", "Residual", 1))).toBe("unsoundNumbers");
    expect(refusal(withField(softmax, "Configuration", "LossParameter", 1))).toBe("unsoundNumbers");
    expect(refusal(withField(huber, "Configuration", "LossParameter", 0))).toBe("unsoundNumbers");
    expect(refusal(withField(scheduled, "Configuration", "ScheduleSteps", 0))).toBe("unsoundNumbers");
    expect(refusal(withField(scheduled, "Configuration", "ScheduleFactor", 0))).toBe("unsoundNumbers");
    for (const pairs of [0, 1001, MOST]) expect(refusal(withField(lbfgs, "Configuration", "PairCapacity", pairs))).toBe("unsoundNumbers");
    // A thousand pairs are no reason to make room for them.
    const steps = withField(withField(lbfgs, "Configuration", "PairCapacity", 1000), "Run", "Step", 1);
    expect(refusal(steps)).toBe("malformedHeader");
  });

  test("numbers that are not finite, in every tensor, at its first and its last place", () => {
    let places = 0;
    for (const { name, dtype, bytes } of partsOf(FILE).tensors) {
      if (dtype === "U32" || name === "history") continue;
      const size = dtype === "F64" ? 8 : 4;
      for (const at of [0, bytes.length - size]) {
        for (const value of [nan, infinity, -infinity]) {
          const file = edited(FILE, name, (view) => (size === 8 ? view.setFloat64(at, value, true) : view.setFloat32(at, value, true)));
          expect(refusal(file), `${name} at ${at}`).toBe("nonFiniteNumbers");
          places++;
        }
        const most = edited(FILE, name, (view) =>
          size === 8 ? view.setFloat64(at, -Number.MAX_VALUE, true) : view.setUint32(at, 0xff7fffff, true),
        );
        expect(coreCodeOf(CORES[0] as FileCore, most)).toBeUndefined();
      }
    }
    expect(places).toBeGreaterThan(70);
  });

  test("another NaN than the one in the run's numbers", () => {
    // The word of ValidationLoss in docs/model-file.md.
    const with_ = (bits: bigint) => edited(FILE, "run", (view) => view.setBigUint64(4 * 36, bits, true));
    for (const bits of [0x7ff8000000000001n, 0xfff8000000000000n, 0x7ff0000000000001n]) expect(refusal(with_(bits))).toBe("unsoundNumbers");
    for (const bits of [0x7ff8000000000000n, 0xfff0000000000000n]) {
      expect(refusal(with_(bits))).toBeUndefined();
      expect(fieldOf(with_(bits), "Run", "ValidationLoss")).toBe(bits === 0xfff0000000000000n ? -infinity : nan);
    }
  });

  test("another NaN than the one in the history", () => {
    const at = tensorOf(FILE, "history").bytes.length - 8;
    const with_ = (bits: bigint) => edited(FILE, "history", (view) => view.setBigUint64(at, bits, true));
    for (const bits of [0x7ff8000000000001n, 0xfff8000000000000n, 0x7ff0000000000001n])
      expect(refusal(with_(bits))).toBe("nonFiniteNumbers");
    for (const bits of [0x7ff8000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n]) expect(refusal(with_(bits))).toBeUndefined();
  });

  test("generators that point beyond their words", () => {
    const words: [number, number][] = [
      [624, 625],
      [624, 0xffffffff],
      [625, 2],
      [627, 0x7ff00000],
      [628 + 624, 625],
      [628 + 625, 2],
      [628 + 627, 0x7ff00000],
    ];
    for (const [word, value] of words) {
      const file = edited(FILE, "generators", (view) => view.setUint32(4 * word, value, true));
      expect(refusal(file)).toBe("unsoundNumbers");
    }
  });
});

test("a network that needs much more memory than its file has none before the file is known to be sound", () => {
  const units = 3_000_000;
  const layers = [{ units, activation: "tanh", bias: false, initializer: "zeros" }] as const;
  const network = new NeuralNetwork({ inputs: 1, layers, precision: "float32" });
  const file = network.save({ weightsOnly: true });
  const wrong = file.slice();
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 0x40;
  const infinite = edited(file, "layers.0.weights", (view) => view.setFloat32(4 * (units - 1), Number.NaN, true));
  for (const core of fileCores()) {
    const before = core.memoryBytes;
    for (const [bytes, status] of [
      [wrong, Status.DamagedFile],
      [infinite, Status.NonFiniteNumbers],
    ] as const) {
      expect(core.load(bytes).status).toBe(status);
      expect(core.memoryBytes - before).toBeLessThan(2 * bytes.length + 5 * 2 ** 20);
    }
    expect(core.load(file).status).toBe(Status.Ok);
    expect(core.memoryBytes).toBeGreaterThan(2 * file.length + 2 ** 22);
  }
});

test("what is no Uint8Array, and unknown options, are refused by name", () => {
  const load = NeuralNetwork.load as (file: unknown, options?: unknown) => unknown;
  expect(() => load("file")).toThrow(new TypeError('load: expected a Uint8Array, got "file"'));
  expect(() => load(FILE.buffer)).toThrow(new TypeError("load: expected a Uint8Array, got an object (ArrayBuffer)"));
  expect(() => load(FILE, { cor: 1 })).toThrow(/^options: unknown option "cor"; did you mean "core"\?$/);
  expect(() => load(FILE, { untrained: 1 })).toThrow(new TypeError("untrained: expected true or false, got 1"));
  expect(() => load(FILE, { core: 1 })).toThrow(new TypeError("core: expected a WebAssembly.Module, got 1"));
  const save = (options: unknown) => example().save(options as never);
  expect(() => save({ weightsOnly: 1 })).toThrow(new TypeError("weightsOnly: expected true or false, got 1"));
  expect(() => save({ weights: 1 })).toThrow(/^options: unknown option "weights"; did you mean "weightsOnly"\?$/);
  expect(() => save(5)).toThrow(new TypeError("options: expected an object, got 5"));
});

test("a file in a buffer with others, and one in a Buffer, is read as it stands there", () => {
  const within = new Uint8Array(FILE.length + 10);
  within.set(FILE, 3);
  for (const file of [within.subarray(3, 3 + FILE.length), Buffer.from(FILE), sharedCopy(FILE)]) {
    expect(Buffer.compare(NeuralNetwork.load(file).save(), FILE)).toBe(0);
  }
});

function sharedCopy(file: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(file.length));
  copy.set(file);
  return copy;
}
