import { count, describe, wrongKind } from "../errors.js";
import type { ActivationName, ActivationOption, Elements, NeuralNetwork, Precision, Row } from "../index.js";
import { nameOf, or, positive } from "../options/check.js";
import { ImportError, list, SHOWN, unexpected } from "./errors.js";
import { arrayAt, at, isObject, type JsonObject, matrix, nameAt, numbers, quoted, readJson, sizeOf } from "./json.js";
import { build, type ImportedLayer, type ImportOptions, notFinite, precisionOf, readImportOptions, room } from "./network.js";

/** What brain.js does not always write. */
export interface BrainOptions extends ImportOptions {
  /** The activation, of a file that does not name one: brain.js 1 leaves it out when it has trained on a graphics processor. */
  activation?: BrainActivation;
  /** The slope of leaky-relu, of a file that does not say: brain.js 1 never writes it. Default 0.01, as there. */
  leakyReluAlpha?: number;
}

export type BrainActivation = keyof typeof ACTIVATIONS;

/** A network from brain.js. Its `run` takes and gives what brain.js' does. */
export interface BrainImport<Output extends Record<string, number> | number[] = Record<string, number>> {
  readonly network: NeuralNetwork;
  /** The name of each input, in the order of the network's columns; undefined where it was trained with arrays. */
  readonly inputNames: readonly string[] | undefined;
  /** The name of each output, likewise. */
  readonly outputNames: readonly string[] | undefined;
  /** The answer to one input, by names where the network has any: a name that is missing counts as 0, others are passed over, as in brain.js. */
  run(input: Readonly<Record<string, number>> | Row): Output;
}

const ACTIVATIONS = { sigmoid: "sigmoid", tanh: "tanh", relu: "relu", "leaky-relu": "leakyRelu" } as const satisfies Record<
  string,
  ActivationName
>;

/** The types that have a feed-forward network's weights in their JSON; of those without a type the form is looked at. */
const TYPES = { NeuralNetwork: false, NeuralNetworkGPU: true };

/** Layers and names, whichever version wrote them. Of the first layer, which computes nothing, only the width is there. */
interface Contents {
  readonly width: number;
  readonly layers: readonly { readonly inputs: number; readonly units: number; readonly weights: Elements; readonly biases: Elements }[];
  readonly inputNames: readonly string[] | undefined;
  readonly outputNames: readonly string[] | undefined;
  /** Whether leaky-relu is 0 below 0 and alpha · z above, as brain.js 1 and all its kernels for graphics processors compute it. */
  readonly leaksAbove: boolean;
}

/**
 * A network from what `toJSON()` of brain.js' `NeuralNetwork` or `NeuralNetworkGPU` gives, of version 1 and 2, as an object or as text. The precision is float64, in which brain.js sums, unless
 * another is asked for; brain.js keeps the outputs of layers as float32, so answers agree to that.
 *
 * @throws ImportError for what is none, or cannot be a network here
 * @throws TypeError, RangeError for options, and for a network that memory has no room for
 */
export function fromBrain<Output extends Record<string, number> | number[] = Record<string, number>>(
  json: string | object,
  options?: BrainOptions,
): BrainImport<Output> {
  const given = readImportOptions(options, ["activation", "leakyReluAlpha"]);
  // Whether the file needs them or not, since a mistake in them would else be found with another file.
  if (given.activation !== undefined) nameOf("activation", given.activation, ACTIVATIONS);
  if (given.leakyReluAlpha !== undefined) positive("leakyReluAlpha", given.leakyReluAlpha);
  const file = readJson(json);
  const isGpu = readType(file);
  const precision = precisionOf(given, "float64");
  const activation = readActivation(file, given.activation);
  const contents = readContents(file, precision);
  checkSizes(file, contents);
  const leaks = activation === "leakyRelu";
  const alpha = leaks ? readAlpha(file, given.leakyReluAlpha, isGpu) : 0;
  const scaled = leaks && (contents.leaksAbove || isGpu);
  const option: ActivationOption = !leaks ? activation : scaled ? "relu" : { name: "leakyRelu", slope: alpha };
  const layers = contents.layers.map(({ inputs, units, weights, biases }): ImportedLayer => {
    // alpha · max(z, 0) is max(alpha · z, 0).
    const scale = (values: Elements) => (scaled ? values.map((x: number) => alpha * x) : values);
    return { inputs, units, activation: option, weights: scale(weights) as Elements, biases: scale(biases) as Elements };
  });
  const { inputNames, outputNames } = contents;
  const network = build(layers, precision, given);
  return { network, inputNames, outputNames, run: (input) => run(network, contents, input) as Output };
}

