import { type Description, type LayerDescription, type NormalizationDescription, PARAMETER_NAMES } from "../description.js";
import { FORMAT, VERSION } from "./format.js";

type Entries = readonly (readonly [key: string, text: string | undefined])[];

/** The document, a row of numbers to a line. */
export function layersText({ precision, inputs, layers }: Description): string {
  return object("", [
    ["format", JSON.stringify(FORMAT)],
    ["version", String(VERSION)],
    ["precision", JSON.stringify(precision)],
    ["inputs", String(inputs)],
    ["layers", list("  ", layers.map(layerText))],
  ]);
}

function layerText({ units, activation, parameter, residual, normalization, shape, weights, biases }: LayerDescription): string {
  const parameterName = PARAMETER_NAMES[activation];
  const name = JSON.stringify(activation);
  const rows = Array.from({ length: shape[0] }, (_, i) => numbers(weights.subarray(i * units, (i + 1) * units)));
  return object("    ", [
    ["units", String(units)],
    ["activation", parameterName ? `{ "name": ${name}, "${parameterName}": ${number(parameter)} }` : name],
    ["residual", residual ? "true" : undefined],
    ["normalization", normalization && normalizationText(normalization)],
    ["weights", list("      ", rows)],
    ["biases", biases && numbers(biases)],
  ]);
}

function normalizationText({ epsilon, scales, shifts, statistics }: NormalizationDescription): string {
  return object("      ", [
    ["name", statistics ? '"batch"' : '"layer"'],
    ["epsilon", number(epsilon)],
    ["scales", numbers(scales)],
    ["shifts", numbers(shifts)],
    ["means", statistics && numbers(statistics.means)],
    ["variances", statistics && numbers(statistics.variances)],
  ]);
}

function object(indent: string, entries: Entries): string {
  const lines = entries.filter(([, text]) => text !== undefined).map(([key, text]) => `${indent}  "${key}": ${text}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function list(indent: string, items: readonly string[]): string {
  return `[\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}]`;
}

function numbers(values: ArrayLike<number>): string {
  return `[${Array.from(values, number).join(", ")}]`;
}

/** The shortest text that is read as this number; JSON.stringify loses the sign of 0. */
function number(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
