import { Activation, Initializer, LayerField, Normalization } from "../abi.js";
import { wrongKind, wrongValue } from "../errors.js";
import type { Row, Rows } from "../rows.js";
import { boolean, choice, type Fields, notNegative, or, positive, record, share, whole, within } from "./check.js";
import type { Precision } from "./network.js";

/**
 * What a layer does with its weighted sums z: sigmoid 1/(1+e^−z); tanh; relu max(z, 0); leakyRelu z or slope·z; elu z or alpha·(e^z − 1); selu
 * 1.0507 z or 1.7581 (e^z − 1); gelu z·Φ(z), exactly; silu z·sigmoid(z); softplus log(1+e^z); softsign z/(1+|z|); linear z; softmax
 * e^z / Σ e^z over the row, on the last layer only.
 */
export type ActivationName = keyof typeof ACTIVATIONS;

/** A name, or an object where the activation has a parameter: `slope` below 0, default 0.01; `alpha`, default 1. Both as in PyTorch. */
export type ActivationOption = ActivationName | { name: "leakyRelu"; slope?: number } | { name: "elu"; alpha?: number };

/**
 * How first weights are drawn, for n inputs and m units. `"uniform"`: 2·r − 1, as the tutorial does with NumPy. Uniform in ±√(6/(n+m)) (glorot),
 * ±√(6/n) (he), ±√(3/n) (lecun), or normal with the same variances 2/(n+m), 2/n, 1/n. `"orthogonal"`: orthonormal rows or columns.
 */
export type InitializerName = keyof typeof INITIALIZERS;

/** A name, `{ name: "constant", value }`, or the numbers themselves, row-major over (inputs, units), with biases where the layer has them. */
export type InitializerOption =
  | Exclude<InitializerName, "constant">
  | { name: "constant"; value: number }
  | { name: "values"; weights: Rows; biases?: Row };

/** Whether there are biases, which start at 0, or how they are drawn, behind their layer's weights and for the same n and m. */
export type BiasOption = boolean | Exclude<InitializerName, "constant" | "orthogonal"> | { name: "constant"; value: number };

/** Normalisation of a layer's weighted sums, before the activation, with a scale and a shift for each unit that are learned. */
export type NormalizationOption =
  | "layer"
  | "batch"
  | { name: "layer"; epsilon?: number }
  | { name: "batch"; epsilon?: number; momentum?: number };

/** One dense layer: dropout(f(normalisation(inputs · weights + biases))) + inputs, of which all but f and the weights are optional. */
export interface LayerOptions {
  /** Width of the layer: a whole number, 1 or more. */
  units: number;
  /** Default `"sigmoid"`, the tutorial's: Keras' is none, scikit-learn's relu in hidden layers. */
  activation?: ActivationOption;
  /**
   * Whether each unit has a bias, which starts at 0, or how biases are drawn. Default `true`, as in Keras. `"glorotUniform"` is scikit-learn's, from whose
   * generator weights and biases then are, too. Biases that `initializer` gives come before it.
   */
  bias?: BiasOption;
  /**
   * Default: `"lecunNormal"` for selu, `"heUniform"` for relu, leakyRelu, elu, gelu, silu and softplus, `"glorotUniform"` for the others, which is
   * Keras' and scikit-learn's default.
   */
  initializer?: InitializerOption;
  /** Default none, as in Keras, PyTorch and scikit-learn. Epsilon is 1e-5 for `"layer"` (PyTorch's) and 1e-3 for `"batch"`, whose momentum is 0.99 (Keras'). */
  normalization?: NormalizationOption;
  /** Share of the outputs that a training step sets to 0, the others being scaled up: 0 up to 1. Default 0; in Keras it is a Dropout layer. */
  dropout?: number;
  /** Whether the layer's inputs are added to its outputs, which takes as many units as inputs. Default `false`; in Keras it is an Add layer. */
  residual?: boolean;
  /** Whether training changes the layer. Default `true`, as in Keras. */
  trainable?: boolean;
  /** l1 · |w| is added to the loss for each weight, as Keras' l1 does. Default 0, as Keras' `kernel_regularizer=None`. */
  l1?: number;
  /**
   * ½ · l2 · w² is added to the loss for each weight, so that its gradient is l2 · w: PyTorch's weight decay, twice Keras' l2. Default 0, as in Keras and
   * PyTorch; scikit-learn's alpha, which it divides by the rows, is 1e-4.
   */
  l2?: number;
  /** After each step the weights into a unit are scaled down to this norm, as by Keras' `MaxNorm`. Default none, as in Keras. */
  maxNorm?: number;
}

