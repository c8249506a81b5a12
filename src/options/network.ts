import { LayerField, Optimizer, Reduction } from "../abi.js";
import type { CompiledModule } from "../binary.js";
import { wrongKind, wrongValue } from "../errors.js";
import { nameOf, or, record, whole } from "./check.js";
import { type LayerOptions, type LayerPlan, MAX_WIDTH, readLayers } from "./layers.js";
import { type LossOption, type LossPlan, readLoss } from "./losses.js";
import { type OptimizerOption, type OptimizerPlan, readOptimizer } from "./optimizers.js";

/**
 * How the rows of a batch come together, in the loss that is reported and in the gradient alike. `"sum"` adds them, as the tutorial does; `"mean"`
 * divides the sum by the number of rows in the batch, weighted or not. Over the output units of a row there is always a sum.
 */
export type ReductionName = "sum" | "mean";

/** `"float64"` computes as NumPy and JavaScript do; `"float32"` takes half the memory and up to half the time. */
export type Precision = "float64" | "float32";

/** A network's shape and how it learns. Without `layers` it is the tutorial's network, whose defaults stand in brackets. */
export type NetworkOptions = Shape & Learning;

type Shape =
  | {
      /** Width of an input row: a whole number, 1 or more. */
      inputs: number;
      /** The layers from first to last; the last one's units are the outputs. */
      layers: readonly LayerOptions[];
    }
  | {
      /** Width of an input row: a whole number, 1 or more [3]. */
      inputs?: number;
      /** [One sigmoid unit without bias, drawn `"uniform"`.] */
      layers?: never;
    };

interface Learning {
  /** Default `"crossEntropy"` where the last layer is a softmax, as in scikit-learn's classifiers, else `"squaredError"`, as in the tutorial and scikit-learn's regressors. */
  loss?: LossOption;
  /** Default `"mean"`, as in Keras, PyTorch and scikit-learn [`"sum"`]. */
  reduction?: ReductionName;
  /** A name, or an object with the optimizer's options. Default `"sgd"` with Keras' learning rate 0.01 [1], the tutorial's descent; Keras' is rmsprop, scikit-learn's adam. */
  optimizer?: OptimizerOption;
  /** Default `"float64"`, that of NumPy, JavaScript and scikit-learn; Keras' and PyTorch's is float32. */
  precision?: Precision;
  /** Seed of the generators, a whole number from 0 to 2³² − 1: the same seed gives the same weights in every host. Default 1, the tutorial's. */
  seed?: number;
  /** A compiled core to use in place of the embedded one: where only pre-compiled modules are allowed, or `scalarCore()`. */
  core?: CompiledModule;
}

/** Options with every default in place. */
export interface Plan {
  readonly inputs: number;
  readonly layers: readonly LayerPlan[];
  readonly loss: LossPlan;
  readonly reduction: Reduction;
  readonly optimizer: OptimizerPlan;
  readonly precision: Precision;
  readonly seed: number;
  readonly core: CompiledModule | undefined;
}

const PRECISIONS: Readonly<Record<Precision, 4 | 8>> = { float64: 8, float32: 4 };
const REDUCTIONS: Readonly<Record<ReductionName, Reduction>> = { sum: Reduction.Sum, mean: Reduction.Mean };

const TUTORIAL = {
  inputs: 3,
  layers: [{ units: 1, activation: "sigmoid", bias: false, initializer: "uniform" }],
  reduction: "sum",
  optimizer: { name: "sgd", learningRate: 1 },
} as const satisfies NetworkOptions;

const KEYS = [
  "inputs",
  "layers",
  "loss",
  "reduction",
  "optimizer",
  "precision",
  "seed",
  "core",
] as const satisfies readonly (keyof NetworkOptions)[];

/** Checks the options of a network and fills in the defaults. */
export function readOptions(given: unknown): Plan {
  const options = record("options", given === undefined ? {} : given, KEYS);
  // Layers that are null are told of by those who read them.
  const defaults = options.layers == null ? TUTORIAL : undefined;
  const precision = nameOf("precision", or(options.precision, "float64"), PRECISIONS);
  if (options.inputs === undefined && !defaults) throw wrongKind("inputs", "the width of an input row, got undefined");
  const inputs = whole("inputs", or(options.inputs, TUTORIAL.inputs), 1, MAX_WIDTH);
  const layers = readLayers(or(options.layers, TUTORIAL.layers), inputs, precision);
  const optimizer = readOptimizer(or(options.optimizer, defaults?.optimizer ?? "sgd"), precision);
  const limited = optimizer.code === Optimizer.Lbfgs ? layers.findIndex(({ doubles }) => (doubles[LayerField.MaxNorm] as number) > 0) : -1;
  if (limited >= 0) throw wrongValue(`layers[${limited}].maxNorm`, "none with lbfgs, whose steps it would spoil");
  return {
    inputs,
    layers,
    loss: readLoss(options.loss, layers.at(-1) as LayerPlan),
    reduction: REDUCTIONS[nameOf("reduction", or(options.reduction, defaults?.reduction ?? "mean"), REDUCTIONS)],
    optimizer,
    precision,
    seed: whole("seed", or(options.seed, 1), 0, 2 ** 32 - 1),
    core: readCore(options.core),
  };
}

export function readCore(given: unknown): CompiledModule | undefined {
  if (given === undefined || given instanceof WebAssembly.Module) return given;
  throw wrongKind("core", "a WebAssembly.Module", given);
}
