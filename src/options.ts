import { Activation, Initializer, Loss, Reduction } from "./abi.js";
import type { CompiledModule } from "./core.js";
import { describe, nearest } from "./errors.js";

/** What a layer does with its weighted sums z: sigmoid 1/(1+e^−z), tanh, relu max(z, 0), linear z. */
export type ActivationName = "sigmoid" | "tanh" | "relu" | "linear";

/** How first weights are made. `"uniform"`: 2·r − 1 with r from the generator's [0, 1), as the tutorial does with NumPy. */
export type InitializerName = "uniform";

/** What training makes small. `"squaredError"`: ½ Σ (output − target)² over the output units, whose gradient is the tutorial's. */
export type LossName = "squaredError";

/**
 * How the rows of a batch come together, in the loss that is reported and in the gradient alike. `"sum"` adds them, as the tutorial does; `"mean"`
 * divides the sum by the number of rows in the batch. Over the output units of a row there is always a sum.
 */
export type ReductionName = "sum" | "mean";

/** `"float64"` computes as NumPy and JavaScript do; `"float32"` takes half the memory and up to half the time. */
export type Precision = "float64" | "float32";

/** One dense layer: f(inputs · weights + biases). */
export interface LayerOptions {
  /** Width of the layer: a whole number, 1 or more. */
  units: number;
  /** Default `"sigmoid"`, the tutorial's. */
  activation?: ActivationName;
  /** Whether each unit has a bias, which starts at 0. Default `true`, as in Keras, PyTorch and scikit-learn. */
  bias?: boolean;
  /** Default `"uniform"`, the tutorial's. */
  initializer?: InitializerName;
}

/** Gradient descent: w ← w − learningRate · gradient after each batch. */
export interface SgdOptions {
  name: "sgd";
  /** A finite number above 0. Default 0.01, as in Keras. The tutorial's network has 1. */
  learningRate?: number;
}

/** A network's shape and how it learns. Without `layers` it is the tutorial's network, whose defaults stand in brackets. */
export interface NetworkOptions {
  /** Width of an input row: a whole number, 1 or more [3]. */
  inputs?: number;
  /** The layers from first to last; the last one's units are the outputs [one sigmoid unit without bias]. */
  layers?: readonly LayerOptions[];
  /** Default `"squaredError"`. */
  loss?: LossName;
  /** Default `"mean"`, as in Keras, PyTorch and scikit-learn [`"sum"`]. */
  reduction?: ReductionName;
  /** A name, or an object with the optimizer's options. Default `"sgd"` with learning rate 0.01 [1]. */
  optimizer?: "sgd" | SgdOptions;
  /** Default `"float64"`. */
  precision?: Precision;
  /** Seed of the generator, a whole number from 0 to 2³² − 1: the same seed gives the same weights in every host. Default 1. */
  seed?: number;
  /** A compiled core to use in place of the embedded one: where only pre-compiled modules are allowed, or `scalarCore()`. */
  core?: CompiledModule;
}

/** How to train. */
export interface TrainOptions {
  /** How often to go through all rows: a whole number, 0 or more. */
  epochs: number;
  /** Rows for each step; the last batch of an epoch takes what is left. Default: all rows in one batch. Rows are taken in their order. */
  batchSize?: number;
  /** The loss of every so many epochs goes into the history, and that of the last. Default: so that there are about 1,000 at most. */
  historyInterval?: number;
}

/** Options with every default in place. */
export interface Plan {
  readonly inputs: number;
  readonly layers: readonly { units: number; activation: ActivationName; bias: boolean; initializer: InitializerName }[];
  readonly loss: Loss;
  readonly reduction: Reduction;
  readonly learningRate: number;
  readonly precision: Precision;
  readonly seed: number;
  readonly core: CompiledModule | undefined;
}

/** Names and their codes. */
export const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = {
  sigmoid: Activation.Sigmoid,
  tanh: Activation.Tanh,
  relu: Activation.Relu,
  linear: Activation.Linear,
};
export const INITIALIZERS: Readonly<Record<InitializerName, Initializer>> = { uniform: Initializer.Uniform };
const LOSSES: Readonly<Record<LossName, Loss>> = { squaredError: Loss.SquaredError };
const PRECISIONS: Readonly<Record<Precision, 4 | 8>> = { float64: 8, float32: 4 };
const REDUCTIONS: Readonly<Record<ReductionName, Reduction>> = { sum: Reduction.Sum, mean: Reduction.Mean };

/** The most units and inputs: so many f32 fill the 4 GiB that WebAssembly addresses. */
const MAX_WIDTH = 2 ** 30;

const TUTORIAL: NetworkOptions = {
  inputs: 3,
  layers: [{ units: 1, activation: "sigmoid", bias: false }],
  reduction: "sum",
  optimizer: { name: "sgd", learningRate: 1 },
};

/** Checks the options of a network and fills in the defaults. */
export function readOptions(given: unknown): Plan {
  const options = record("options", given === undefined ? {} : given, [
    "inputs",
    "layers",
    "loss",
    "reduction",
    "optimizer",
    "precision",
    "seed",
    "core",
  ]) as Record<keyof NetworkOptions, unknown>;
  const defaults = options.layers === undefined ? TUTORIAL : undefined;
  const layers = readLayers(or(options.layers, TUTORIAL.layers));
  if (options.inputs === undefined && !defaults) throw new TypeError("inputs: expected the width of an input row, got undefined");
  const precision = nameOf("precision", or(options.precision, "float64"), PRECISIONS);
  return {
    inputs: whole("inputs", or(options.inputs, TUTORIAL.inputs), 1, MAX_WIDTH),
    layers,
    loss: LOSSES[nameOf("loss", or(options.loss, "squaredError"), LOSSES)],
    reduction: REDUCTIONS[nameOf("reduction", or(options.reduction, defaults?.reduction ?? "mean"), REDUCTIONS)],
    learningRate: readOptimizer(or(options.optimizer, defaults?.optimizer ?? "sgd"), precision),
    precision,
    seed: whole("seed", or(options.seed, 1), 0, 2 ** 32 - 1),
    core: readCore(options.core),
  };
}

