import {
  type ActivationOption,
  type Elements,
  type NetworkOptions,
  NeuralNetwork,
  type NormalizationOption,
  type Precision,
} from "../index.js";
import { record } from "../options/check.js";
import { type ImportError, unexpected } from "./errors.js";

/** What an imported network does besides what its file says: options of `new NeuralNetwork`, which matter where it is trained further, with the same defaults. */
export type ImportOptions = Pick<NetworkOptions, (typeof KEYS)[number]>;

const KEYS = ["loss", "reduction", "optimizer", "precision", "seed", "core"] as const satisfies readonly (keyof NetworkOptions)[];

/** A layer as importers find it. */
export interface ImportedLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: ActivationOption;
  /** Row by row over (inputs, units). */
  readonly weights: Elements;
  readonly biases: Elements | undefined;
  readonly normalization?: ImportedNormalization | undefined;
}

/** A normalisation of a layer's sums. What is undefined is as a new network has it. */
export interface ImportedNormalization {
  readonly option: Exclude<NormalizationOption, string>;
  readonly scales: Elements | undefined;
  readonly shifts: Elements | undefined;
  readonly means: Elements | undefined;
  readonly variances: Elements | undefined;
}

/** The options of an importer, `own` among them. Whatever is not one is refused. */
export function readImportOptions<K extends string>(given: unknown, own: readonly K[]): Readonly<Record<K | keyof ImportOptions, unknown>> {
  return record("options", given === undefined ? {} : given, [...own, ...KEYS]);
}

/** The precision that was asked for, or one that suits; what it may be is checked by the class, to which it goes as it came. */
export function precisionOf(options: Readonly<Record<"precision", unknown>>, suitable: Precision): Precision {
  return options.precision === undefined ? suitable : (options.precision as Precision);
}

/** Room for so many numbers in a precision. */
export function room(precision: Precision, length: number): Elements {
  return precision === "float32" ? new Float32Array(length) : new Float64Array(length);
}

/** The network of layers that fit each other. */
export function build(
  layers: readonly ImportedLayer[],
  precision: Precision,
  options: Readonly<Record<keyof ImportOptions, unknown>>,
): NeuralNetwork {
  const chosen = Object.fromEntries(KEYS.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]));
  const network = make({
    ...(chosen as ImportOptions),
    precision,
    inputs: (layers[0] as ImportedLayer).inputs,
    layers: layers.map(({ inputs, units, activation, weights, biases, normalization }) => ({
      units,
      activation,
      bias: biases !== undefined,
      initializer: { name: "values", weights: { data: weights, rows: inputs }, ...(biases && { biases }) },
      ...(normalization && { normalization: normalization.option }),
    })),
  });
  layers.forEach(({ normalization }, i) => {
    for (const name of ["scales", "shifts", "means", "variances"] as const) {
      const values = normalization?.[name];
      if (values) network.layers[i]?.[name].set(values);
    }
  });
  return network;
}

/** A mistake in an activation is told of under the name of the importers' option. */
function make(options: NetworkOptions): NeuralNetwork {
  try {
    return new NeuralNetwork(options);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(/^layers\[(\d+)\]\.activation/, "activations[$1]");
    throw error;
  }
}

/** The error for a number that is not finite, or no longer in this precision. */
export function notFinite(where: string, x: number, precision: Precision): ImportError {
  return unexpected("value", where, `a finite number${precision === "float32" ? " that float32 can hold" : ""}`, x);
}