/** A layer with every default in place. */
export interface LayerPlan extends Fields {
  readonly units: number;
  readonly activation: ActivationName;
  readonly bias: boolean;
  /** Given weights and biases, which are checked where they are placed. */
  readonly values: { readonly weights: unknown; readonly biases: unknown } | undefined;
  readonly normalization: Normalization;
  readonly dropout: number;
  readonly residual: boolean;
  readonly trainable: boolean;
}

export const ACTIVATIONS = {
  sigmoid: Activation.Sigmoid,
  tanh: Activation.Tanh,
  relu: Activation.Relu,
  leakyRelu: Activation.LeakyRelu,
  elu: Activation.Elu,
  selu: Activation.Selu,
  gelu: Activation.Gelu,
  silu: Activation.Silu,
  softplus: Activation.Softplus,
  softsign: Activation.Softsign,
  linear: Activation.Linear,
  softmax: Activation.Softmax,
} as const;

const INITIALIZERS = {
  uniform: Initializer.Uniform,
  zeros: Initializer.Zeros,
  constant: Initializer.Constant,
  glorotUniform: Initializer.GlorotUniform,
  glorotNormal: Initializer.GlorotNormal,
  heUniform: Initializer.HeUniform,
  heNormal: Initializer.HeNormal,
  lecunUniform: Initializer.LecunUniform,
  lecunNormal: Initializer.LecunNormal,
  orthogonal: Initializer.Orthogonal,
} as const;

const { orthogonal: _, ...BIAS_INITIALIZERS } = INITIALIZERS;

const NORMALIZATIONS = { layer: Normalization.Layer, batch: Normalization.Batch } as const;

const KEYS = [
  "units",
  "activation",
  "bias",
  "initializer",
  "normalization",
  "dropout",
  "residual",
  "trainable",
  "l1",
  "l2",
  "maxNorm",
] as const satisfies readonly (keyof LayerOptions)[];

/** The most units and inputs: so many f32 fill the 4 GiB that WebAssembly addresses. */
export const MAX_WIDTH = 2 ** 30;

/** Checks the layers and fills in their defaults. `inputs` is the width of an input row. */
export function readLayers(given: unknown, inputs: number, precision: Precision): LayerPlan[] {
  if (!Array.isArray(given)) throw wrongKind("layers", "an array of layers", given);
  if (given.length === 0) throw wrongValue("layers", "at least one layer, got none");
  let width = inputs;
  // Array.from, unlike map, does not pass over holes.
  return Array.from(given, (layer: unknown, i) => {
    const plan = readLayer(`layers[${i}]`, layer, width, i === given.length - 1, precision);
    width = plan.units;
    return plan;
  });
}