/** Checks the third argument of `train`. */
export function readTrainOptions(given: unknown, rows: number): Required<TrainOptions> {
  if (typeof given === "number") return { epochs: iterations("iterations", given), batchSize: rows, historyInterval: interval(given) };
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`options: expected the number of iterations or an object with epochs, got ${describe(given)}`);
  }
  const options = record("options", given, ["epochs", "batchSize", "historyInterval"]) as Record<keyof TrainOptions, unknown>;
  const epochs = iterations("epochs", options.epochs);
  return {
    epochs,
    batchSize: Math.min(whole("batchSize", or(options.batchSize, rows), 1, Number.MAX_SAFE_INTEGER), rows),
    historyInterval: whole("historyInterval", or(options.historyInterval, interval(epochs)), 1, Number.MAX_SAFE_INTEGER),
  };
}

function iterations(name: string, value: unknown): number {
  return whole(name, value, 0, Number.MAX_SAFE_INTEGER);
}

/** A thousand points draw any curve. */
function interval(epochs: number): number {
  return Math.max(1, Math.ceil(epochs / 1000));
}

function readLayers(given: unknown): Plan["layers"] {
  if (!Array.isArray(given)) throw new TypeError(`layers: expected an array of layers, got ${describe(given)}`);
  if (given.length === 0) throw new RangeError("layers: expected at least one layer, got none");
  // Array.from, unlike map, does not pass over holes.
  return Array.from(given, (layer: unknown, i) => {
    const name = `layers[${i}]`;
    const options = record(name, layer, ["units", "activation", "bias", "initializer"]) as Record<keyof LayerOptions, unknown>;
    const bias = or(options.bias, true);
    if (typeof bias !== "boolean") throw new TypeError(`${name}.bias: expected true or false, got ${describe(bias)}`);
    return {
      units: whole(`${name}.units`, options.units, 1, MAX_WIDTH),
      activation: nameOf(`${name}.activation`, or(options.activation, "sigmoid"), ACTIVATIONS),
      bias,
      initializer: nameOf(`${name}.initializer`, or(options.initializer, "uniform"), INITIALIZERS),
    };
  });
}

/** The learning rate: so far all that an optimizer has. */
function readOptimizer(given: unknown, precision: Precision): number {
  const options = (typeof given === "string" ? { name: given } : record("optimizer", given, ["name", "learningRate"])) as Record<
    keyof SgdOptions,
    unknown
  >;
  nameOf("optimizer.name", options.name, { sgd: 0 });
  const rate = or(options.learningRate, 0.01);
  if (typeof rate !== "number") throw new TypeError(`optimizer.learningRate: expected a number, got ${describe(rate)}`);
  const rounded = precision === "float32" ? Math.fround(rate) : rate;
  if (!(rounded > 0 && rounded < Number.POSITIVE_INFINITY)) {
    const kind = precision === "float32" ? "finite number above 0 that float32 can hold" : "finite number above 0";
    throw new RangeError(`optimizer.learningRate: expected a ${kind}, got ${describe(rate)}`);
  }
  return rate;
}

/** What was given, or the default where nothing was; null is not nothing. */
function or(given: unknown, fallback: unknown): unknown {
  return given === undefined ? fallback : given;
}

function readCore(given: unknown): CompiledModule | undefined {
  if (given === undefined || given instanceof WebAssembly.Module) return given;
  throw new TypeError(`core: expected a WebAssembly.Module, got ${describe(given)}`);
}

/** An object that has none but the known keys. */
function record(name: string, value: unknown, keys: readonly string[]): object {
  // Maps, sets and the like are objects too, but their entries are no options.
  if (typeof value !== "object" || value === null || Symbol.iterator in value) {
    throw new TypeError(`${name}: expected an object, got ${describe(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    if (name === "options" && key === "learningRate") {
      throw new TypeError('options: unknown option "learningRate"; it belongs into optimizer: { name: "sgd", learningRate }');
    }
    const near = nearest(key, keys);
    throw new TypeError(`${name}: unknown option "${key}"${near ? `; did you mean "${near}"?` : `; known are ${keys.join(", ")}`}`);
  }
  return value;
}

/** A whole number from `least` to `most`. */
export function whole(name: string, value: unknown, least: number, most: number): number {
  const expected = `${name}: expected a whole number from ${least} to ${most}`;
  if (typeof value !== "number") throw new TypeError(`${expected}, got ${describe(value)}`);
  if (!(Number.isInteger(value) && value >= least && value <= most)) throw new RangeError(`${expected}, got ${describe(value)}`);
  return value;
}

/** One of the names that are keys of `codes`. */
function nameOf<K extends string>(name: string, value: unknown, codes: Readonly<Record<K, unknown>>): K {
  const known = Object.keys(codes).join(", ");
  if (typeof value !== "string") throw new TypeError(`${name}: expected one of ${known}, got ${describe(value)}`);
  if (!Object.hasOwn(codes, value)) {
    const near = nearest(value, Object.keys(codes));
    throw new RangeError(`${name}: expected one of ${known}, got ${describe(value)}${near ? `; did you mean "${near}"?` : ""}`);
  }
  return value as K;
}
