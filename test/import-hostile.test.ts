// Whatever a file holds, an importer ends in a network or in an error with a name. Files of test/fixtures/import are changed at random, thousands of them.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { NeuralNetwork } from "feedforward";
import { fromBrain, fromSafetensors, fromScikitLearn, ImportError, type SafetensorsOptions } from "feedforward/import";
import { afterAll, describe, expect, test } from "vitest";
import { randomSource } from "./support/data.js";
import { readFixture } from "./support/fixtures.js";
import { SEED } from "./support/property.js";

const MUTATIONS = 4000;

afterAll(() => console.log(`files were changed with FC_SEED=${SEED}`));

const CODES = ["syntax", "limit", "unsupported", "ambiguous", "mismatch", "value"];

interface TensorFixtures {
  readonly cases: readonly { readonly file: string; readonly options: SafetensorsOptions }[];
  readonly refused: readonly { readonly file: string; readonly options?: undefined }[];
}

const TORCH = readFixture<TensorFixtures>("import/torch.json");
const KERAS = readFixture<TensorFixtures>("import/keras.json");
const FILES = [...TORCH.cases, ...KERAS.cases, ...TORCH.refused, ...KERAS.refused].map(({ file, options }) => ({
  bytes: new Uint8Array(readFileSync(new URL(`fixtures/import/${file}`, import.meta.url))),
  options: options ?? { activations: ["linear", "linear"] as const },
}));

interface JsonFixtures {
  readonly cases: readonly { readonly json: string }[];
  readonly refused: readonly { readonly json: string }[];
}

const texts = ({ cases, refused }: JsonFixtures) => [...cases, ...refused].map(({ json }) => json);
const SCIKIT_LEARN = texts(readFixture("import/scikit-learn.json"));
const BRAIN = texts(readFixture("import/brain.json"));

type Ending = "network" | "activations" | string;

/** How an import ends; anything but a network or an error with a name fails the test. */
function endingOf(load: () => NeuralNetwork, size: number, what: string): Ending {
  let network: NeuralNetwork;
  try {
    network = load();
  } catch (error) {
    const { message } = error as Error;
    // As many layers as activations is the caller's to say.
    if (error instanceof RangeError && /^activations: expected \d+, one for each/.test(message)) return "activations";
    if (!(error instanceof ImportError)) throw new Error(`${what}: an error without a name`, { cause: error });
    expect(CODES, what).toContain(error.code);
    expect(message, what).not.toMatch(/is not a function|of undefined|of null|undefined \(|Invalid (array|typed)|call stack/);
    expect(message.length, what).toBeLessThan(6000);
    return error.code;
  }
  // No more numbers than the file can have.
  const parameters = network.layers.reduce((sum, { weights, biases }) => sum + weights.length + biases.length, 0);
  expect(parameters, what).toBeLessThanOrEqual(size);
  expect(network.think(Array<number>(network.inputs).fill(0)), what).toHaveLength(network.outputs);
  expect(
    network.layers.every(({ weights, biases }) => [...weights, ...biases].every(Number.isFinite)),
    what,
  ).toBe(true);
  network.dispose();
  return "network";
}

type Random = (limit: number) => number;

function drawer(seed: number): Random {
  const random = randomSource(seed);
  return (limit) => Math.floor(random() * limit);
}

/** Some bytes of a file changed: bits, lengths, ranges, and the header's words and numbers. */
function mutated(file: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(file);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(bytes.length);
    const to = at + random(bytes.length - at);
    switch (random(7)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
        break;
      case 4:
        bytes[at] = random(256);
        break;
      default:
        bytes = edited(bytes, random);
    }
    if (bytes.length === 0) break;
  }
  return bytes;
}

/** The header as text with a change, and its length as it then is. */
function edited(file: Buffer, random: Random): Buffer<ArrayBuffer> {
  const length = file.length < 8 ? 0 : Math.min(file.readUInt32LE(0), file.length - 8);
  const header = Buffer.from(mutatedText(file.subarray(8, 8 + length).toString("latin1"), random), "latin1");
  const size = Buffer.alloc(8);
  size.writeUInt32LE(header.length);
  return Buffer.concat([size, header, file.subarray(8 + length)]);
}

