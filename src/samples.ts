import { Header, LayerField } from "./abi.js";
import type { Block, Elements } from "./block.js";
import { count, wrongValue } from "./errors.js";
import type { ActivationName, LayerPlan } from "./options/layers.js";
import type { Plan } from "./options/network.js";
import { type Memory, readTable, type Table, type TableShape, withRows } from "./rows.js";

/** Targets: rows of outputs, or with cross-entropy class numbers. */
export interface Targets {
  readonly table: Table;
  readonly labels: boolean;
}

/** Rows with their targets, and weights where they have any. */
export interface Samples {
  readonly x: Table;
  readonly t: Targets;
  readonly weights: Table | undefined;
}

/** The least and the largest value that an activation comes up to, to four digits; targets beyond cannot be learned. */
const REACH: Partial<Record<ActivationName, readonly [least: number, most?: number]>> = {
  sigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  softsign: [-1, 1],
  relu: [0],
  softplus: [0],
  selu: [-1.7581],
  gelu: [-0.17],
  silu: [-0.2785],
};

/** What a row of class probabilities may differ from 1 by. */
const ROW_SUM_TOLERANCE = 1e-6;

export function readSamples(memory: Memory, plan: Plan, inputs: unknown, targets: unknown, weights: unknown): Samples {
  const x = readTable(inputs, inputShape("inputs", plan), memory);
  const t = readTargets("targets", targets, x.rows, plan, memory);
  return { x, t, weights: readWeights(weights, x.rows, plan, memory) };
}

export function inputShape(name: string, { inputs, precision }: Plan): TableShape {
  return { name, width: inputs, precision };
}

export function readTargets(name: string, given: unknown, rows: number, plan: Plan, memory: Memory): Targets {
  const width = (plan.layers.at(-1) as LayerPlan).units;
  const { data } = Object(given) as { data?: unknown };
  const list = (data ?? given) as ArrayLike<unknown>;
  const isList = (Array.isArray(list) || ArrayBuffer.isView(list)) && typeof list[0] !== "object";
  const length = isList && list.length;
  const isOneRow = rows === 1 && length === width;
  const labels = plan.loss.name === "crossEntropy" && isList && !isOneRow && (!data || length === rows);
  if (length === rows && rows > 1 && width > 1 && !labels) {
    throw wrongValue(name, `rows of ${width} numbers; class numbers go with the loss crossEntropy only`);
  }
  const shape = { name, width: labels ? 1 : width, precision: plan.precision, column: labels || width === 1 };
  const table = readTable(given, shape, memory);
  if (table.rows !== rows) throw wrongValue(name, `${count(rows, "row")}, as many as inputs`, table.rows);
  return { table, labels };
}

/** How many classes the outputs stand for; 0 where they stand for none. */
export function classesOf({ layers }: Plan): number {
  const { units, activation, residual } = layers.at(-1) as LayerPlan;
  // What goes around the layer is added to its probabilities, which then are none.
  if (residual) return 0;
  if (activation === "softmax") return units;
  return activation === "sigmoid" && units === 1 ? 2 : 0;
}

export function readWeights(given: unknown, rows: number, plan: Plan, memory: Memory): Table | undefined {
  if (given === undefined) return undefined;
  const table = readTable(given, { name: "sampleWeights", width: 1, precision: plan.precision, column: true }, memory);
  if (table.rows !== rows) throw wrongValue("sampleWeights", `${count(rows, "number")}, one for each row`, table.rows);
  const { values } = table;
  withRows(memory, rows, (from, to) => {
    for (let i = from; i < to; i++) if ((values[i] as number) < 0) throw wrongValue(`sampleWeights[${i}]`, "a number from 0 on", values[i]);
  });
  return table;
}

/** Rows of their own that validate weigh 1. */
export function placeWeights(block: Block, weights: Table | undefined, rows: number): void {
  const view = block.view(Header.SampleWeights, rows);
  view.fill(1, weights?.rows ?? 0);
  if (weights) view.set(weights.values);
}

/** Copies inputs and targets to row `first` of the samples and checks there what targets must be; whether outputs can reach them only if `strict`. */
export function place(block: Block, plan: Plan, name: string, x: Table, t: Targets, first: number, strict: boolean): void {
  const end = first + x.rows;
  const width = t.labels ? 1 : block.outputs;
  block.view(Header.SampleInputs, end * block.inputs).set(x.values, first * block.inputs);
  const targets = block.view(Header.SampleTargets, end * width).subarray(first * width);
  targets.set(t.table.values);
  if (t.labels) checkLabels(name, targets, block.outputs);
  else if (strict) checkReach(name, targets, width, plan);
}

function checkLabels(name: string, labels: Elements, classes: number): void {
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (bad >= 0) throw wrongValue(`${name}[${bad}]`, `a class number from 0 to ${classes - 1}`, labels[bad]);
}

function checkReach(name: string, targets: Elements, width: number, plan: Plan): void {
  const last = plan.layers.at(-1) as Plan["layers"][number];
  if (last.residual || last.dropout > 0) return;
  const reach = last.activation === "elu" ? [-(last.doubles[LayerField.Parameter] as number)] : (REACH[last.activation] ?? []);
  // What is undefined bounds nothing.
  const [least, most] = reach as [least: number, most: number];
  const bad = targets.findIndex((target) => target < least || target > most);
  if (bad >= 0) {
    const range = `a number from ${least} ${most === undefined ? "on" : `to ${most}`}`;
    throw wrongValue(`${name}[${Math.floor(bad / width)}][${bad % width}]`, `${range}, as ${last.activation} outputs are`, targets[bad]);
  }
  if (plan.loss.name !== "crossEntropy") return;
  for (let row = 0; row * width < targets.length; row++) {
    let sum = 0;
    for (const target of targets.subarray(row * width, (row + 1) * width)) sum += target;
    if (Math.abs(sum - 1) > ROW_SUM_TOLERANCE) throw wrongValue(`${name}[${row}]`, `numbers that sum to 1, got a sum of ${sum}`);
  }
}
