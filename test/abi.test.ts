// docs/abi.md is what hosts in other languages are written from, so it is held against src/abi.ts and against the built binaries: a row
// that is missing, left over or wrong fails. What it promises about calls is then tried on the bare exports.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { BareCore, BareNetwork, HEADER_BYTES, LAYER_BYTES, PAGE, pageTable } from "./support/bare-host.js";
import { signaturesOf } from "./support/signatures.js";

const SOURCE = readFileSync("src/abi.ts", "utf8");
const BUILDS = ["feedforward.wasm", "feedforward.scalar.wasm"].map((file) => ({ file, binary: readFileSync(`dist/${file}`) }));

interface Member {
  readonly name: string;
  readonly value: string;
  readonly comment: string;
}

/** The members of an enumeration in src/abi.ts with their comments. */
function members(enumeration: string): Member[] {
  const body = new RegExp(`enum ${enumeration} \\{\\n(.*?)^\\}`, "ms").exec(SOURCE)?.[1] ?? "";
  const found = [...body.matchAll(/(?:\/\*\* (.*?) \*\/\s*)?(\w+) = (\d+),/gs)].map(([, comment = "", name = "", value = ""]) => ({
    name,
    value,
    comment,
  }));
  expect(found.length, enumeration).toBeGreaterThan(0);
  return found;
}

/** The value of one member. */
function value(enumeration: string, name: string): number {
  return Number(members(enumeration).find((member) => member.name === name)?.value);
}

/** [offset, type, name, direction] of a field, whose comment begins "in:", "out, f64:" or the like. */
function field({ name, value, comment }: Member): string[] {
  const [, direction = "", type = "u32"] = /^(in|out|in\/out)(?:, (\w+))?:/.exec(comment) ?? [];
  return [value, type, name, direction];
}

/** The enumerations of codes. */
const CODES = [
  "Status",
  "Activation",
  "Loss",
  "Reduction",
  "Initializer",
  "Optimizer",
  "Schedule",
  "Monitor",
  "Normalization",
  "Measure",
  "Evaluation",
  "Report",
  "ClassReport",
  "Function",
] as const;

describe("docs/abi.md agrees with src/abi.ts", () => {
  test("every enumeration is known here", () => {
    expect([...SOURCE.matchAll(/enum (\w+)/g)].map(([, name]) => name)).toEqual([
      "Abi",
      "Header",
      "LayerField",
      "Status",
      "Activation",
      "Function",
      "Loss",
      "Reduction",
      "Initializer",
      "Optimizer",
      "Schedule",
      "Monitor",
      "Normalization",
      "Measure",
      "Evaluation",
      "Report",
      "ClassReport",
    ]);
  });

  test("header", () => {
    const fields = members("Header").filter(({ name }) => name !== "Bytes");
    expect(pageTable("Header").map((row) => row.slice(0, 4))).toEqual(fields.map(field));
    expect(PAGE).toContain(`The header takes ${value("Header", "Bytes")} bytes.`);
  });

  test("layer table", () => {
    expect(pageTable("Layer table").map((row) => row.slice(0, 4))).toEqual(members("LayerField").map(field));
    expect(PAGE).toContain(`Entry \`l\` stands at ${value("Header", "Bytes")} + ${value("Abi", "LayerBytes")} · \`l\`.`);
  });

  test.each(CODES)("codes of %s", (name) => {
    expect(pageTable(name).map((row) => row.slice(0, 2))).toEqual(members(name).map((member) => [member.value, member.name]));
  });

  test("version and alignment", () => {
    expect(PAGE).toContain(`ABI version **${value("Abi", "Version")}**`);
    expect(PAGE).toContain(`- a multiple of ${value("Abi", "Alignment")}, at or above`);
  });

  test("every row says what it means", () => {
    for (const name of ["Header", "Layer table", "Exports", ...CODES]) {
      for (const row of pageTable(name)) expect(row.at(-1), row.join(" | ")).toMatch(/\S/);
    }
  });
});

