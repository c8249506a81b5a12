import type { NeuralNetwork } from "feedforward";
import type { Table } from "./tables.js";

/** Of a matrix with more rows or columns than `MOST`, the first and last `EDGE` are shown, as NumPy does. */
const MOST = 6;
const EDGE = 3;

/** Up to this distance from its target an output counts as learned. */
const NEAR = 0.1;

/** "3 inputs → 4 hidden → 1 output" */
export function picture(network: NeuralNetwork): string {
  const hidden = network.layers.slice(0, -1).map(({ units }) => `${units} hidden`);
  return [counted(network.inputs, "input"), ...hidden, counted(network.outputs, "output")].join(" → ");
}

/** The weights of each layer as NumPy would print them, under a heading where there is more than one, and the biases once they are not all 0. */
export function weightsOf(network: NeuralNetwork): string {
  return network.layers
    .flatMap(({ inputs, units, weights, biases }, i) => [
      ...(network.layers.length > 1 ? [`layer ${i + 1}, weights (${inputs} × ${units}):`] : []),
      matrix(Array.from({ length: inputs }, (_, row) => Array.from(weights.subarray(row * units, (row + 1) * units)))),
      ...(biases.some((b) => b !== 0) ? [network.layers.length > 1 ? `layer ${i + 1}, biases:` : "bias:", vector(Array.from(biases))] : []),
    ])
    .join("\n");
}

/** The rows of a table with what the network makes of them. */
export function rowsOf(table: Table, outputs: readonly (readonly number[])[]): string {
  const lines = table.inputs.map((row, i) => {
    return `${row.join(" ").padEnd(8)}${String(table.targets[i]?.join(" ")).padEnd(8)}${outputs[i]?.map((y) => y.toFixed(7)).join(" ")}`;
  });
  return ["inputs  target  output", ...lines].join("\n");
}

/** Whether every output has come near its target. */
export function isLearned(table: Table, outputs: readonly (readonly number[])[]): boolean {
  return outputs.every((row, r) => row.every((y, c) => Math.abs(y - (table.targets[r]?.[c] as number)) < NEAR));
}

/** "[0.9999584]" */
export function vector(numbers: readonly number[]): string {
  return `[${columns([numbers])[0]?.join(" ")}]`;
}

function matrix(rows: readonly (readonly number[])[]): string {
  const lines = columns(ends(rows)).map((row) => `[${row.join(" ")}]`);
  if (rows.length > MOST) lines.splice(EDGE, 0, "...");
  return `[${lines.join("\n ")}]`;
}

/**
 * The numbers as texts of equal width, as NumPy writes them: at most 8 digits behind the point, and no more than one of them needs. Powers of ten
 * stand where all are very small or one is very large; NumPy has them for mixed sizes too, which fills the line.
 */
function columns(rows: readonly (readonly number[])[]): string[][] {
  const shown = rows.map(ends);
  const sizes = shown.flat().flatMap((x) => (x !== 0 && Number.isFinite(x) ? [Math.abs(x)] : []));
  const largest = Math.max(...sizes);
  const powers = sizes.length > 0 && (largest >= 1e8 || largest < 1e-4);
  const cells = shown.map((row) => row.map((x) => parts(x, powers)));
  const before = Math.max(...cells.flat().map(({ whole }) => whole.length));
  const behind = Math.max(...cells.flat().map(({ fraction }) => fraction.length));
  return cells.map((row, r) => {
    const texts = row.map(({ whole, fraction, power }) => whole.padStart(before) + fraction.padEnd(behind, power ? "0" : " ") + power);
    if ((rows[r]?.length ?? 0) > MOST) texts.splice(EDGE, 0, "...");
    return texts;
  });
}

/** 0.25 is "0.", "25", ""; with powers of ten it is "2.", "5", "e-01". */
function parts(x: number, powers: boolean): { whole: string; fraction: string; power: string } {
  if (!Number.isFinite(x)) return { whole: Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf", fraction: "", power: "" };
  const text = powers ? x.toExponential(8) : x.toFixed(8);
  const [, whole = "", fraction = "", sign, exponent = ""] = /^(-?\d+\.)(\d+?)0*(?:e(.)(\d+))?$/.exec(text) ?? [];
  return { whole, fraction: fraction === "0" ? "" : fraction, power: sign ? `e${sign}${exponent.padStart(2, "0")}` : "" };
}

function ends<E>(list: readonly E[]): readonly E[] {
  return list.length > MOST ? [...list.slice(0, EDGE), ...list.slice(-EDGE)] : list;
}

/** "1 row", "2 rows", "15,000 rows" */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}