function readLayer(name: string, given: unknown, inputs: number, isLast: boolean, precision: Precision): LayerPlan {
  const options = record(name, given, KEYS);
  const units = whole(`${name}.units`, options.units, 1, MAX_WIDTH);
  const activation = choice(`${name}.activation`, or(options.activation, "sigmoid"), ACTIVATIONS, {
    leakyRelu: ["slope"],
    elu: ["alpha"],
  });
  if (activation.name === "softmax" && !isLast) {
    throw wrongValue(`${name}.activation`, "softmax on the last layer only");
  }
  const residual = boolean(`${name}.residual`, or(options.residual, false));
  if (residual && units !== inputs) {
    throw wrongValue(`${name}.residual`, `as many units as inputs, got ${units} units and ${inputs} inputs`);
  }
  const dropout = share(`${name}.dropout`, or(options.dropout, 0));
  const trainable = boolean(`${name}.trainable`, or(options.trainable, true));
  const initializer = readInitializer(`${name}.initializer`, or(options.initializer, defaultInitializer(activation.name)), precision, {
    ...INITIALIZERS,
    values: Initializer.Zeros,
  });
  const givenBias = or(options.bias, true);
  const bias = givenBias !== false;
  const biases = readInitializer(`${name}.bias`, typeof givenBias === "boolean" ? "zeros" : givenBias, precision, BIAS_INITIALIZERS);
  const normalization = readNormalization(`${name}.normalization`, options.normalization);
  return {
    units,
    activation: activation.name,
    bias,
    values: initializer.values,
    normalization: normalization.code,
    dropout,
    residual,
    trainable,
    uints: {
      [LayerField.Units]: units,
      [LayerField.Activation]: ACTIVATIONS[activation.name],
      [LayerField.Bias]: bias ? 2 : 0,
      [LayerField.Initializer]: initializer.code,
      [LayerField.Trainable]: Number(trainable),
      [LayerField.Normalization]: normalization.code,
      [LayerField.Residual]: Number(residual),
      [LayerField.BiasInitializer]: biases.code,
    },
    doubles: {
      [LayerField.Parameter]:
        activation.name === "leakyRelu"
          ? notNegative(`${name}.activation.slope`, or(activation.options.slope, 0.01), precision)
          : positive(`${name}.activation.alpha`, or(activation.options.alpha, 1), precision),
      [LayerField.NormalizationEpsilon]: normalization.epsilon,
      [LayerField.NormalizationMomentum]: normalization.momentum,
      [LayerField.Dropout]: dropout,
      [LayerField.L1]: notNegative(`${name}.l1`, or(options.l1, 0)),
      [LayerField.L2]: notNegative(`${name}.l2`, or(options.l2, 0)),
      [LayerField.MaxNorm]: options.maxNorm === undefined ? 0 : positive(`${name}.maxNorm`, options.maxNorm),
      [LayerField.InitializerParameter]: initializer.parameter,
      [LayerField.BiasInitializerParameter]: biases.parameter,
    },
  };
}

function defaultInitializer(activation: ActivationName): InitializerName {
  if (activation === "selu") return "lecunNormal";
  return ["relu", "leakyRelu", "elu", "gelu", "silu", "softplus"].includes(activation) ? "heUniform" : "glorotUniform";
}

function readInitializer(
  name: string,
  given: unknown,
  precision: Precision,
  codes: Readonly<Record<string, Initializer>>,
): { code: Initializer; parameter: number; values: LayerPlan["values"] } {
  const { name: kind, options } = choice(name, given, codes, { constant: ["value"], values: ["weights", "biases"] });
  return {
    code: codes[kind] as Initializer,
    parameter: kind === "constant" ? within(`${name}.value`, options.value, "a finite number", () => true, precision) : 0,
    values: kind === "values" ? { weights: options.weights, biases: options.biases } : undefined,
  };
}

function readNormalization(name: string, given: unknown): { code: Normalization; epsilon: number; momentum: number } {
  if (given === undefined) return { code: Normalization.None, epsilon: 0, momentum: 0 };
  const { name: kind, options } = choice(name, given, NORMALIZATIONS, { layer: ["epsilon"], batch: ["epsilon", "momentum"] });
  return {
    code: NORMALIZATIONS[kind],
    epsilon: positive(`${name}.epsilon`, or(options.epsilon, kind === "layer" ? 1e-5 : 1e-3)),
    momentum: kind === "layer" ? 0 : share(`${name}.momentum`, or(options.momentum, 0.99)),
  };
}
