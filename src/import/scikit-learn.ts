import { count } from "../errors.js";
import type { ActivationName, NeuralNetwork, Rows } from "../index.js";
import { ImportError, unexpected } from "./errors.js";
import { arrayAt, at, matrix, nameAt, numbers, readJson, sizeOf } from "./json.js";
import { build, type ImportedLayer, type ImportOptions, precisionOf, readImportOptions } from "./network.js";

/** What scikit-learn's classes are named by. */
export type ClassLabel = string | number | boolean;

/** A network from an MLPClassifier or MLPRegressor. */
export interface ScikitLearnImport {
  /** `think` answers what `predict_proba` does, in a classifier of two classes the second one's probability alone; in a regressor what `predict` does. */
  readonly network: NeuralNetwork;
  /** The classifier's classes, in the order of the outputs; with one output that of the second. Undefined in a regressor. */
  readonly classes: readonly ClassLabel[] | undefined;
  /** One answer for each row, as `predict` gives it: a class, or a row of 0 and 1 where several labels may hold; a number in a regressor, or a row of numbers where it has several outputs. */
  predict(inputs: Rows): (ClassLabel | number[])[];
}

const HIDDEN = { identity: "linear", logistic: "sigmoid", tanh: "tanh", relu: "relu" } as const satisfies Record<string, ActivationName>;
const LAST = { identity: "linear", logistic: "sigmoid", softmax: "softmax" } as const satisfies Record<string, ActivationName>;

/**
 * A network from scikit-learn's MLPClassifier or MLPRegressor: a JSON text, or the object that is made of it, with `coefs_`, `intercepts_`, `activation`, `out_activation_` and a classifier's
 * `classes_`. docs/guide/import.md has the lines of Python that write it. The precision is float64 unless another is asked for.
 *
 * @throws ImportError for what is none, or cannot be a network here
 * @throws TypeError, RangeError for options, and for a network that memory has no room for
 */
export function fromScikitLearn(json: string | object, options?: ImportOptions): ScikitLearnImport {
  const given = readImportOptions(options, []);
  const file = readJson(json);
  const precision = precisionOf(given, "float64");
  const hidden = nameAt(file, "activation", HIDDEN);
  const last = nameAt(file, "out_activation_", LAST);
  const coefs = arrayAt(file, "coefs_");
  const intercepts = arrayAt(file, "intercepts_");
  if (coefs.length === 0) throw new ImportError("syntax", "coefs_: expected at least one matrix, got none");
  if (intercepts.length !== coefs.length) {
    throw new ImportError("mismatch", `intercepts_: expected ${coefs.length}, one for each of coefs_, got ${intercepts.length}`);
  }
  // Array.from and not map, here and below, which would pass over what is not there.
  const sizes = Array.from(coefs, (coef, i) => sizeOf(`coefs_[${i}]`, coef));
  const layers = sizes.map(([inputs, units], i): ImportedLayer => {
    const before = sizes[i - 1]?.[1] ?? inputs;
    if (inputs !== before)
      throw new ImportError("mismatch", `coefs_[${i}]: expected ${count(before, "row")}, one for each unit before, got ${inputs}`);
    return {
      inputs,
      units,
      activation: i === sizes.length - 1 ? last : hidden,
      weights: matrix(`coefs_[${i}]`, coefs[i], [inputs, units], precision),
      biases: numbers(`intercepts_[${i}]`, intercepts[i], units, precision),
    };
  });
  const outputs = (layers.at(-1) as ImportedLayer).units;
  const classes = readClasses(at(file, "classes_"), last, outputs);
  const network = build(layers, precision, given);
  return { network, classes, predict: (inputs) => rowsOf(network, inputs).map((row) => answer(row, last, classes)) };
}

/** The classes of a classifier: two of one output, at most, and else one of each. */
function readClasses(value: unknown, last: ActivationName, outputs: number): readonly ClassLabel[] | undefined {
  if (last === "linear") {
    if (value === undefined) return undefined;
    throw unexpected("mismatch", "classes_", "none in a regressor, whose out_activation_ is identity", value);
  }
  if (!Array.isArray(value))
    throw unexpected(value === undefined ? "ambiguous" : "syntax", "classes_", "the array of a classifier's classes", value);
  const fits = outputs === 1 && last === "sigmoid" ? value.length === 1 || value.length === 2 : value.length === outputs;
  if (!fits) throw unexpected("mismatch", "classes_", `classes for ${count(outputs, "output")}`, value);
  const classes = new Set<ClassLabel>();
  return Array.from(value, (label: unknown, i) => {
    const isNumber = Number.isFinite(label);
    if (typeof label !== "string" && typeof label !== "boolean" && !isNumber) {
      throw unexpected("syntax", `classes_[${i}]`, "a string, a number, true or false", label);
    }
    // JSON.parse has rounded such, perhaps to another class.
    if (Number.isInteger(label) && !Number.isSafeInteger(label)) {
      throw unexpected("value", `classes_[${i}]`, "an integer of at most 2⁵³ − 1, which numbers hold exactly", label);
    }
    if (classes.has(label as ClassLabel)) throw unexpected("mismatch", `classes_[${i}]`, "each class once", label);
    classes.add(label as ClassLabel);
    return label as ClassLabel;
  });
}

function rowsOf(network: NeuralNetwork, inputs: Rows): number[][] {
  const outputs = network.think(inputs as Rows);
  const width = network.outputs;
  const flat = Array.isArray(outputs) ? (outputs as (number | ArrayLike<number>)[]) : Array.from(outputs);
  if (typeof flat[0] !== "number") return (flat as ArrayLike<number>[]).map((row) => Array.from(row));
  return Array.from({ length: flat.length / width }, (_, row) => (flat as number[]).slice(row * width, (row + 1) * width));
}

function answer(row: readonly number[], last: ActivationName, classes: readonly ClassLabel[] | undefined): ClassLabel | number[] {
  const [first] = row as [number];
  if (!classes) return row.length === 1 ? first : [...row];
  if (last === "softmax") return classes[row.reduce((best, y, i) => (y > (row[best] as number) ? i : best), 0)] as ClassLabel;
  // Above a half, as its LabelBinarizer has it, and not from there on.
  if (row.length > 1) return row.map((y) => Number(y > 0.5));
  return classes[Math.min(Number(first > 0.5), classes.length - 1)] as ClassLabel;
}
