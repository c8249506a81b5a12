import { Header, Status } from "./abi.js";
import { type Block, type Elements, HISTORY_WIDTH } from "./block.js";
import { statusError } from "./core.js";
import { count, describe, TrainingError } from "./errors.js";
import type { ActivationName, LayerPlan } from "./options/layers.js";
import type { Plan } from "./options/network.js";
import { type EpochReport, readTrainOptions, type TrainPlan } from "./options/training.js";
import { readTable, type Table, type TableShape } from "./rows.js";

/** How a training run went: element i of each list belongs to epoch `epoch[i]`, counted from 1 since the network was made. */
export interface History {
  readonly epoch: number[];
  /**
   * The loss over all rows of the epoch, each row's taken before the step that learns from it: the sum or the mean over the rows, as
   * `reduction` says, with penalties.
   */
  readonly loss: number[];
  /** The loss of the validation rows after the epoch; without such rows the list is empty. */
  readonly validationLoss: number[];
  /** The learning rate of the epoch's last step. */
  readonly learningRate: number[];
  /** The epoch that early stopping found best, where it was asked for. */
  bestEpoch?: number;
}

/** The memory of a network's core, where its own views lie. */
type Memory = { readonly buffer: ArrayBufferLike };

/** Targets: rows of outputs, or with cross-entropy class numbers. */
interface Targets {
  readonly table: Table;
  readonly labels: boolean;
}

/** A run whose data and options were read. */
interface Run {
  readonly options: TrainPlan;
  readonly x: Table;
  readonly t: Targets;
  readonly validation: { readonly x: Table; readonly t: Targets } | undefined;
  readonly weights: Table | undefined;
  /** Rows that are learned from, and rows that validate. */
  readonly rows: number;
  readonly validationRows: number;
}

/** Training works in slices of about this long, so that the engine can replace the core's code by a faster version in between. */
const SLICE_MILLISECONDS = 10;
const FIRST_SLICE_STEPS = 64;

/** The values that an activation can have; targets beyond cannot be learned. */
const REACH: Partial<Record<ActivationName, readonly [number, number]>> = {
  sigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  softsign: [-1, 1],
  relu: [0, Number.POSITIVE_INFINITY],
  softplus: [0, Number.POSITIVE_INFINITY],
};

/** What a row of class probabilities may differ from 1 by. */
const ROW_SUM_TOLERANCE = 1e-6;

/** Reads and checks data and options, and touches nothing of the network. */
export function readRun(memory: Memory, plan: Plan, inputs: unknown, targets: unknown, given: unknown): Run {
  const x = readTable(inputs, inputShape("inputs", plan), memory);
  const t = readTargets("targets", targets, x.rows, plan, memory);
  const options = readTrainOptions(given);
  const validation = readValidation(memory, plan, options, t.labels);
  const split = options.split > 0 ? x.rows - Math.floor(x.rows * (1 - options.split)) : 0;
  if (options.split > 0 && (split === 0 || split === x.rows)) {
    throw new RangeError(`validation.split: expected rows on both sides, got ${options.split} of ${count(x.rows, "row")}`);
  }
  const weights = readWeights(options.sampleWeights, x.rows, plan, memory);
  return { options, x, t, validation, weights, rows: x.rows - split, validationRows: split + (validation?.x.rows ?? 0) };
}

/** Makes room for a run and sets it up. Throws before anything of the network has changed. */
export function placeRun(block: Block, plan: Plan, run: Run): void {
  const { options, rows, validationRows } = run;
  const target = block.double(Header.Epoch) + options.epochs;
  if (target > Number.MAX_SAFE_INTEGER) {
    const most = Number.MAX_SAFE_INTEGER - block.double(Header.Epoch);
    throw new RangeError(`epochs: expected at most ${most} more for this network, got ${options.epochs}`);
  }
  placeData(block, plan, run);
  block.setUint(Header.SampleRows, rows);
  block.setUint(Header.ValidationRows, validationRows);
  block.setUint(Header.Shuffle, Number(options.shuffle));
  block.setUint(Header.RestoreBest, Number(options.restoreBest));
  block.setDouble(Header.EpochTarget, target);
  block.setUint(Header.HistoryLength, 0);
  block.setUint(Header.Cursor, 0);
  block.setDouble(Header.EpochSum, 0);
  block.setUint(Header.OrderReady, 0);
  block.setUint(Header.Patience, options.patience);
  block.setUint(Header.Monitor, Number(options.monitor === "validationLoss" && validationRows > 0));
  block.setDouble(Header.MinimumChange, options.minimumChange);
  block.setDouble(Header.BestLoss, Number.POSITIVE_INFINITY);
  block.setDouble(Header.BestEpoch, block.double(Header.Epoch));
  block.setUint(Header.Stopped, 0);
  block.setDouble(Header.LargestGradient, 0);
}

