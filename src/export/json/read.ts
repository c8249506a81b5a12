import type { Elements } from "../../block.js";
import { wrongKind, wrongValue } from "../../errors.js";
import { nameOf, record, whole } from "../../options/check.js";
import { type LayerOptions, MAX_WIDTH } from "../../options/layers.js";
import type { Precision } from "../../options/network.js";
import { checkLength, isUsable, numberError } from "../../rows.js";
import { FORMAT, VERSION } from "./format.js";

/** Numbers by the name of the property of a layer that they go into. */
export type Parameters = Readonly<Record<string, readonly number[] | Elements>>;

export interface Document {
  /** Options of a network of this shape, whose numbers are still to be put in. The constructor checks the rest of them. */
  readonly shape: { readonly inputs: number; readonly precision: Precision; readonly layers: readonly LayerOptions[] };
  readonly parameters: readonly Parameters[];
}

/** Reads and checks everything before anything is made of it: a network has no more numbers than the document. */
export function readDocument(json: unknown): Document {
  const given = record("json", typeof json === "string" ? parse(json) : json, ["format", "version", "precision", "inputs", "layers"]);
  if (given.format !== FORMAT) throw wrongValue("format", `"${FORMAT}"`, given.format);
  if (given.version !== VERSION) throw wrongValue("version", `${VERSION}, which this version of the library reads`, given.version);
  const precision = nameOf("precision", given.precision, { float64: 8, float32: 4 });
  const inputs = whole("inputs", given.inputs, 1, MAX_WIDTH);
  const { layers } = given;
  if (!Array.isArray(layers)) throw wrongKind("layers", "an array of layers", layers);
  let width = inputs;
  const read = Array.from(layers, (layer: unknown, i) => {
    const { options, parameters } = readLayer(`layers[${i}]`, layer, width, precision);
    width = options.units;
    return { options, parameters };
  });
  return {
    shape: { inputs, precision, layers: read.map(({ options }) => options) },
    parameters: read.map(({ parameters }) => parameters),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`json: expected JSON text, got: ${(error as Error).message}`, { cause: error });
  }
}

function readLayer(name: string, given: unknown, inputs: number, precision: Precision): { options: LayerOptions; parameters: Parameters } {
  const { units, activation, residual, normalization, weights, biases } = record(name, given, [
    "units",
    "activation",
    "residual",
    "normalization",
    "weights",
    "biases",
  ]);
  const width = whole(`${name}.units`, units, 1, MAX_WIDTH);
  if (activation === undefined) throw wrongKind(`${name}.activation`, "a name", activation);
  const normal = normalization === undefined ? undefined : readNormalization(`${name}.normalization`, normalization, width, precision);
  const options = {
    units: width,
    activation,
    initializer: "zeros",
    bias: biases !== undefined,
    ...(residual !== undefined && { residual }),
    ...(normal && { normalization: normal.options }),
  };
  const parameters = {
    weights: readWeights(`${name}.weights`, weights, inputs, width, precision),
    ...(biases !== undefined && { biases: readNumbers(`${name}.biases`, biases, width, precision) }),
    ...normal?.parameters,
  };
  return { options: options as LayerOptions, parameters };
}

function readNormalization(
  name: string,
  given: unknown,
  units: number,
  precision: Precision,
): { options: Readonly<Record<string, unknown>>; parameters: Parameters } {
  const { means, variances, ...rest } = record(name, given, ["name", "epsilon", "scales", "shifts", "means", "variances"]);
  const kind = nameOf(`${name}.name`, rest.name, { layer: 1, batch: 2 });
  if (rest.epsilon === undefined) throw wrongKind(`${name}.epsilon`, "a number", rest.epsilon);
  const parameters = {
    scales: readNumbers(`${name}.scales`, rest.scales, units, precision),
    shifts: readNumbers(`${name}.shifts`, rest.shifts, units, precision),
  };
  const options = { name: kind, epsilon: rest.epsilon };
  if (kind === "layer") {
    if (means !== undefined) throw wrongValue(`${name}.means`, "none for layer normalization");
    if (variances !== undefined) throw wrongValue(`${name}.variances`, "none for layer normalization");
    return { options, parameters };
  }
  const statistics = {
    means: readNumbers(`${name}.means`, means, units, "float64"),
    variances: readNumbers(`${name}.variances`, variances, units, "float64"),
  };
  const negative = statistics.variances.findIndex((variance) => variance < 0);
  if (negative >= 0) throw wrongValue(`${name}.variances[${negative}]`, "a number from 0 on", statistics.variances[negative]);
  return { options, parameters: { ...parameters, ...statistics } };
}

/** Rows, one for each input, one after the other. */
function readWeights(name: string, given: unknown, inputs: number, units: number, precision: Precision): Elements {
  if (!Array.isArray(given)) throw wrongKind(name, `an array of ${inputs} rows, one for each input`, given);
  if (given.length !== inputs) throw wrongValue(name, `${inputs} rows, one for each input`, given.length);
  // All of them, before room is made for as many numbers as the rows may only claim to have.
  for (let i = 0; i < inputs; i++) readNumbers(`${name}[${i}]`, given[i], units, precision);
  const weights = precision === "float32" ? new Float32Array(inputs * units) : new Float64Array(inputs * units);
  for (let i = 0; i < inputs; i++) weights.set(given[i], i * units);
  return weights;
}

function readNumbers(name: string, given: unknown, count: number, precision: Precision): readonly number[] {
  if (!Array.isArray(given)) throw wrongKind(name, `an array of ${count} numbers`, given);
  checkLength(name, given, count);
  for (let i = 0; i < count; i++) {
    if (!isUsable(given[i], precision)) throw numberError(`${name}[${i}]`, given[i], precision);
  }
  return given;
}
