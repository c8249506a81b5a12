import type { Elements } from "../block.js";
import { wrongKind, wrongValue } from "../errors.js";
import type { NeuralNetwork } from "../index.js";
import type { Layer } from "../network.js";
import type { ActivationName } from "../options/layers.js";
import type { Precision } from "../options/network.js";

/** A network as it thinks: all that its answers depend on, read from what it shows of itself and checked. */
export interface Description {
  readonly precision: Precision;
  readonly inputs: number;
  readonly outputs: number;
  readonly layers: readonly LayerDescription[];
  /** Numbers of all layers together: weights, biases, and those of normalisations. */
  readonly parameters: number;
}

export interface LayerDescription extends Omit<Layer, "biases" | "scales" | "shifts" | "means" | "variances" | "epsilon"> {
  /** What messages call it. */
  readonly name: string;
  /** Nothing in a layer without. */
  readonly biases: Elements | undefined;
  readonly normalization: NormalizationDescription | undefined;
}

/** scale · (z − mean) / √(variance + epsilon) + shift. */
export interface NormalizationDescription {
  readonly epsilon: number;
  readonly scales: Elements;
  readonly shifts: Elements;
  /** What batch normalisation has gathered; without, mean and variance are those of each row. */
  readonly statistics: { readonly means: Float64Array; readonly variances: Float64Array } | undefined;
}

/** What the parameter of an activation is called in options, where it has one. */
export const PARAMETER_NAMES: Readonly<Record<ActivationName, "slope" | "alpha" | undefined>> = {
  sigmoid: undefined,
  tanh: undefined,
  relu: undefined,
  leakyRelu: "slope",
  elu: "alpha",
  selu: undefined,
  gelu: undefined,
  silu: undefined,
  softplus: undefined,
  softsign: undefined,
  linear: undefined,
  softmax: undefined,
};

/**
 * Reads a network. By its properties and not by its class, since the bundle for browsers has a class of its own. One of more parameters than `most`, whose `limit` the message
 * tells, is refused before they are looked at.
 *
 * @throws TypeError for what is no network, and for one that has been disposed
 * @throws RangeError for weights that are not finite, and for too many
 */
export function readNetwork(given: unknown, most = Number.POSITIVE_INFINITY, limit = ""): Description {
  const { precision, layers } = (given ?? {}) as Partial<NeuralNetwork>;
  if ((precision !== "float64" && precision !== "float32") || !Array.isArray(layers) || layers.length === 0) {
    throw wrongKind("network", "a NeuralNetwork", given);
  }
  const described = layers.map((layer: Layer, i) => {
    const before = layers[i - 1] as Layer | undefined;
    const description = readLayer(`layers[${i}]`, layer);
    if (!description || (before && before.units !== layer.inputs)) throw wrongKind("network", "a NeuralNetwork", given);
    return description;
  });
  const parameters = described.reduce((sum, layer) => sum + countNumbers(layer), 0);
  if (parameters > most) throw wrongValue("network", `at most ${most} parameters, ${limit}`, parameters);
  for (const layer of described) checkNumbers(layer);
  return {
    precision,
    inputs: (described[0] as LayerDescription).inputs,
    outputs: (described.at(-1) as LayerDescription).units,
    layers: described,
    parameters,
  };
}

/** The layer, or nothing where it is none. */
function readLayer(name: string, layer: Layer | null): LayerDescription | undefined {
  if (!layer) return undefined;
  const { inputs, units, activation, parameter, epsilon, residual } = layer;
  const { weights, biases, scales, shifts, means, variances } = layer;
  const all = [weights, biases, scales, shifts, means, variances];
  // Nothing but numbers can come out of typed arrays, whatever was done to their methods.
  if (!all.every((values) => ArrayBuffer.isView(values))) return undefined;
  const sizes = all.map((values) => values.length);
  const [, biased, normalized, , gathered] = sizes;
  const expected = [inputs * units, biased && units, normalized && units, normalized && units, gathered && units, gathered && units];
  if (!Number.isInteger(inputs) || !Number.isInteger(units) || !sizes.every((size, i) => size === expected[i])) return undefined;
  if (typeof activation !== "string" || !Object.hasOwn(PARAMETER_NAMES, activation)) return undefined;
  if (!Number.isFinite(parameter) || !Number.isFinite(epsilon)) return undefined;
  return {
    name,
    inputs,
    units,
    activation,
    parameter,
    residual: residual === true,
    shape: [inputs, units],
    weights,
    biases: biased ? biases : undefined,
    normalization: normalized ? { epsilon, scales, shifts, statistics: gathered ? { means, variances } : undefined } : undefined,
  };
}

function checkNumbers({ name, units, weights, biases, normalization }: LayerDescription): void {
  const { scales, shifts, statistics } = normalization ?? {};
  for (const [what, values] of Object.entries({ weights, biases, scales, shifts, ...statistics })) {
    for (let i = 0; i < (values?.length ?? 0); i++) {
      if (Number.isFinite(values?.[i])) continue;
      const place = what === "weights" ? `[${Math.floor(i / units)}][${i % units}]` : `[${i}]`;
      throw wrongValue(`${name}.${what}${place}`, "a finite number", values?.[i]);
    }
  }
}

function countNumbers({ weights, units, biases, normalization }: LayerDescription): number {
  return weights.length + units * (Number(biases !== undefined) + (normalization ? (normalization.statistics ? 4 : 2) : 0));
}