describe.each(BUILDS)("docs/abi.md agrees with $file", ({ file, binary }) => {
  const module = new WebAssembly.Module(binary);
  const core = new BareCore(module);

  test("which the page names", () => {
    expect(pageTable("The module").map(([name]) => name)).toContain(`\`${file}\``);
  });

  test("imports", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(PAGE).toContain("To instantiate the first two, pass no imports.");
  });

  test("exports and their signatures", () => {
    const signatures = signaturesOf(binary);
    const actual = WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind === "function" ? signatures.get(name) : kind]);
    const described = pageTable("Exports").map(([name = "", signature = ""]) => [
      name.replaceAll("`", ""),
      signature.replaceAll("`", "").replaceAll(/\w+: /g, ""),
    ]);
    expect(described.sort()).toEqual(actual.sort());
    expect(described.length).toBe(15);
  });

  test("self-test and its digests", () => {
    expect(core.call("abiVersion")).toBe(value("Abi", "Version"));
    core.growTo(core.base + core.call("selfTestBytes"));
    expect(core.call("selfTest", core.base)).toBe(value("Status", "Ok"));
    const digests = [0, 4].map(
      (offset) =>
        `\`0x${core.view
          .getUint32(core.base + offset, true)
          .toString(16)
          .padStart(8, "0")}\``,
    );
    expect(pageTable("The self-test")).toEqual([
      ["f64", digests[0]],
      ["f32", digests[1]],
    ]);
  });
});

test("docs/abi.md agrees with 'feedforward.threads.wasm'", () => {
  const binary = readFileSync(createRequire(import.meta.url).resolve("feedforward/feedforward.threads.wasm"));
  const module = new WebAssembly.Module(binary);
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  const signatures = signaturesOf(binary);
  const actual = WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind === "function" ? signatures.get(name) : kind]);
  const described = [...pageTable("Exports"), ...pageTable("Threads")].map(([name = "", signature = ""]) => [
    name.replaceAll("`", ""),
    signature.replaceAll("`", "").replaceAll(/\w+: /g, ""),
  ]);
  expect(described.sort()).toEqual(actual.sort());
  expect(described.length).toBe(18);
});

const TUTORIAL = { inputs: [0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1], targets: [0, 1, 1, 0] };
const ENDING = [10.087408960563154, -0.2069536618062991, -4.83757834715658];

