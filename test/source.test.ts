// Networks as source text: run by Node, compiled by a C compiler, run by Python, it answers as the network does. FC_SEED=… repeats a run.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { NeuralNetwork } from "feedforward";
import { type SourceLanguage, type SourceOptions, toSource } from "feedforward/source";
import { describe, expect, type TestContext, test } from "vitest";
import { type Anything, type Kind, TARGETS } from "./support/bad-input.js";
import { bytesOf, expectClose, expectSameBits } from "./support/compare.js";
import { activationsOf, type Exported, everyActivation, NEAR, randomNetworks } from "./support/exported.js";
import { findCompiler, findPython, need } from "./support/programs.js";
import { check, SEED } from "./support/property.js";

const MINUTE = 60_000;
const LANGUAGES = ["javascript", "c", "python"] as const satisfies readonly SourceLanguage[];

/** Strict, and with every warning an error. */
const C_FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-O1"];

const C99_HEADERS =
  "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg stdbool stddef stdint stdio stdlib string tgmath time wchar wctype".split(
    " ",
  );

/** Some of what is in no header that the text includes, but compilers warn of, or linkers take for the library's. */
const KNOWN_TO_COMPILERS =
  "abs labs malloc calloc free exit abort printf puts putchar strlen strcmp memcpy memset isalpha toupper alloca index ffs bzero strdup execv fork cexp conj".split(
    " ",
  );

/** A text, what its function is called, and the rows to ask it. */
interface Question {
  readonly text: string;
  readonly name: string;
  readonly precision: "float64" | "float32";
  readonly outputs: number;
  readonly rows: readonly (readonly number[])[];
}

function output(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 2 * MINUTE });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** The program that runs a language, or the end of the test. */
function programOf(context: TestContext, language: SourceLanguage): string {
  if (language === "javascript") return process.execPath;
  return language === "c"
    ? need(context, findCompiler(), "there is no C compiler (cc or FEEDFORWARD_CC)")
    : need(context, findPython("math"), "there is no Python (python3 or FEEDFORWARD_PYTHON)");
}