function run(network: NeuralNetwork, { width, inputNames, outputNames }: Contents, input: unknown): unknown {
  let row = input as Row;
  // The network would take several rows, too.
  const isRow = Array.isArray(input) ? typeof input[0] !== "object" || input[0] === null : ArrayBuffer.isView(input);
  if (inputNames) {
    if (!isObject(input)) throw wrongKind("input", "an object with a number for each name", input);
    row = inputNames.map((name) => or(at(input, name), 0) as number);
  } else if (!isRow) throw wrongKind("input", `an array of ${count(width, "number")}`, input);
  const outputs = Array.from(network.think(row) as ArrayLike<number>);
  return outputNames ? Object.fromEntries(outputNames.map((name, i) => [name, outputs[i]])) : outputs;
}

/** Refuses JSON of brain.js' other classes, and says whether it is that of the class for graphics processors. */
function readType(file: JsonObject): boolean {
  const type = at(file, "type");
  if (type !== undefined) {
    if (typeof type !== "string") throw unexpected("syntax", "type", "a name", type);
    if (Object.hasOwn(TYPES, type)) return TYPES[type as keyof typeof TYPES];
    const what = /rnn|lstm|gru|recurrent/i.test(type) ? ": a recurrent network" : "";
    throw new ImportError("unsupported", `type: expected NeuralNetwork or NeuralNetworkGPU, got ${describe(type)}${what}`);
  }
  if (Object.hasOwn(file, "hiddenLayers"))
    throw new ImportError("unsupported", "json: expected a NeuralNetwork's, got a recurrent network's");
  if (Object.hasOwn(file, "sets")) {
    throw new ImportError(
      "unsupported",
      "json: expected a NeuralNetwork's, got a CrossValidate's, which has one in each of its sets: json.sets[0].network",
    );
  }
  return false;
}

function readActivation(file: JsonObject, given: unknown): ActivationName {
  const training = at(file, "trainOpts");
  // Version 2 has it among the options of training.
  const holder = Object.hasOwn(file, "activation") || !isObject(training) ? file : training;
  const name = holder === file ? "activation" : "trainOpts.activation";
  const written = at(holder, "activation");
  if (written !== undefined && written !== null) return nameAt(holder, "activation", ACTIVATIONS, name);
  if (given === undefined) {
    throw new ImportError(
      "ambiguous",
      `activation: the file has none; expected the option { activation }, one of ${Object.keys(ACTIVATIONS).join(", ")}`,
    );
  }
  return ACTIVATIONS[given as BrainActivation];
}

/** The slope: the file's, else that which was given, else brain.js' own; its kernels for graphics processors know this one alone. */
function readAlpha(file: JsonObject, given: unknown, isGpu: boolean): number {
  if (isGpu) return 0.01;
  const training = at(file, "trainOpts");
  const written = at(file, "leakyReluAlpha") ?? (isObject(training) ? at(training, "leakyReluAlpha") : undefined);
  if (written === undefined || written === null) return given === undefined ? 0.01 : (given as number);
  if (typeof written === "number" && written > 0 && written < 1) return written;
  throw unexpected("unsupported", "leakyReluAlpha", "a number between 0 and 1", written);
}

function readContents(file: JsonObject, precision: Precision): Contents {
  const layers = arrayAt(file, "layers");
  if (layers.length < 2) throw new ImportError("syntax", `layers: expected at least 2, got ${layers.length}`);
  for (const [i, layer] of layers.entries()) if (!isObject(layer)) throw unexpected("syntax", `layers[${i}]`, "an object", layer);
  // An input or a unit may be named "weights", but is no array then.
  const isList = (layer: unknown) => Array.isArray(at(layer as JsonObject, "weights"));
  return isList(layers[1]) ? readLists(file, layers as JsonObject[], precision) : readNodes(file, layers as JsonObject[], precision);
}

/** Version 2: a layer has lists of weights, one of them for each unit, and lookups say which column a name has. */
function readLists(file: JsonObject, [, ...layers]: readonly JsonObject[], precision: Precision): Contents {
  const found = layers.map((layer, l) => {
    const name = `layers[${l + 1}]`;
    const size = sizeOf(`${name}.weights`, at(layer, "weights"));
    const weights = short(matrix(`${name}.weights`, at(layer, "weights"), size, precision, true), `${name}.weights`);
    const [units, inputs] = size;
    return { inputs, units, weights, biases: short(numbers(`${name}.biases`, at(layer, "biases"), units, precision), `${name}.biases`) };
  });
  found.forEach(({ inputs }, i) => {
    const before = found[i - 1]?.units ?? inputs;
    if (inputs !== before)
      throw new ImportError("mismatch", `layers[${i + 1}].weights: expected rows of ${count(before, "number")}, got ${inputs}`);
  });
  const [first, last] = [found[0] as (typeof found)[0], found.at(-1) as (typeof found)[0]];
  return {
    width: first.inputs,
    layers: found,
    inputNames: readLookup("inputLookup", at(file, "inputLookup"), first.inputs),
    outputNames: readLookup("outputLookup", at(file, "outputLookup"), last.units),
    leaksAbove: false,
  };
}