/** Makes room for a run's data and places them; again, after someone else has used that room. */
export function placeData(block: Block, plan: Plan, { options, x, t, validation, weights, rows, validationRows }: Run): void {
  block.ensure({
    [Header.SampleCapacity]: rows + validationRows,
    [Header.Training]: 1,
    [Header.BatchRows]: Math.min(options.batchSize ?? rows, rows),
    [Header.Shuffle]: Number(options.shuffle),
    [Header.RestoreBest]: Number(options.restoreBest),
    [Header.Labels]: Number(t.labels),
    [Header.Weighted]: Number(weights !== undefined),
  });
  place(block, plan, "targets", x, t, 0);
  if (validation) place(block, plan, "validation.targets", validation.x, validation.t, x.rows);
  if (weights) placeWeights(block, weights, rows + validationRows);
}

/** Trains until the run is over. `afterReport` is called after each call of `onEpoch`, which may have used the network. */
export function trainRun(block: Block, { options, validationRows }: Run, afterReport: () => void): History {
  const { onEpoch } = options;
  const validates = validationRows > 0;
  const history: History = { epoch: [], loss: [], validationLoss: [], learningRate: [] };
  // Someone who looks at each epoch gets the core to come back after each.
  block.setDouble(Header.HistoryInterval, onEpoch ? 1 : options.historyInterval);
  block.setUint(Header.HistoryCapacity, onEpoch ? 1 : DEFAULT_HISTORY);
  for (let steps = FIRST_SLICE_STEPS; ; ) {
    const start = performance.now();
    const status = block.core.train(block.base, steps);
    const took = performance.now() - start;
    const isLast = status !== Status.More;
    const entries = block.takeHistory();
    for (let at = 0; at < entries.length; at += HISTORY_WIDTH) {
      const epoch = entries[at] as number;
      const stops = onEpoch?.(report(entries, at, validates)) === false;
      if (onEpoch) afterReport();
      if (stops) block.setUint(Header.Stopped, 1);
      if (!onEpoch || stops || isLast || epoch % options.historyInterval === 0) remember(history, entries, at, validates);
    }
    if (status === Status.Ok) {
      if (options.patience > 0) history.bestEpoch = block.double(Header.BestEpoch);
      return history;
    }
    if (status !== Status.More) throw trainingError(block, status);
    if (took < SLICE_MILLISECONDS / 2) steps = Math.min(steps * 2, 2 ** 30);
    else if (took > SLICE_MILLISECONDS) steps = Math.max(1, steps >>> 1);
  }
}

/** As many entries as the core has room for. */
const DEFAULT_HISTORY = 256;

function remember(history: History, entries: Float64Array, at: number, validates: boolean): void {
  history.epoch.push(entries[at] as number);
  history.loss.push(entries[at + 1] as number);
  if (validates) history.validationLoss.push(entries[at + 2] as number);
  history.learningRate.push(entries[at + 3] as number);
}

function report(entries: Float64Array, at: number, validates: boolean): EpochReport {
  const [epoch, loss, validationLoss, learningRate] = entries.subarray(at, at + HISTORY_WIDTH) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return validates ? { epoch, loss, validationLoss, learningRate } : { epoch, loss, learningRate };
}

function inputShape(name: string, { inputs, precision }: Plan): TableShape {
  return { name, width: inputs, precision };
}

function outputsOf(plan: Plan): number {
  return (plan.layers.at(-1) as LayerPlan).units;
}

function readTargets(name: string, given: unknown, rows: number, plan: Plan, memory: Memory): Targets {
  const width = outputsOf(plan);
  const isList = (Array.isArray(given) || ArrayBuffer.isView(given)) && typeof (given as ArrayLike<unknown>)[0] !== "object";
  const isOneRow = rows === 1 && isList && (given as ArrayLike<unknown>).length === width;
  const labels = plan.loss.name === "crossEntropy" && isList && !isOneRow;
  const shape = { name, width: labels ? 1 : width, precision: plan.precision, column: labels || width === 1 };
  const table = readTable(given, shape, memory);
  if (table.rows !== rows) throw new RangeError(`${name}: expected ${count(rows, "row")}, as many as inputs, got ${table.rows}`);
  return { table, labels };
}