const TOKENS = [
  ...'{}[],:"\\ 0-',
  ...[
    "null",
    "true",
    "1e999",
    "-0",
    "1e39",
    "9007199254740993",
    "4294967296",
    '"__proto__"',
    '"constructor"',
    "[]",
    "{}",
    '{"__proto__":{}}',
  ],
  ...['"F64"', '"BF16"', '"weight"', '"kernel"', "\\ud800", "0.5", '"weights"', '"0"', "[[", "]]", '"toString"', '"softmax"'],
];

/** A JSON text with some change: a token put in or in the place of another, a part left out, twice, or in another place. */
function mutatedText(text: string, random: Random): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|-?[\d.]+(?:e[-+]?\d+)?|\w+|[^\w"]/g) ?? [""];
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(tokens.length);
    const other = random(tokens.length);
    switch (random(6)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, TOKENS[random(TOKENS.length)] as string);
        break;
      case 2:
        [tokens[at], tokens[other]] = [tokens[other] as string, tokens[at] as string];
        break;
      case 3:
        tokens.splice(at, 0, ...tokens.slice(other, other + random(20)));
        break;
      case 4:
        tokens.splice(at, random(20));
        break;
      default:
        tokens[at] = TOKENS[random(TOKENS.length)] as string;
    }
  }
  return tokens.join("");
}

