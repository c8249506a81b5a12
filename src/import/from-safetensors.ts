import { wrongKind, wrongValue } from "../errors.js";
import type { ActivationOption, Elements, NeuralNetwork, Precision } from "../index.js";
import { or, positive, record, share } from "../options/check.js";
import { ImportError, list, unexpected } from "./errors.js";
import { build, type ImportedLayer, type ImportedNormalization, type ImportOptions, precisionOf, readImportOptions } from "./network.js";
import { hasNumbers, numbersOf, readTensors, type Tensor } from "./safetensors.js";
import { type DenseTensors, type LayerTensors, layersOf, type NormalizationTensors, titleOf } from "./tensor-names.js";

/** What a safetensors file does not say. */
export interface SafetensorsOptions extends ImportOptions {
  /** The activation of each dense layer, from first to last. Such files do not hold them, and a guess would be a wrong network, so they have no default. */
  activations: readonly ActivationOption[];
  /**
   * The names of the layers in the order in which they work, normalisations among them, each behind the dense layer whose sums it normalises: `["fc1", "bn1", "fc2"]`. Other
   * tensors of the file are passed over. Default: all, by the numbers in their names, where these alone differ.
   */
  layers?: readonly string[];
  /**
   * Of normalisations, which files do not hold either. Epsilon's default is 1e-5 for PyTorch's names and 1e-3 for Keras'; `momentum` is what stays of batch normalisation's running statistics in
   * further training, default 0.9 for PyTorch's names and 0.99 for Keras', their defaults.
   */
  normalization?: { epsilon?: number; momentum?: number };
}

/** A network from a safetensors file. */
export interface SafetensorsImport {
  readonly network: NeuralNetwork;
  /** The names of the file's layers in the order that was taken. */
  readonly layers: readonly string[];
}

/**
 * A network from the tensors of dense layers, named as PyTorch's `state_dict` (`0.weight`, `fc1.bias`, `1.running_mean`) or Keras' paths (`dense/kernel`, `dense_1/bias:0`) name them, F64,
 * F32, F16 or BF16. PyTorch's weights are transposed. The precision is float64 where one of the tensors is, else float32: each number is read as it is.
 *
 * @throws ImportError for a file that is none, or that cannot be a network here
 * @throws TypeError, RangeError for options, and for a network that memory has no room for
 */
export function fromSafetensors(file: Uint8Array | ArrayBuffer, options: SafetensorsOptions): SafetensorsImport {
  const given = readImportOptions(options, ["activations", "layers", "normalization"]);
  const { activations } = given;
  if (activations !== undefined && !Array.isArray(activations))
    throw wrongKind("activations", "an array, one for each dense layer", activations);
  const layers = layersOf(readTensors(bytesOf(file)), readNames(given.layers));
  const norms = readNormalization(given.normalization);
  const pairs = pair(layers);
  const used = layers.flatMap(tensorsOf);
  for (const { name, dtype } of used.filter((tensor) => !hasNumbers(tensor))) {
    throw new ImportError("unsupported", `tensor ${JSON.stringify(name)}: expected F64, F32, F16 or BF16, got ${dtype}`);
  }
  if (activations?.length !== pairs.length) {
    const titles = list(pairs.map(({ dense }) => titleOf(dense)));
    const expected = `${pairs.length}, one for each of the dense layers ${titles}, since such a file does not hold them`;
    if (activations === undefined) throw wrongKind("activations", expected, activations);
    throw wrongValue("activations", `${expected}, got ${activations.length}`);
  }
  // The class would take its default for one that is left out.
  const missing = Array.from(activations).indexOf(undefined);
  if (missing >= 0) throw wrongKind(`activations[${missing}]`, "an activation", undefined);
  const precision = precisionOf(given, used.some(({ dtype }) => dtype === "F64") ? "float64" : "float32");
  const imported = pairs.map(
    ({ dense, normalization }, i): ImportedLayer => ({
      inputs: dense.inputs,
      units: dense.units,
      activation: activations[i] as ActivationOption,
      weights: numbersOf(dense.matrix, precision, dense.transposed),
      biases: dense.bias && numbersOf(dense.bias, precision),
      normalization: normalization && normalizationOf(normalization, precision, norms),
    }),
  );
  return { network: build(imported, precision, given), layers: layers.map(({ name }) => name) };
}