function readValidation(memory: Memory, plan: Plan, { validation }: TrainPlan, labels: boolean): Run["validation"] {
  if (!validation) return undefined;
  const x = readTable(validation.inputs, inputShape("validation.inputs", plan), memory);
  const t = readTargets("validation.targets", validation.targets, x.rows, plan, memory);
  if (t.labels !== labels) throw new TypeError(`validation.targets: expected ${labels ? "class numbers" : "rows"} as in targets`);
  return { x, t };
}

function readWeights(given: unknown, rows: number, plan: Plan, memory: Memory): Table | undefined {
  if (given === undefined) return undefined;
  const table = readTable(given, { name: "sampleWeights", width: 1, precision: plan.precision, column: true }, memory);
  if (table.rows !== rows) throw new RangeError(`sampleWeights: expected ${count(rows, "number")}, one for each row, got ${table.rows}`);
  const bad = Array.prototype.findIndex.call(table.values, (weight: number) => weight < 0);
  if (bad >= 0) throw new RangeError(`sampleWeights[${bad}]: expected a number from 0 on, got ${describe(table.values[bad])}`);
  return table;
}

/** Rows of their own that validate weigh 1. */
function placeWeights(block: Block, weights: Table, rows: number): void {
  const view = block.view(Header.SampleWeights, rows);
  view.fill(1, weights.rows);
  view.set(weights.values);
}

/** Copies inputs and targets to row `first` of the samples and checks there what targets must be. */
function place(block: Block, plan: Plan, name: string, x: Table, t: Targets, first: number): void {
  const end = first + x.rows;
  const width = t.labels ? 1 : block.outputs;
  block.view(Header.SampleInputs, end * block.inputs).set(x.values, first * block.inputs);
  const targets = block.view(Header.SampleTargets, end * width).subarray(first * width);
  targets.set(t.table.values);
  if (t.labels) checkLabels(name, targets, block.outputs);
  else checkReach(name, targets, width, plan);
}

function checkLabels(name: string, labels: Elements, classes: number): void {
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (bad >= 0) throw new RangeError(`${name}[${bad}]: expected a class number from 0 to ${classes - 1}, got ${describe(labels[bad])}`);
}

function checkReach(name: string, targets: Elements, width: number, plan: Plan): void {
  const last = plan.layers.at(-1) as Plan["layers"][number];
  const reach = last.residual || last.dropout > 0 ? undefined : REACH[last.activation];
  if (!reach) return;
  const [least, most] = reach;
  const bad = targets.findIndex((target) => !(target >= least && target <= most));
  if (bad >= 0) {
    const where = `${name}[${Math.floor(bad / width)}][${bad % width}]`;
    throw new RangeError(
      `${where}: expected a number ${most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `from ${least} on`}, as ${last.activation} outputs are, got ${describe(targets[bad])}`,
    );
  }
  if (plan.loss.name !== "crossEntropy") return;
  for (let row = 0; row * width < targets.length; row++) {
    let sum = 0;
    for (const target of targets.subarray(row * width, (row + 1) * width)) sum += target;
    if (Math.abs(sum - 1) > ROW_SUM_TOLERANCE) throw new RangeError(`${name}[${row}]: expected numbers that sum to 1, got a sum of ${sum}`);
  }
}

function trainingError(block: Block, status: Status): Error {
  if (status !== Status.NonFiniteLoss && status !== Status.NonFiniteGradient) return statusError(status);
  const iteration = block.double(Header.Step) + 1;
  const epoch = block.double(Header.Epoch) + 1;
  const loss = block.double(Header.LastLoss);
  const layer = block.uint(Header.FailedLayer);
  const largestGradient = block.double(Header.LargestGradient);
  const batch = Math.floor(block.uint(Header.Cursor) / block.uint(Header.BatchRows)) + 1;
  const what =
    status === Status.NonFiniteLoss
      ? `the loss became ${loss}, first seen in layers[${layer}],`
      : `the gradient became too large (the loss is ${loss})`;
  return new TrainingError(
    `training stopped: ${what} at iteration ${iteration} (epoch ${epoch}, batch ${batch}). The weights are those of the iteration before. ` +
      (largestGradient > 0 ? `The largest derivative before was ${largestGradient.toPrecision(3)}. ` : "") +
      `What usually helps: a smaller learning rate (it is ${block.double(Header.LearningRate)}), inputs scaled to about −1 … 1, ` +
      'optimizer: { clipNorm: 1 }, reduction: "mean"',
    { iteration, epoch, loss },
  );
}