/** Runs text in a file of its own; answers what it prints. */
function runText(language: SourceLanguage, program: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "feedforward-source-"));
  try {
    const file = join(folder, { javascript: "text.mjs", c: "text.c", python: "text.py" }[language]);
    writeFileSync(file, text);
    if (language !== "c") return output(program, [file]);
    const binary = join(folder, "text");
    output(program, [...C_FLAGS, file, "-o", binary, "-lm"]);
    return output(binary, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All questions in one file, so all texts must get along with each other; the answers of each, row by row. */
function ask(language: SourceLanguage, program: string, questions: readonly Question[]): number[][][] {
  const texts = questions.map(({ text }) => text).join("\n");
  const printed = runText(language, program, `${texts}\n${{ javascript: askJavaScript, c: askC, python: askPython }[language](questions)}`);
  const lines = printed.trim().split("\n");
  return questions.map(({ rows }) => lines.splice(0, rows.length).map((line) => line.trim().split(" ").map(Number)));
}

function askJavaScript(questions: readonly Question[]): string {
  return questions.map(({ name, rows }) => `for (const row of ${JSON.stringify(rows)}) console.log(${name}(row).join(" "));`).join("\n");
}

function askPython(questions: readonly Question[]): string {
  return questions.map(({ name, rows }) => `for row in ${JSON.stringify(rows)}:\n    print(*map(repr, ${name}(row)))\n`).join("");
}

function askC(questions: readonly Question[]): string {
  const calls = questions.map(({ name, precision, outputs, rows }) => {
    const [real, suffix] = precision === "float32" ? ["float", "f"] : ["double", ""];
    const width = (rows[0] as readonly number[]).length;
    const numbers = rows.flat().map((x) => `${x.toExponential()}${suffix}`);
    return `  {
    static const ${real} rows[${numbers.length}] = { ${numbers.join(", ")} };
    ${real} answer[${outputs}];
    int row, output;
    for (row = 0; row < ${rows.length}; row++) {
      ${name}(rows + row * ${width}, answer);
      for (output = 0; output < ${outputs}; output++) printf("%.17g ", (double)answer[output]);
      printf("\\n");
    }
  }\n`;
  });
  return `#include <stdio.h>\nint main(void) {\n${calls.join("")}  return 0;\n}\n`;
}

function questionsOf(language: SourceLanguage, networks: readonly Exported[]): Question[] {
  return networks.map(({ network, rows }, i) => {
    const name = `predict${i}`;
    return { text: toSource(network, { language, name }), name, precision: network.precision, outputs: network.outputs, rows };
  });
}

/** A network whose weights can be told apart. */
function small(precision: "float64" | "float32" = "float64"): NeuralNetwork {
  const layers = [
    { units: 4, activation: "gelu", normalization: "layer" },
    { units: 2, activation: "softmax" },
  ] as const;
  const network = new NeuralNetwork({ inputs: 3, layers, precision, seed: 3 });
  network.train([[1, 2, 3]], TARGETS.slice(0, 1), 2);
  return network;
}

describe.each(LANGUAGES)(`%s answers as the network does, FC_SEED=${SEED}`, (language) => {
  test("with everything", { timeout: 3 * MINUTE }, (context) => {
    const program = programOf(context, language);
    const networks = randomNetworks(60, SEED);
    const answers = ask(language, program, questionsOf(language, networks));
    let checked = 0;
    networks.forEach(({ label, network, rows }, i) => {
      expectClose((answers[i] as number[][]).flat(), network.think(rows).flat(), NEAR[network.precision], label);
      checked += rows.length;
    });
    expect(checked).toBeGreaterThan(120);
  });

  test.for(["float64", "float32"] as const)(
    "with every activation near 0 and far from it, %s",
    { timeout: MINUTE },
    (precision, context) => {
      const program = programOf(context, language);
      const networks = everyActivation(precision);
      expect(activationsOf(networks).size).toBe(12);
      const answers = ask(language, program, questionsOf(language, networks));
      networks.forEach(({ label, network, rows }, i) => {
        expectClose((answers[i] as number[][]).flat(), network.think(rows).flat(), NEAR[precision], label);
      });
    },
  );

  test("with inputs as large as they come", (context) => {
    const program = programOf(context, language);
    for (const activation of ["sigmoid", "tanh", "elu", "selu", "gelu", "silu", "softplus", "softsign", "softmax"] as const) {
      const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 2, activation }], loss: "squaredError" });
      network.layers[0]?.weights.set([1, -1]);
      const rows = [[1e6], [-1e6], [750], [-750]];
      const [answers] = ask(language, program, questionsOf(language, [{ label: activation, network, rows }])) as [number[][]];
      expectClose(answers.flat(), network.think(rows).flat(), NEAR.float64, activation);
    }
  });

  test("with a scaling of the inputs", (context) => {
    const program = programOf(context, language);
    const scaling = { mean: [100, -3, 0], scale: Float32Array.of(20, 0.25, 1) };
    const rows = [
      [90, -2.75, 1],
      [140, -3.5, -1],
    ];
    const networks = (["float64", "float32"] as const).map((precision) => small(precision));
    const questions = networks.map((network, i) => {
      const name = `scaled${i}`;
      const text = toSource(network, { language, name, scaling });
      return { text, name, precision: network.precision, outputs: 2, rows };
    });
    const scaled = rows.map((row) => row.map((x, i) => (x - (scaling.mean[i] as number)) / (scaling.scale[i] as number)));
    ask(language, program, questions).forEach((answers, i) => {
      const network = networks[i] as NeuralNetwork;
      expectClose(answers.flat(), network.think(scaled).flat(), NEAR[network.precision]);
    });
  });

  test.for(["float64", "float32"] as const)("from the same weights to the bit, %s", (precision, context) => {
    const program = programOf(context, language);
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 60, activation: "linear" }], precision });
    const isShort = precision === "float32";
    const special = isShort
      ? [-0, 0, 2 ** -149, -(2 ** -149), 2 ** -126, 2 ** 128 - 2 ** 104, 16777217, 1 / 3, 0.1, 1e21, -1e22]
      : [-0, 0, 5e-324, -5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, 2 ** 53 + 2, 1 / 3, 0.1, 1e21, -1e22];
    const { weights } = network.layers[0] as { weights: Float64Array | Float32Array };
    weights.set(special);
    const read = runText(language, program, `${toSource(network, { language })}\n${PRINT_WEIGHTS[language](isShort)}`);
    const found = read.trim().split(/\s+/).map(Number);
    expect(new Set(weights).size).toBeGreaterThan(150);
    expectSameBits(bytesOf(found), bytesOf(Array.from(weights)), "weights");
  });

  test("whatever the function is called, if it may be called so", (context) => {
    const program = programOf(context, language);
    const names = [
      "x",
      "z",
      "i",
      "y",
      "inputs",
      "outputs",
      "unit",
      "units",
      "weights",
      "biases",
      "mean",
      "scale",
      "total",
      "value",
      "real",
    ];
    names.push("largest", "powers", "power", "before", "epsilon", "surreal", "expm", "a".repeat(63), "Predict_2");
    const networks = [small(), randomNetworks(1, 12)[0]?.network as NeuralNetwork];
    for (const network of networks) {
      const rows = [Array.from({ length: network.inputs }, (_, i) => i / 7)];
      const questions = names.map((name) => {
        return { text: toSource(network, { language, name }), name, precision: network.precision, outputs: network.outputs, rows };
      });
      for (const answers of ask(language, program, questions)) {
        expectClose(answers.flat(), network.think(rows).flat(), NEAR[network.precision]);
      }
    }
  });
});