/** By their tags, since those of another realm (frames, `vm`) are as good. */
function bytesOf(file: unknown): Uint8Array {
  const tag = Object.prototype.toString.call(file);
  if (tag === "[object Uint8Array]") return file as Uint8Array;
  if (tag === "[object ArrayBuffer]") return new Uint8Array(file as ArrayBuffer);
  throw wrongKind("file", "a Uint8Array or an ArrayBuffer", file);
}

function readNames(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw wrongKind("layers", "an array of names", given);
  if (given.length === 0) throw wrongValue("layers", "at least one name, got none");
  const names = new Set<string>();
  for (const [i, name] of (given as readonly unknown[]).entries()) {
    if (typeof name !== "string") throw wrongKind(`layers[${i}]`, "a name", name);
    if (names.has(name)) throw wrongValue(`layers[${i}]`, "each name once", name);
    names.add(name);
  }
  return [...names];
}

function readNormalization(given: unknown): { epsilon: number | undefined; momentum: number | undefined } {
  const { epsilon, momentum } = record("normalization", or(given, {}), ["epsilon", "momentum"]);
  return {
    epsilon: epsilon === undefined ? undefined : positive("normalization.epsilon", epsilon),
    momentum: momentum === undefined ? undefined : share("normalization.momentum", momentum),
  };
}

interface Pair {
  readonly dense: DenseTensors;
  normalization?: NormalizationTensors;
}

/** Dense layers, each with the normalisation behind it, that fit each other. */
function pair(layers: readonly LayerTensors[]): Pair[] {
  const pairs: Pair[] = [];
  for (const layer of layers) {
    const last = pairs.at(-1);
    if (layer.kind === "dense") {
      if (last && last.dense.units !== layer.inputs) {
        // PyTorch's embedding is a weight as that of a dense layer, of which only the sizes may tell.
        const isLikeEmbedding = pairs.length === 1 && last.dense.transposed && !last.dense.bias;
        const hint = isLikeEmbedding ? "; an embedding, which no network here has, has such a weight, too" : "";
        throw new ImportError(
          "mismatch",
          `layer ${titleOf(layer)}: expected ${last.dense.units} inputs behind ${titleOf(last.dense)}${hint}`,
        );
      }
      pairs.push({ dense: layer });
      continue;
    }
    if (!last || last.normalization) {
      const reason = last ? `a second one behind ${titleOf(last.dense)}` : "nothing in front of it";
      throw new ImportError(
        "unsupported",
        `layer ${titleOf(layer)}: a normalisation here is of a dense layer's sums, and this is ${reason}`,
      );
    }
    if (layer.units !== last.dense.units) {
      throw new ImportError("mismatch", `layer ${titleOf(layer)}: expected ${last.dense.units} units behind ${titleOf(last.dense)}`);
    }
    last.normalization = layer;
  }
  return pairs;
}

function tensorsOf(layer: LayerTensors): Tensor[] {
  const all = layer.kind === "dense" ? [layer.matrix, layer.bias] : [layer.scale, layer.shift, layer.mean, layer.variance];
  return all.filter((tensor) => tensor !== undefined);
}

function normalizationOf(
  { kind, convention, scale, shift, mean, variance }: NormalizationTensors,
  precision: Precision,
  given: { epsilon: number | undefined; momentum: number | undefined },
): ImportedNormalization {
  const isTorch = convention === "PyTorch";
  const epsilon = given.epsilon ?? (isTorch ? 1e-5 : 1e-3);
  return {
    option: kind === "layer" ? { name: kind, epsilon } : { name: kind, epsilon, momentum: given.momentum ?? (isTorch ? 0.9 : 0.99) },
    scales: scale && numbersOf(scale, precision),
    shifts: shift && numbersOf(shift, precision),
    // Statistics are float64 in any network.
    means: mean && numbersOf(mean, "float64"),
    variances: variance && notNegative(variance.name, numbersOf(variance, "float64")),
  };
}

function notNegative(name: string, values: Elements): Elements {
  const at = values.findIndex((x) => x < 0);
  if (at >= 0) throw unexpected("value", `tensor ${JSON.stringify(name)}, element ${at}`, "a variance, 0 or more", values[at]);
  return values;
}