/** Names by their columns, of an object that has a column for each name. */
function readLookup(name: string, lookup: unknown, width: number): string[] | undefined {
  if (lookup === null || lookup === undefined || lookup === false) return undefined;
  if (!isObject(lookup)) throw unexpected("syntax", name, "an object, or null", lookup);
  const entries = Object.entries(lookup);
  if (entries.length !== width) throw new ImportError("mismatch", `${name}: expected ${count(width, "name")}, got ${entries.length}`);
  const names = new Map<unknown, string>();
  for (const [key, column] of entries) {
    const isColumn = Number.isInteger(column) && (column as number) >= 0 && (column as number) < width;
    if (!isColumn || names.has(column)) {
      throw unexpected("syntax", `${name}[${describe(key)}]`, `a column of its own, from 0 to ${width - 1}`, column);
    }
    names.set(column, key);
  }
  return entries.map((_, column) => names.get(column) as string);
}

/** Version 1: a layer is an object of its units by their names, each with its bias and its weights by the names of the units before. */
function readNodes(file: JsonObject, layers: readonly JsonObject[], precision: Precision): Contents {
  const names = layers.map((layer) => Object.keys(layer));
  names.forEach((keys, l) => {
    if (keys.length === 0) throw new ImportError("syntax", `layers[${l}]: expected units, got none`);
  });
  const found = layers.slice(1).map((layer, l) => {
    const [before, units] = [names[l] as string[], names[l + 1] as string[]];
    const nodes = units.map((unit) => readNode(`layers[${l + 1}][${describe(unit)}]`, at(layer, unit), before));
    // Only now is room made, as every unit has been seen to have its weights.
    const weights = room(precision, before.length * units.length);
    const biases = room(precision, units.length);
    nodes.forEach(({ name, node, weights: own }, j) => {
      biases[j] = numberAt(node, "bias", name);
      before.forEach((key, i) => {
        weights[i * units.length + j] = numberAt(own, key, `${name}.weights`);
      });
    });
    return { inputs: before.length, units: units.length, weights, biases };
  });
  const last = names.length - 1;
  return {
    width: (names[0] as string[]).length,
    layers: found,
    inputNames: namesOf(layers[0] as JsonObject, at(file, "inputLookup")),
    outputNames: namesOf(layers[last] as JsonObject, at(file, "outputLookup")),
    leaksAbove: true,
  };
}

function readNode(name: string, node: unknown, before: readonly string[]): { name: string; node: JsonObject; weights: JsonObject } {
  if (!isObject(node)) throw unexpected("syntax", name, "a unit with bias and weights", node);
  const weights = at(node, "weights");
  if (!isObject(weights)) throw unexpected("syntax", `${name}.weights`, "an object with a number for each unit before", weights);
  const keys = Object.keys(weights);
  if (keys.length !== before.length || !before.every((key) => Object.hasOwn(weights, key))) {
    throw new ImportError("mismatch", `${name}.weights: expected those of ${list(quoted(before))}, got ${list(quoted(keys))}`);
  }
  return { name, node, weights };
}

function numberAt(object: JsonObject, key: string, name: string): number {
  const value = at(object, key);
  if (typeof value !== "number") throw unexpected("syntax", `${name}[${describe(key)}]`, "a number", value);
  const x = Math.fround(value);
  if (!Number.isFinite(x)) throw notFinite(`${name}[${describe(key)}]`, x, "float32");
  return x;
}

/** The names of a layer's units, unless they are just their columns; brain.js says so by a flag, in old files by there being no unit 0 alone. */
function namesOf(layer: JsonObject, flag: unknown): string[] | undefined {
  if (flag === true || !Object.hasOwn(layer, "0")) return Object.keys(layer);
  return undefined;
}

/** brain.js' weights are float32, to which it rounds those that it reads. */
function short(values: Elements, name: string): Elements {
  for (let i = 0; i < values.length; i++) {
    const x = Math.fround(values[i] as number);
    if (!Number.isFinite(x)) throw notFinite(`${name}, number ${i}`, x, "float32");
    values[i] = x;
  }
  return values;
}

/** The sizes that a file gives besides must be those of its layers. */
function checkSizes(file: JsonObject, { width, layers }: Contents): void {
  const sizes = at(file, "sizes");
  const found = [width, ...layers.map(({ units }) => units)];
  if (sizes === undefined) return;
  if (!Array.isArray(sizes)) throw unexpected("syntax", "sizes", "an array", sizes);
  const differs = found.findIndex((size, i) => sizes[i] !== size);
  if (differs >= 0 || sizes.length !== found.length) {
    throw new ImportError(
      "mismatch",
      `sizes: expected ${list(found.map(String))}, those of the layers, got ${list(Array.from(sizes.slice(0, SHOWN), describe), sizes.length)}`,
    );
  }
}