/** What prints the weights of the first layer so that all their bits can be read. */
const PRINT_WEIGHTS = {
  javascript: () => "for (const weight of predict_weights_0) console.log(Object.is(weight, -0) ? '-0' : String(weight));",
  python: () => "for weight in predict_weights_0:\n    print(repr(weight))",
  c: (isShort: boolean) => `#include <stdio.h>
int main(void) {
  ${isShort ? "float" : "double"} inputs[3] = { 0, 0, 0 }, outputs[60];
  int i;
  predict(inputs, outputs);
  for (i = 0; i < 180; i++) printf("%.17g\\n", (double)predict_weights_0[i]);
  return 0;
}`,
} as const;

describe("text", () => {
  test.each(LANGUAGES)("is the same whenever it is made, of printable ASCII, and leaves the network as it was (%s)", (language) => {
    const network = small();
    const before = network.snapshot();
    const text = toSource(network, { language });
    expect(toSource(network, { language, name: "predict" })).toBe(text);
    expect(text).toMatch(/^[\n -~]+$/);
    expectSameBits(Buffer.from(network.snapshot()), Buffer.from(before));
  });

  test("has what it needs and no more", () => {
    const network = new NeuralNetwork();
    const texts = LANGUAGES.map((language) => toSource(network, { language }));
    for (const text of texts) {
      expect(text).toContain("predict_sigmoid");
      expect(text).not.toMatch(/softmax|normalize|erf|biases_0|scale/);
    }
  });

  test("refuses rows of another width in JavaScript and Python", (context) => {
    const row = "[1, 2]";
    const javascript = `${toSource(small(), { language: "javascript" })}
try { predict(${row}); } catch (error) { console.log(String(error)); }`;
    expect(runText("javascript", process.execPath, javascript)).toBe("RangeError: predict: expected 3 inputs, got 2\n");
    const python = `${toSource(small(), { language: "python" })}
try:
    predict(${row})
except ValueError as error:
    print(error)`;
    expect(runText("python", programOf(context, "python"), python)).toBe("predict: expected 3 inputs, got 2\n");
  });

  test.each([
    ["as they are", undefined],
    ["scaled", { mean: [1, 2, 3], scale: [4, 5, 6] }],
  ])("takes numerals for numbers in JavaScript, and nothing that is neither, %s", (_, scaling) => {
    // A residual adds inputs, which of strings would put them one behind the other.
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, activation: "relu", residual: true }] });
    const text = toSource(network, { language: "javascript", ...(scaling && { scaling }) });
    const asked = `${text}
console.log(JSON.stringify([predict([1, -2, 0.5]), predict(["1", "-2", "0.5"])]));
for (const row of [[1, "two", 3], [1, NaN, 3], [1, , 3]]) try { predict(row); } catch (error) { console.log(String(error)); }`;
    const [answers, ...errors] = runText("javascript", process.execPath, asked).trim().split("\n") as [string, ...string[]];
    const [numbers, numerals] = JSON.parse(answers);
    expect(numerals).toEqual(numbers);
    expect(errors).toEqual(["two", "NaN", "undefined"].map((what) => `RangeError: predict: expected numbers, got ${what} as input 1`));
  });
});