/** A JSON value with some of it replaced, which always is JSON. */
function mutatedValue(text: string, random: Random): string {
  const replacements = [null, 0, -1, 1e39, "", "0", "relu", [], {}, [[]], [1], { weights: [] }, { bias: 0, weights: {} }, true, 3.5];
  const value = { json: JSON.parse(text) };
  for (let changes = 1 + random(2); changes > 0; changes--) {
    let holder: Record<string, unknown> = value;
    let key = "json";
    // Down some way, often to where the form is, at times to a number.
    for (let depth = random(7); depth > 0; depth--) {
      const next = holder[key];
      if (typeof next !== "object" || next === null || Object.keys(next).length === 0) break;
      holder = next as Record<string, unknown>;
      const keys = Object.keys(holder);
      key = keys[random(keys.length)] as string;
    }
    const change = random(4);
    if (change === 0) delete holder[key];
    else if (change === 1 && Array.isArray(holder)) holder.splice(Number(key), random(2), ...structuredClone(holder.slice(0, random(3))));
    else
      Object.defineProperty(holder, random(8) === 0 ? "__proto__" : key, {
        value: structuredClone(replacements[random(replacements.length)]),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return JSON.stringify(value.json) ?? "";
}

/** That the changes were neither all harmless nor all of one kind. */
function expectMany(endings: ReadonlyMap<Ending, number>, kinds: readonly Ending[]): void {
  for (const kind of kinds)
    expect(endings.get(kind) ?? 0, `${kind} among ${JSON.stringify([...endings])}`).toBeGreaterThan(MUTATIONS / 400);
}

function count(endings: Map<Ending, number>, ending: Ending): void {
  endings.set(ending, (endings.get(ending) ?? 0) + 1);
}

test(`${MUTATIONS} changed safetensors files`, () => {
  const endings = new Map<Ending, number>();
  for (let i = 0; i < MUTATIONS; i++) {
    const random = drawer(SEED + i);
    const { bytes, options } = FILES[random(FILES.length)] as (typeof FILES)[number];
    const file = mutated(bytes, random);
    count(
      endings,
      endingOf(() => fromSafetensors(file, options).network, file.length, `FC_SEED=${SEED}, file ${i}`),
    );
  }
  expectMany(endings, ["network", "syntax", "unsupported", "limit"]);
});

describe.each([
  { name: "scikit-learn", originals: SCIKIT_LEARN, load: (json: string) => fromScikitLearn(json).network },
  { name: "brain.js", originals: BRAIN, load: (json: string) => fromBrain(json).network },
])("$name", ({ originals, load }) => {
  test.each([
    { name: "texts", mutate: mutatedText, kinds: ["network", "syntax", "mismatch"] },
    { name: "values", mutate: mutatedValue, kinds: ["network", "syntax", "mismatch", "unsupported"] },
  ])(`${MUTATIONS} changed $name`, ({ mutate, kinds }) => {
    const endings = new Map<Ending, number>();
    for (let i = 0; i < MUTATIONS; i++) {
      const random = drawer(SEED + i);
      const json = mutate(originals[random(originals.length)] as string, random);
      count(
        endings,
        endingOf(() => load(json), json.length, `FC_SEED=${SEED}, text ${i}`),
      );
    }
    expectMany(endings, kinds);
  });

  test("objects may be anything", () => {
    for (const value of [
      {},
      { layers: [{}, {}] },
      { layers: [1, 2] },
      Object.create(null),
      new Map(),
      new (class Model {})(),
      { coefs_: [[[]]] },
    ]) {
      expect(() => load(value as never)).toThrow(ImportError);
    }
    for (const value of [null, undefined, 1, [], () => {}, Symbol("model")]) expect(() => load(value as never)).toThrow(TypeError);
  });

  test("nesting without end, keys without number", () => {
    for (const text of ["[".repeat(1e6), '{"a":'.repeat(1e6), `{"layers":${"[".repeat(1e5)}${"]".repeat(1e5)}}`]) {
      expect(() => load(text)).toThrow(ImportError);
    }
    const keys = Array.from({ length: 1e5 }, (_, i) => `"k${i}":0`).join();
    expect(() => load(`{${keys}}`)).toThrow(ImportError);
  });
});

describe("arrays with holes, which only objects can have", () => {
  /** One that claims to be long, with nothing but its first element. */
  const long = (first: unknown, length = 2 ** 32 - 1) => Object.assign([first], { length });
  const gap = (...rest: unknown[]) => Object.assign([], Object.fromEntries(rest.map((value, i) => [i + 1, value])));
  const model = { coefs_: [[[1]]], intercepts_: [[1]], activation: "relu", out_activation_: "logistic", classes_: [0, 1] };
  const layer = { weights: [[1]], biases: [1] };
  const brain = { layers: [{}, layer], trainOpts: { activation: "tanh" } };

  test.each<[string, () => unknown, string]>([
    ["rows", () => fromScikitLearn({ ...model, coefs_: [long([1])] }), "coefs_[0][1]: expected 1 number, got undefined"],
    ["three rows", () => fromScikitLearn({ ...model, coefs_: [long([1], 3)] }), "coefs_[0][1]: expected 1 number, got undefined"],
    [
      "a row",
      () => fromScikitLearn({ ...model, coefs_: [[long(1)]], intercepts_: [long(1)] }),
      "coefs_[0][0][1]: expected a number, got undefined",
    ],
    [
      "biases",
      () => fromScikitLearn({ ...model, coefs_: [[[1, 2]]], intercepts_: [long(1, 2)] }),
      "intercepts_[0][1]: expected a number, got undefined",
    ],
    [
      "a first matrix",
      () => fromScikitLearn({ ...model, coefs_: gap([[1]]), intercepts_: [[1], [1]] }),
      "coefs_[0]: expected an array of rows, got undefined",
    ],
    [
      "matrices",
      () => fromScikitLearn({ ...model, coefs_: long([[1]]), intercepts_: long([1]) }),
      "coefs_[1]: expected an array of rows, got undefined",
    ],
    [
      "a class",
      () => fromScikitLearn({ ...model, classes_: gap(1) }),
      "classes_[0]: expected a string, a number, true or false, got undefined",
    ],
    [
      "classes",
      () => fromScikitLearn({ ...model, classes_: long(1) }),
      "classes_: expected classes for 1 output, got an array of 4294967295 elements",
    ],
    ["layers", () => fromBrain({ ...brain, layers: long({}) }), "layers[1]: expected an object, got undefined"],
    ["a layer", () => fromBrain({ ...brain, layers: Object.assign([{}], { 2: layer }) }), "layers[1]: expected an object, got undefined"],
    ["a last layer", () => fromBrain({ ...brain, layers: long({}, 2) }), "layers[1]: expected an object, got undefined"],
    [
      "units",
      () => fromBrain({ ...brain, layers: [{}, { weights: long([1]), biases: long(1) }] }),
      "layers[1].weights[1]: expected 1 number, got undefined",
    ],
    [
      "weights of a unit",
      () => fromBrain({ ...brain, layers: [{}, { weights: [long(1)], biases: [1] }] }),
      "layers[1].weights[0][1]: expected a number, got undefined",
    ],
    ["sizes", () => fromBrain({ ...brain, sizes: long(1) }), "sizes: expected 1, 1, those of the layers, got 1, "],
  ])("%s, before anything is as long", (_, load, message) => {
    const start = performance.now();
    let thrown: unknown;
    try {
      load();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ImportError);
    expect((thrown as Error).message).toContain(message);
    // Some 100 s where it takes as many steps as there seem to be elements.
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("one small file", () => {
  const bytes = new Uint8Array(readFileSync(new URL("fixtures/import/torch-single.safetensors", import.meta.url)));
  const load = (file: Uint8Array) => fromSafetensors(file, { activations: ["linear"] }).network;

  test("every truncation is an error", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(endingOf(() => load(bytes.subarray(0, length)), length, `${length} bytes`)).toBe("syntax");
    }
    expect(endingOf(() => load(bytes), bytes.length, "all")).toBe("network");
  });

  test("every flipped bit is an error, or a network with the bit in it", () => {
    const endings = new Map<Ending, number>();
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const file = bytes.slice();
      file[bit >> 3] = (file[bit >> 3] as number) ^ (1 << (bit & 7));
      count(
        endings,
        endingOf(() => load(file), file.length, `bit ${bit}`),
      );
    }
    expectMany(endings, ["network", "syntax", "unsupported"]);
  });
});

describe("memory, of a process of its own", () => {
  /** How many times a file's bytes the process has grown at most while it was imported. */
  function growth(make: string, load: string): number {
    const program = `
      import { fromBrain, fromSafetensors, fromScikitLearn } from "feedforward/import";
      const used = () => process.resourceUsage().maxRSS * 1024;
      ${make}
      const before = used();
      try {
        ${load}
      } catch (error) {
        if (error.name !== "ImportError") throw error;
      }
      console.log((used() - before) / file.length);`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    return Number(stdout);
  }

  /** 64 MB of one matrix. */
  const file = (dtype: string, bytes: number, shape: string) => `
    const header = Buffer.from(JSON.stringify({ weight: { dtype: "${dtype}", shape: ${shape}, data_offsets: [0, 2 ** 26] } }));
    const file = Buffer.alloc(8 + header.length + 2 ** 26, ${bytes});
    file.writeBigUInt64LE(BigInt(header.length));
    header.copy(file, 8);`;

  test.each([
    { what: "float32", make: file("F32", 1, "[4096, 4096]"), most: 3 },
    { what: "float64", make: file("F64", 1, "[4096, 2048]"), most: 3 },
    { what: "bfloat16, each as a float32", make: file("BF16", 1, "[4096, 8192]"), most: 5 },
    { what: "NaN at once", make: file("F32", 255, "[4096, 4096]"), most: 2 },
    { what: "a shape that is not the file's", make: file("F32", 1, "[4096, 4097]"), most: 0.5 },
  ])("$what", ({ make, most }) => {
    expect(growth(make, 'fromSafetensors(file, { activations: ["linear"] });')).toBeLessThan(most);
  });

  test.each([
    {
      what: "scikit-learn's text, the shortest numbers",
      make: `const row = "[" + "0,".repeat(1999) + "0]";
        const file = '{"activation":"relu","out_activation_":"identity","intercepts_":[' + row + '],"coefs_":[[' + Array(5000).fill(row) + ']]}';`,
      load: "fromScikitLearn(file);",
      most: 25,
    },
    {
      what: "rows of unequal length",
      make: `const rows = "[" + "0,".repeat(9_999_999) + "0]" + ",[]".repeat(999_999);
        const file = '{"activation":"relu","out_activation_":"identity","intercepts_":[[0]],"coefs_":[[' + rows + ']]}';`,
      load: "fromScikitLearn(file);",
      most: 25,
    },
    {
      what: "brain.js' text",
      make: `const row = "[" + "0,".repeat(1999) + "0]"; const weights = "[" + Array(5000).fill(row) + "]"; const biases = "[" + "0,".repeat(4999) + "0]";
        const file = '{"type":"NeuralNetwork","trainOpts":{"activation":"tanh"},"layers":[{},{"weights":' + weights + ',"biases":' + biases + '}]}';`,
      load: "fromBrain(file);",
      most: 35,
    },
  ])("$what", ({ make, load, most }) => {
    expect(growth(make, load)).toBeLessThan(most);
  });
});