describe.each(BUILDS)("the sequence of calls, on $file", ({ binary }) => {
  const module = new WebAssembly.Module(binary);

  test("the tutorial's run, cut anywhere", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    const { losses } = network.train(15_000, 7, 100);
    expect(network.weights()).toEqual(ENDING);
    expect(losses.length).toBe(150);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(network.think([1, 0, 0])).toBe(0.9999584016709994);
  });

  test("a full history asks to be taken", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    const capacity = Math.floor(1024 / network.get("HistoryWidth"));
    expect(capacity).toBe(256);
    network.prepare(capacity + 1, 1);
    expect(network.call("train", 1_000_000)).toBe(value("Status", "More"));
    expect(network.get("HistoryLength")).toBe(capacity);
    expect(network.call("train", 1_000_000)).toBe(value("Status", "More"));
    expect(network.getDouble("Epoch")).toBe(capacity);
    network.set("HistoryLength", 0);
    expect(network.call("train", 1_000_000)).toBe(value("Status", "Ok"));
    expect(network.getDouble("Epoch")).toBe(capacity + 1);
    expect(network.get("HistoryLength")).toBe(1);
  });

  test("two blocks in one memory, one of them saved, loaded elsewhere and trained on", () => {
    const core = new BareCore(module);
    const first = new BareNetwork(core, TUTORIAL.inputs, TUTORIAL.targets);
    const second = new BareNetwork(core, TUTORIAL.inputs, [1, 0, 0, 1], first.network + first.bytes);
    first.train(6_000, 1_000, 1_000);
    second.train(100, 1_000, 1_000);
    const saved = first.bytesBefore("Gradient");
    expect(first.think([1, 0, 0])).toBeGreaterThan(0.9);
    expect(second.think([1, 0, 0])).toBeLessThan(0.5);

    const loaded = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets, undefined, saved);
    loaded.train(9_000, 1_000, 1_000);
    expect(loaded.weights()).toEqual(ENDING);
  });

  test("a model file goes into a network of the same options, however much room that has", () => {
    const whole = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    whole.train(6_000, 1_000, 1_000);
    const file = whole.save();
    const other = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    other.set("Training", 0);
    expect(other.load(file, other.layOut())).toBe(0);
    expect(other.get("Training")).toBe(1);
    other.place(TUTORIAL.inputs, TUTORIAL.targets);
    other.train(9_000, 1_000, 1_000);
    expect(other.weights()).toEqual(ENDING);
    whole.train(9_000, 1_000, 1_000);
    expect(other.save()).toEqual(whole.save());
  });

  test("a model file makes a network where there is none, which has no room for rows yet", () => {
    const whole = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    whole.train(6_000, 1_000, 1_000);
    const file = whole.save();
    const other = BareNetwork.none(new BareCore(module));
    // First it has to stand behind the tables, then so that it ends behind the block.
    const first = other.load(file, HEADER_BYTES);
    expect(first).toBe(HEADER_BYTES + LAYER_BYTES + file.length);
    expect(other.get("ElementBytes")).toBe(0);
    const second = other.load(file, first - file.length);
    expect(second).toBeGreaterThan(first);
    expect(other.load(file, second - file.length - 4)).toBe(second);
    expect(other.load(file, second - file.length)).toBe(0);
    expect(other.save()).toEqual(file);
    expect(other.layOut()).toBe(second);
    expect(other.think([1, 0, 0])).toBe(whole.think([1, 0, 0]));
  });

  test("where a large file must stand is answered when its first 4 MiB are there", () => {
    const rows = 600_000;
    const whole = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    const history = Float64Array.from({ length: rows }, (_, i) => i);
    const at = whole.network + whole.layOut();
    whole.core.growTo(at + history.byteLength);
    new Float64Array(whole.core.memory.buffer, at).set(history);
    const bytes = whole.call("save", 0, 0, 0, 0, at, 1, rows);
    const to = at + history.byteLength;
    whole.core.growTo(to + bytes);
    expect(whole.call("save", to, 0, 0, 0, at, 1, rows)).toBe(bytes);
    const file = new Uint8Array(whole.core.memory.buffer).slice(to, to + bytes);
    const other = BareNetwork.none(new BareCore(module));
    const place = HEADER_BYTES + LAYER_BYTES;
    const head = 2 ** 22;
    other.core.growTo(other.network + place + head);
    new Uint8Array(other.core.memory.buffer).set(file.subarray(0, head), other.network + place);
    const answer = other.call("load", other.network + place, bytes, head);
    expect(answer).toBe(place + bytes);
    expect(other.load(file, answer - bytes)).toBe(0);
  });

  test.each([
    ["NoModelFile", 8, 1],
    ["NewerVersion", 8 + '{"__metadata__":{"format":"feedforward","version":"'.length, 3],
    ["DamagedFile", 100, 1],
    ["DamagedFile", 3000, 1],
  ])("load answers %s where the byte at %i is another, and changes nothing", (status, at, by) => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.train(10, 10, 10);
    const file = network.save();
    file[at] = (file[at] as number) ^ by;
    const before = network.bytesBefore("Gradient");
    expect(network.load(file, network.bytes)).toBe(-value("Status", status));
    expect(network.bytesBefore("Gradient")).toEqual(before);
  });

  test("save answers why there is no file", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    const at = network.network + network.layOut();
    const call = (text: number, bytes: number) => network.call("save", at + 2 ** 22, 0, text, bytes, 0, 0, 0);
    network.core.growTo(at + 2 ** 23);
    const memory = new Uint8Array(network.core.memory.buffer);
    memory.fill(0x7e, at, at + 2 ** 21);
    expect(call(at, 2 ** 20)).toBe(-value("Status", "TooLarge"));
    expect(call(at, 2 ** 20 - 2000)).toBeGreaterThan(2 ** 20);
    for (const character of [0, 0x1f, 0x7f, 0xff]) {
      memory[at + 5] = character;
      expect(call(at, 10)).toBe(-value("Status", "UnfitText"));
    }
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      network.core.view.setFloat64(network.network + network.get("Parameters") + 16, wrong, true);
      expect(call(at, 5)).toBe(-value("Status", "NonFiniteNumbers"));
    }
  });

  test("room for more rows keeps what is kept", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.train(6_000, 1_000, 1_000);
    // In front of the generator stand the offsets of what moves.
    const kept = () => network.bytesBefore("Gradient").subarray(network.get("Generator"));
    const before = kept();
    network.set("SampleCapacity", 10_000);
    expect(network.layOut()).toBeGreaterThan(10_000 * 4 * 8);
    expect(kept()).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
    network.place(TUTORIAL.inputs, TUTORIAL.targets);
    network.train(9_000, 1_000, 1_000);
    expect(network.weights()).toEqual(ENDING);
  });

  test("a loss that is not finite stops before the step, again and again", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.train(5, 1, 1);
    const weights = network.weights();
    network.place([Number.NaN, ...TUTORIAL.inputs.slice(1)], TUTORIAL.targets);
    network.prepare(10, 1);
    for (const _ of [1, 2]) expect(network.call("train", 100)).toBe(value("Status", "NonFiniteLoss"));
    expect(network.weights()).toEqual(weights);
    expect([network.getDouble("Epoch"), network.getDouble("Step"), network.get("Cursor")]).toEqual([5, 5, 0]);
  });

  test.each([
    ["ElementBytes", 2],
    ["Inputs", 0],
    ["LayerCount", 0],
    ["SampleCapacity", 0],
    ["Loss", 9],
    ["Reduction", 9],
    ["Optimizer", 10],
    ["Optimizer", 9], // which needs room for at least one pair
    ["Schedule", 6],
    ["Monitor", 2],
    ["Measures", 8],
    ["Evaluation", 4],
  ])("layout refuses %s = %i", (name, wrong) => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.set(name, wrong);
    expect(network.call("layout")).toBe(-value("Status", "InvalidBlock"));
  });

  test.each([
    ["Units", 0],
    ["Activation", 12],
    ["Bias", 3],
    ["Initializer", 10],
    ["BiasInitializer", 9],
    ["Normalization", 3],
    ["Residual", 1],
  ])("layout refuses a layer with %s = %i", (name, wrong) => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.setLayer(name, wrong);
    expect(network.call("layout")).toBe(-value("Status", "InvalidBlock"));
  });

  test.each([
    ["Training", 0],
    ["SampleRows", 0],
    ["SampleRows", 5],
    ["BatchRows", 0],
    ["Cursor", 4],
  ])("train refuses %s = %i and does nothing", (name, wrong) => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.prepare(10, 1);
    network.set(name, wrong);
    const bytes = () => new Uint8Array(network.core.memory.buffer, network.network, network.bytes).slice();
    const before = bytes();
    expect(network.call("train", 100)).toBe(value("Status", "InvalidRun"));
    expect(bytes()).toEqual(before);
  });

  test("train refuses a history interval below 1, and think more rows than there are", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.prepare(10, 0);
    expect(network.call("train", 100)).toBe(value("Status", "InvalidRun"));
    expect(network.call("think", TUTORIAL.targets.length + 1)).toBe(value("Status", "InvalidRun"));
    expect(network.call("think", TUTORIAL.targets.length)).toBe(value("Status", "Ok"));
  });

  test("the history has the measures that are asked for, behind the learning rate", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    expect(network.call("think", 4)).toBe(value("Status", "Ok"));
    const errors = network.doubles("SampleTargets", 4).map((y, i) => y - (TUTORIAL.targets[i] as number));
    const shareOf = (holds: (error: number) => boolean) => errors.filter(holds).length / 4;
    const meanOf = (f: (error: number) => number) => errors.reduce((sum, error) => sum + f(error), 0) / 4;
    network.set("Measures", value("Measure", "Accuracy") + value("Measure", "RootMeanSquaredError"));
    network.layOut();
    network.place(TUTORIAL.inputs, TUTORIAL.targets);
    network.prepare(1, 1);
    expect(network.call("train", 1)).toBe(value("Status", "Ok"));
    expect(network.get("HistoryWidth")).toBe(8);
    const [epoch, , , , accuracy, squared] = network.doubles("History", 8);
    expect([epoch, accuracy]).toEqual([1, shareOf((error) => Math.abs(error) < 0.5)]);
    expect(squared).toBeCloseTo(Math.sqrt(meanOf((error) => error * error)), 14);
    network.set("Measures", 7);
    network.layOut();
    expect(network.get("HistoryWidth")).toBe(10);
  });

  test("evaluate leaves its report where the page says", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.train(15_000, 1_000, 1_000);
    expect(network.call("evaluate", 4)).toBe(value("Status", "InvalidRun")); // nothing is asked for
    network.set("Evaluation", value("Evaluation", "Classes"));
    network.set("TopCount", 1);
    network.layOut();
    network.place(TUTORIAL.inputs, [0, 1, 1, 1]);
    for (const rows of [0, 5]) expect(network.call("evaluate", rows)).toBe(value("Status", "InvalidRun"));
    expect(network.call("evaluate", 4)).toBe(value("Status", "Ok"));
    const report = network.doubles("Report", value("Report", "PerClass") + 2 * value("ClassReport", "Width") + 4);
    const at = (name: string) => report[value("Report", name)];
    const ofClass = (k: number, name: string) =>
      report[value("Report", "PerClass") + k * value("ClassReport", "Width") + value("ClassReport", name)];
    expect(["Weight", "Accuracy", "TopAccuracy", "MacroArea"].map(at)).toEqual([4, 0.75, 0.75, 2 / 3]);
    expect(["Precision", "Recall", "Support", "Area"].map((name) => ofClass(0, name))).toEqual([0.5, 1, 1, 2 / 3]);
    expect(["Precision", "Recall", "Support", "Area"].map((name) => ofClass(1, name))).toEqual([1, 2 / 3, 3, 2 / 3]);
    expect(report.slice(-4)).toEqual([1, 0, 1, 2]);
    const scores = network.doubles("Scores", 4);
    expect(network.call("think", 4)).toBe(value("Status", "Ok"));
    expect(scores).toEqual(network.doubles("SampleTargets", 4));
  });

  test("differentiate gives the gradient that the next step goes along, and the derivatives by the inputs", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    const before = network.weights();
    expect(network.call("differentiate", 4, 1)).toBe(value("Status", "Ok"));
    const gradient = network.doubles("Gradient", 3);
    const loss = network.getDouble("LastLoss");
    expect(network.doubles("SampleInputs", 12)).toEqual(TUTORIAL.inputs);
    expect(network.weights()).toEqual(before);
    const { losses } = network.train(1, 1, 1);
    expect(losses).toEqual([loss]);
    expect(network.weights()).toEqual(before.map((w, i) => w - (gradient[i] as number)));
    expect(gradient.every((g) => g !== 0)).toBe(true);

    network.set("InputGradient", 1);
    network.layOut();
    network.place([1, 0, 0], [1]);
    const [weight = 0, ...others] = network.weights();
    expect(network.call("differentiate", 1, 0)).toBe(value("Status", "Ok"));
    const derivatives = network.doubles("SampleInputs", 3);
    const y = 1 / (1 + Math.exp(-weight));
    for (const [i, w] of [weight, ...others].entries()) expect(derivatives[i]).toBeCloseTo((y - 1) * y * (1 - y) * w, 14);

    for (const rows of [0, 5]) expect(network.call("differentiate", rows, 0)).toBe(value("Status", "InvalidRun"));
    network.set("Training", 0);
    network.layOut();
    expect(network.call("differentiate", 4, 0)).toBe(value("Status", "InvalidRun"));
  });

  test("weighClass multiplies the weights of a class and counts it", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.set("Weighted", 1);
    network.layOut();
    network.place(TUTORIAL.inputs, TUTORIAL.targets);
    network.placeWeights([1, 2, 3, 4]);
    expect(network.call("weighClass", 4, 1, 10)).toBe(2);
    expect(network.call("weighClass", 3, 0, 0.5)).toBe(1);
    expect(network.doubles("SampleWeights", 4)).toEqual([0.5, 20, 30, 4]);
  });

  test("lbfgs arrives, and goes on from a changed network when it is told so", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, [0.2, 0.7, 0.6, 0.3]);
    network.set("Optimizer", value("Optimizer", "Lbfgs"));
    network.set("PairCapacity", 5);
    network.layOut();
    network.call("initialize");
    network.place(TUTORIAL.inputs, [0.2, 0.7, 0.6, 0.3]);
    const { status } = network.train(1_000, 10, 1);
    expect([status, network.get("Stopped")]).toEqual([value("Status", "Ok"), 1]);
    expect(network.getDouble("Epoch")).toBeLessThan(100);
    const loss = network.getDouble("LastLoss");
    network.place(TUTORIAL.inputs, [0.3, 0.7, 0.6, 0.3]);
    network.set("Stopped", 0);
    network.set("GradientReady", 0);
    const { losses } = network.train(1, 1, 1);
    expect(losses[0]).toBeGreaterThan(loss);
  });

  test("layout tells the size of what cannot be, and writes nothing", () => {
    const network = new BareNetwork(new BareCore(module), TUTORIAL.inputs, TUTORIAL.targets);
    network.set("Inputs", 2 ** 31);
    const before = network.bytesBefore("Gradient");
    expect(network.call("layout")).toBeGreaterThan(2 ** 32);
    expect(network.bytesBefore("Gradient")).toEqual(before);
  });

  test.each([
    [8, Float64Array],
    [4, Float32Array],
  ] as const)("apply computes every function on elements of %i bytes", (elementBytes, Type) => {
    const core = new BareCore(module);
    const apply = (fn: number, x: number) => {
      const cell = new Type(core.memory.buffer, core.base, 1);
      cell[0] = x;
      core.call("apply", fn, elementBytes, core.base, 1);
      return cell[0];
    };
    const code = (name: string) => value("Activation", name);
    const slope = value("Function", "Slope");
    expect(apply(code("Linear"), -0.5)).toBe(-0.5);
    expect(apply(code("Sigmoid"), 0)).toBe(0.5);
    expect(apply(code("Tanh"), 1)).toBeCloseTo(Math.tanh(1), 6);
    expect(apply(code("Relu"), -0.5)).toBe(0);
    expect(apply(slope + code("Linear"), 0.5)).toBe(1);
    expect(apply(slope + code("Sigmoid"), 0.5)).toBe(0.25);
    expect(apply(slope + code("Tanh"), 0.5)).toBe(0.75);
    expect(apply(slope + code("Relu"), 0.5)).toBe(1);
    expect(apply(code("LeakyRelu"), -0.5)).toBe(-0.5); // its parameter is 1 here
    expect(apply(code("Elu"), -1)).toBeCloseTo(Math.expm1(-1), 6);
    expect(apply(code("Selu"), 1)).toBeCloseTo(1.0507009873554805, 6);
    expect(apply(code("Gelu"), 1)).toBeCloseTo(0.8413447460685429, 6);
    expect(apply(code("Silu"), 1)).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(apply(code("Softplus"), 1)).toBeCloseTo(Math.log1p(Math.E), 6);
    expect(apply(code("Softsign"), -1)).toBe(-0.5);
    expect(apply(slope + code("LeakyRelu"), -0.5)).toBe(1);
    expect(apply(slope + code("Elu"), -0.5)).toBe(0.5);
    expect(apply(slope + code("Selu"), 1)).toBeCloseTo(1.0507009873554805, 6);
    expect(apply(slope + code("Gelu"), 0)).toBe(0.5);
    expect(apply(slope + code("Silu"), 0)).toBe(0.5);
    expect(apply(slope + code("Softplus"), 0)).toBe(0.5);
    expect(apply(slope + code("Softsign"), -0.5)).toBe(0.25);
  });
});