describe("is refused", () => {
  const wide = () => new NeuralNetwork({ inputs: 447, layers: [{ units: 447, activation: "relu" }], precision: "float32" });

  test.each<[string, () => unknown, Anything, Kind, string]>([
    ["no network", () => 3, { language: "c" }, TypeError, "network: expected a NeuralNetwork, got 3"],
    [
      "one with infinite weights",
      () => infinite(),
      { language: "c" },
      RangeError,
      "layers[0].weights[2][1]: expected a finite number, got Infinity",
    ],
    [
      "one with too many parameters",
      wide,
      { language: "c" },
      RangeError,
      "network: expected at most 200000 parameters, for which source text is meant, got 200256",
    ],
    ["nothing said", small, undefined, TypeError, "options: expected an object, got undefined"],
    ["no language", small, {}, TypeError, "language: expected one of javascript, c, python, got undefined"],
    [
      "another language",
      small,
      { language: "C" },
      RangeError,
      'language: expected one of javascript, c, python, got "C"; did you mean "c"?',
    ],
    [
      "a language of every object",
      small,
      { language: "toString" },
      RangeError,
      'language: expected one of javascript, c, python, got "toString"',
    ],
    ["another option", small, { language: "c", nam: "f" }, TypeError, 'options: unknown option "nam"; did you mean "name"?'],
    ["no name", small, { language: "c", name: null }, TypeError, "name: expected a name, got null"],
    [
      "an empty name",
      small,
      { language: "c", name: "" },
      RangeError,
      'name: expected a letter, then letters, digits and underscores, at most 63 in all, got ""',
    ],
    [
      "a name with more in it",
      small,
      { language: "javascript", name: "f(){}evil()//" },
      RangeError,
      'name: expected a letter, then letters, digits and underscores, at most 63 in all, got "f(){}evil()//"',
    ],
    [
      "a long name",
      small,
      { language: "c", name: "a".repeat(64) },
      RangeError,
      `name: expected a letter, then letters, digits and underscores, at most 63 in all, got "${"a".repeat(37)}..."`,
    ],
    [
      "a word of the language",
      small,
      { language: "python", name: "lambda" },
      RangeError,
      'name: expected a name that Python leaves free, got "lambda"',
    ],
    [
      "a name by which a module cannot be imported",
      small,
      { language: "javascript", name: "then" },
      RangeError,
      'name: expected a name that JavaScript leaves free, got "then"',
    ],
    [
      "a function of C's library",
      small,
      { language: "c", name: "malloc" },
      RangeError,
      'name: expected a name that C leaves free, got "malloc"',
    ],
    [
      "what the text uses",
      small,
      { language: "javascript", name: "Math" },
      RangeError,
      'name: expected a name that JavaScript leaves free, got "Math"',
    ],
    [
      "what the text includes",
      small,
      { language: "c", name: "tanhf" },
      RangeError,
      'name: expected a name that C leaves free, got "tanhf"',
    ],
    [
      "a scaling that does not fit",
      small,
      { language: "c", scaling: { mean: [1], scale: [1, 1, 1] } },
      RangeError,
      "scaling.mean: expected 3 numbers, got 1",
    ],
  ])("%s", (_, network, options, kind, message) => {
    const call = () => toSource(network() as NeuralNetwork, options);
    expect(call).toThrow(kind);
    expect(call).toThrow(new kind(message));
  });

  function infinite(): NeuralNetwork {
    const network = small();
    (network.layers[0] as Anything).weights[9] = Number.POSITIVE_INFINITY;
    return network;
  }

  test("but not one with as many parameters as there may be", () => {
    const network = new NeuralNetwork({ inputs: 399, layers: [{ units: 500, activation: "relu" }], precision: "float32" });
    expect(toSource(network, { language: "javascript" }).length).toBeGreaterThan(200_000);
  });

  test("any name that a header of C99 has, or that the compiler knows", (context) => {
    const compiler = programOf(context, "c");
    const headers = C99_HEADERS.map((header) => `#include <${header}.h>\n`).join("");
    const folder = mkdtempSync(join(tmpdir(), "feedforward-names-"));
    try {
      const file = join(folder, "names.c");
      writeFileSync(file, headers);
      const words = output(compiler, ["-std=c99", "-E", "-dD", file]).match(/\b[a-z]\w*\b/gi) ?? [];
      const names = [...new Set([...words, ...KNOWN_TO_COMPILERS])].filter((name) => isFree(name));
      // Parameters' names and members', which are in nobody's way.
      expect(names.length).toBeGreaterThan(20);
      const declarations = names.map((name) => `void ${name}(const double *inputs, double *outputs);\n`).join("");
      for (const std of ["c99", "gnu17"]) {
        for (const included of [std === "c99" ? headers : "", "#include <math.h>\n"]) {
          writeFileSync(file, `${included}${declarations}`);
          output(compiler, [`-std=${std}`, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", file]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const name of [
      ...KNOWN_TO_COMPILERS,
      "NULL",
      "size_t",
      "EDOM",
      "SIGINT",
      "LC_ALL",
      "DBL_MAX",
      "int8_t",
      "UINT64_C",
      "PRId64",
      "uint_fast8_t",
    ]) {
      expect(isFree(name), name).toBe(false);
    }
    for (const name of [
      "predict",
      "iris",
      "total",
      "Early",
      "stripes",
      "memory",
      "sign",
      "print",
      "printer",
      "isle",
      "EastIndia",
      "NOISE",
    ]) {
      expect(isFree(name), name).toBe(true);
    }
  });

  function isFree(name: string): boolean {
    try {
      toSource(new NeuralNetwork(), { language: "c", name });
      return true;
    } catch {
      return false;
    }
  }

  test(`any name that is no identifier, FC_SEED=${SEED}`, () => {
    let [taken, refused] = [0, 0];
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[A-Za-z_]\w{0,70}$/),
      fc.constantFrom("a\n", "a b", "ä", "a\u2028", "1a", "$"),
    );
    check(500, [text, fc.constantFrom(...LANGUAGES)], (name, language) => {
      let written: string | undefined;
      try {
        written = toSource(new NeuralNetwork(), { language, name });
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
      }
      if (written === undefined) return;
      expect(name).toMatch(/^[a-zA-Z]\w*$/);
      taken++;
    });
    expect(taken).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  test("what is no network, but would like to write text of its own", () => {
    const network = new NeuralNetwork();
    const [layer] = network.layers as [Anything];
    const evil = { toString: () => "sigmoid", valueOf: () => 3 };
    const { weights, biases, scales, shifts, means, variances } = layer;
    const given = { ...layer, weights, biases, scales, shifts, means, variances };
    for (const part of [
      { activation: evil },
      { activation: "evil()" },
      { inputs: evil },
      { units: evil },
      { parameter: evil },
      { weights: ["1", "2", "3"] },
      { weights: Object.assign(["evil()", "1", "1"], { findIndex: () => -1 }) },
      { biases: { length: 1, 0: "evil()" } },
    ]) {
      const fake = { precision: "float64", layers: [{ ...given, ...part }] };
      expect(() => toSource(fake as Anything, { language: "javascript" } as SourceOptions), JSON.stringify(part)).toThrow(
        /^(network|layers\[0\]).*: expected/,
      );
    }
    // What a typed array has of its own is not asked.
    const own = {
      findIndex: () => -1,
      map: () => ["evil()"],
      *[Symbol.iterator]() {
        yield* ["evil()", "evil()", "evil()"];
      },
    };
    for (const part of [{}, { weights: Object.assign(Float64Array.from(weights), own) }]) {
      const like = { precision: "float64", layers: [{ ...given, ...part }] } as Anything;
      for (const language of LANGUAGES) expect(toSource(like, { language })).toBe(toSource(network, { language }));
    }
  });
});
