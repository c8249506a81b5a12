import { Header, Optimizer, Reduction, Status } from "./abi.js";
import type { Block } from "./block.js";
import { statusError } from "./core.js";
import { count, TrainingError, wrongKind, wrongValue } from "./errors.js";
import { notNegative } from "./options/check.js";
import type { LayerPlan } from "./options/layers.js";
import type { Plan } from "./options/network.js";
import {
  type EpochReport,
  METRICS,
  type MetricName,
  type Metrics,
  readTrainOptions,
  type StepReport,
  type TrainPlan,
} from "./options/training.js";
import { isNumericArray, type Memory, readTable, type Table } from "./rows.js";
import { classesOf, inputShape, place, placeWeights, readTargets, readWeights, type Samples, type Targets } from "./samples.js";

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
  /** The metrics that were asked for, of the epoch's rows as they were learned from. */
  readonly metrics: { [name in MetricName]?: number[] };
  /** The same of the validation rows after the epoch. */
  readonly validationMetrics: { [name in MetricName]?: number[] };
  /** The epoch that early stopping found best, where it was asked for. */
  bestEpoch?: number;
}

/** A run whose data and options were read. */
export interface Run extends Samples {
  readonly options: TrainPlan;
  readonly shuffle: boolean;
  readonly validation: { readonly x: Table; readonly t: Targets } | undefined;
  readonly classWeights: "balanced" | readonly number[] | undefined;
  /** Rows that are learned from, and rows that validate. */
  readonly rows: number;
  readonly validationRows: number;
}

/** Worklets and bare contexts have only the second, whose jumps do no harm here. */
const clock = globalThis.performance ?? Date;

/** Training works in slices of about this long, so that the engine can replace the core's code by a faster version in between. */
const SLICE_MILLISECONDS = 10;
const FIRST_SLICE_STEPS = 1;

/** Reads and checks data and options, and touches nothing of the network. */
export function readRun(memory: Memory, plan: Plan, inputs: unknown, targets: unknown, given: unknown): Run {
  const x = readTable(inputs, inputShape("inputs", plan), memory);
  const t = readTargets("targets", targets, x.rows, plan, memory);
  const options = readTrainOptions(given);
  const validation = readValidation(memory, plan, options, t.labels);
  const split = options.split > 0 ? x.rows - Math.floor(x.rows * (1 - options.split)) : 0;
  if (options.split > 0 && (split === 0 || split === x.rows)) {
    throw wrongValue("validation.split", `rows on both sides, got ${options.split} of ${count(x.rows, "row")}`);
  }
  const rows = x.rows - split;
  const { batchSize, metrics } = options;
  if (plan.optimizer.code === Optimizer.Lbfgs && batchSize !== undefined && batchSize < rows) {
    throw wrongValue("batchSize", `all ${count(rows, "row")} with lbfgs`, batchSize);
  }
  const { activation, residual } = plan.layers.at(-1) as LayerPlan;
  if (metrics.includes("accuracy") && (residual || (activation !== "softmax" && activation !== "sigmoid"))) {
    throw wrongValue("metrics", `softmax or sigmoid outputs for accuracy, got ${residual ? "a residual" : activation}`);
  }
  const weights = readWeights(options.sampleWeights, x.rows, plan, memory);
  const classWeights = readClassWeights(options.classWeights, plan);
  const shuffle = options.shuffle ?? (batchSize !== undefined && batchSize < rows);
  return { options, shuffle, x, t, validation, weights, classWeights, rows, validationRows: split + (validation?.x.rows ?? 0) };
}

/** Makes room for a run and sets it up. Throws before anything of the network has changed. */
export function placeRun(block: Block, plan: Plan, run: Run): void {
  const { options, rows, validationRows } = run;
  if (options.resume) checkResumable(block, run);
  const target = block.double(Header.Epoch) + options.epochs;
  if (!options.resume && target > Number.MAX_SAFE_INTEGER) {
    const most = Number.MAX_SAFE_INTEGER - block.double(Header.Epoch);
    throw wrongValue("epochs", `at most ${most} more for this network`, options.epochs);
  }
  block.attempt(() => placeData(block, plan, run));
  block.setUint(Header.SampleRows, rows);
  block.setUint(Header.ValidationRows, validationRows);
  block.setUint(Header.Shuffle, Number(run.shuffle));
  block.setUint(Header.RestoreBest, Number(options.restoreBest));
  block.setUint(Header.HistoryLength, 0);
  block.setUint(Header.OrderReady, 0);
  block.setUint(Header.GradientReady, 0);
  block.setUint(Header.Patience, options.patience);
  block.setUint(Header.Monitor, Number(options.monitor === "validationLoss" && validationRows > 0));
  block.setDouble(Header.MinimumChange, options.minimumChange);
  if (options.resume) return;
  block.setDouble(Header.EpochTarget, target);
  block.setUint(Header.Cursor, 0);
  block.setDouble(Header.EpochSum, 0);
  for (let i = 0; i < 4; i++) block.setDouble(Header.EpochMeasures + 8 * i, 0);
  block.setDouble(Header.BestLoss, Number.POSITIVE_INFINITY);
  block.setDouble(Header.BestEpoch, block.double(Header.Epoch));
  block.setUint(Header.Stopped, 0);
  block.setDouble(Header.LargestGradient, 0);
}

/** A run that was cut goes on over the same rows in the same batches. */
function checkResumable(block: Block, { options, shuffle, rows }: Run): void {
  const isCut = block.double(Header.Epoch) < block.double(Header.EpochTarget) && block.uint(Header.Stopped) === 0;
  if (!isCut) throw wrongValue("resume", "a run that was cut, but the last one came to its end, or there was none");
  const same = (name: string, before: number | boolean, now: number | boolean) => {
    if (before !== now) throw wrongValue("resume", `${name} as in the run that was cut, ${before}, got ${now}`);
  };
  same("as many rows", block.uint(Header.SampleRows), rows);
  same("batches of as many rows", block.uint(Header.BatchRows), Math.min(options.batchSize ?? rows, rows));
  same("shuffle", block.uint(Header.Shuffle) === 1, shuffle);
  // Without it the run has kept no best weights to put back.
  same("earlyStopping.restoreBest", block.uint(Header.RestoreBest) === 1, options.restoreBest);
}

/** Makes room for a run's data and places them; again, after someone else has used that room. */
export function placeData(block: Block, plan: Plan, run: Run): void {
  const { options, shuffle, x, t, validation, weights, classWeights, rows, validationRows } = run;
  const weighted = Boolean(weights || classWeights);
  block.ensure({
    [Header.SampleCapacity]: rows + validationRows,
    [Header.Training]: 1,
    [Header.BatchRows]: Math.min(options.batchSize ?? rows, rows),
    [Header.Shuffle]: Number(shuffle),
    [Header.RestoreBest]: Number(options.restoreBest),
    [Header.Labels]: Number(t.labels),
    [Header.Weighted]: Number(weighted),
    [Header.Measures]: options.metrics.reduce((sum, name) => sum + METRICS[name], 0),
  });
  place(block, plan, "targets", x, t, 0, true);
  if (validation) place(block, plan, "validation.targets", validation.x, validation.t, x.rows, true);
  if (weighted) placeWeights(block, weights, rows + validationRows);
  if (classWeights) weighClasses(block, plan, classWeights, rows);
}

/** The history of no epochs. */
export function noHistory(): History {
  return { epoch: [], loss: [], validationLoss: [], learningRate: [], metrics: {}, validationMetrics: {} };
}

/** A function of the user's and what it is told. */
export type Call = readonly [name: "onStep", report: StepReport] | readonly [name: "onEpoch", report: EpochReport];

/**
 * Trains until the run is over or cut, in slices of about `milliseconds`. It stops between two slices, and wherever a function of the user's is to be called: to go on
 * it takes what that has answered. Left there, the run is cut; but not where the core has cut a call, which must come to its end. `history`, which is empty, is filled as it goes. Of so many steps as `most` says a
 * slice is at most.
 */
export function* trainRun(
  block: Block,
  { options, validationRows }: Run,
  milliseconds = SLICE_MILLISECONDS,
  history = noHistory(),
  most = () => 2 ** 30,
): Generator<Call | undefined, History, unknown> {
  const { onEpoch, onStep, metrics } = options;
  const validates = validationRows > 0;
  for (const name of metrics) {
    history.metrics[name] = [];
    if (validates) history.validationMetrics[name] = [];
  }
  // Someone who looks at each epoch gets the core to come back after each, and so after each step.
  block.setDouble(Header.HistoryInterval, onEpoch ? 1 : options.historyInterval);
  block.setUint(Header.HistoryCapacity, onEpoch ? 1 : 0);
  const width = block.uint(Header.HistoryWidth);
  for (let steps = FIRST_SLICE_STEPS; ; ) {
    const start = clock.now();
    const before = block.double(Header.Step);
    const go = () => block.core.train(block.base, onStep ? 1 : Math.min(steps, most()));
    let status = go();
    // Nobody is told of what is not whole.
    for (; status === Status.Cut; status = go()) yield undefined;
    const took = clock.now() - start;
    const isLast = status !== Status.More;
    const entries = block.takeHistory();
    let isDue = false;
    for (let at = 0; at < entries.length; at += width) {
      isDue = !onEpoch || isLast || (entries[at] as number) % options.historyInterval === 0;
      if (isDue) remember(history, entries, at, metrics, validates);
    }
    let isCut = false;
    if (onStep && block.double(Header.Step) > before) isCut = (yield ["onStep", stepReport(block)]) === false && !isLast;
    // Where there is somebody to be told, there is one entry.
    if (onEpoch && entries.length > 0 && (yield ["onEpoch", reportOf(entries, metrics, validates)]) === false) {
      // An end is more than a cut: the best weights are yet to be put back.
      block.setUint(Header.Stopped, 1);
      isCut = false;
      if (!isDue) remember(history, entries, 0, metrics, validates);
    }
    if (status === Status.Ok || isCut) {
      if (options.patience > 0 && Number.isFinite(block.double(Header.BestLoss))) history.bestEpoch = block.double(Header.BestEpoch);
      return history;
    }
    if (status !== Status.More) throw trainingError(block, status, history);
    if (took < milliseconds / 2) steps = Math.min(steps * 2, 2 ** 30);
    else if (took > milliseconds) steps = Math.max(1, steps >>> 1);
    yield undefined;
  }
}

/** What a function of the user's answers, which nobody waits for. */
export function answerOf({ options }: Run, [name, report]: Call): unknown {
  const answer = options[name]?.(report as never);
  if (typeof (answer as { then?: unknown } | null | undefined)?.then !== "function") return answer;
  // Nor for its rejection.
  Promise.resolve(answer).catch(() => {});
  throw wrongKind(name, "an answer at once, got a promise, which train does not wait for");
}

export function stepReport(block: Block): StepReport {
  const epoch = block.double(Header.Epoch);
  const seen = block.uint(Header.Cursor) || block.uint(Header.SampleRows);
  return {
    step: block.double(Header.Step),
    epoch: block.uint(Header.Cursor) > 0 ? epoch + 1 : epoch,
    batch: Math.ceil(seen / block.uint(Header.BatchRows)),
    loss: block.double(Header.LastLoss),
  };
}

/** An entry of the core's history, whose numbers are epoch, loss, validation loss, learning rate, metrics, and metrics of the validation rows. */
function reportOf(entries: Float64Array, names: readonly MetricName[], validates: boolean): EpochReport {
  const number = (i: number) => entries[i] as number;
  const metrics = (first: number): Metrics => Object.fromEntries(names.map((name, i) => [name, number(first + i)]));
  return {
    epoch: number(0),
    loss: number(1),
    learningRate: number(3),
    ...(validates && { validationLoss: number(2) }),
    ...(names.length > 0 && { metrics: metrics(4) }),
    ...(names.length > 0 && validates && { validationMetrics: metrics(4 + names.length) }),
  };
}

function remember(history: History, entries: Float64Array, at: number, names: readonly MetricName[], validates: boolean): void {
  const push = (list: number[] | undefined, i: number) => list?.push(entries[at + i] as number);
  push(history.epoch, 0);
  push(history.loss, 1);
  if (validates) push(history.validationLoss, 2);
  push(history.learningRate, 3);
  for (let i = 0; i < names.length; i++) {
    push(history.metrics[names[i] as MetricName], 4 + i);
    push(history.validationMetrics[names[i] as MetricName], 4 + names.length + i);
  }
}

function readValidation(memory: Memory, plan: Plan, { validation }: TrainPlan, labels: boolean): Run["validation"] {
  if (!validation) return undefined;
  const x = readTable(validation.inputs, inputShape("validation.inputs", plan), memory);
  const t = readTargets("validation.targets", validation.targets, x.rows, plan, memory);
  if (t.labels !== labels) throw wrongKind("validation.targets", `${labels ? "class numbers" : "rows"} as in targets`);
  return { x, t };
}

function readClassWeights(given: unknown, plan: Plan): Run["classWeights"] {
  if (given === undefined) return undefined;
  const classes = classesOf(plan);
  if (classes === 0) throw wrongValue("classWeights", "softmax outputs or a single sigmoid output to go with them");
  if (given === "balanced") return given;
  if (!Array.isArray(given) && !isNumericArray(given)) {
    throw wrongKind("classWeights", `"balanced" or ${count(classes, "number")}, one for each class`, given);
  }
  if (given.length !== classes) throw wrongValue("classWeights", `${count(classes, "number")}, one for each class`, given.length);
  return Array.from<unknown, number>(given, (weight, k) => notNegative(`classWeights[${k}]`, weight, plan.precision));
}

/** Multiplies the weights of the rows that are learned from by those of their classes. */
function weighClasses({ core, base }: Block, plan: Plan, weights: "balanced" | readonly number[], rows: number): void {
  const classes = Array.from({ length: classesOf(plan) }, (_, k) => k);
  if (weights !== "balanced") {
    for (const k of classes) core.weighClass(base, rows, k, weights[k] as number);
    return;
  }
  const counts = classes.map((k) => core.weighClass(base, rows, k, 1));
  const present = counts.filter((members) => members > 0).length;
  counts.forEach((members, k) => {
    if (members > 0) core.weighClass(base, rows, k, rows / (present * members));
  });
}

const PENALTIES = "the penalties";

function trainingError(block: Block, status: Status, history: History): Error {
  if (status !== Status.NonFiniteLoss && status !== Status.NonFiniteGradient) return statusError(status);
  const iteration = block.double(Header.Step) + 1;
  const epoch = block.double(Header.Epoch) + 1;
  const loss = block.double(Header.LastLoss);
  const layer = block.uint(Header.FailedLayer);
  const largestGradient = block.double(Header.LargestGradient);
  const batch = Math.floor(block.uint(Header.Cursor) / block.uint(Header.BatchRows)) + 1;
  const what =
    status === Status.NonFiniteGradient
      ? "the gradient became too large, most in"
      : Number.isFinite(loss)
        ? "the statistics of the batch became too large in"
        : `the loss became ${loss}, first seen in`;
  const where = layer < block.uint(Header.LayerCount) ? `layers[${layer}]` : PENALTIES;
  return new TrainingError(
    `training stopped: ${what} ${where}, at iteration ${iteration} (epoch ${epoch}, batch ${batch}). The weights are those of the iteration before. ` +
      (largestGradient > 0 ? `The largest derivative before was ${largestGradient.toPrecision(3)}. ` : "") +
      `What usually helps: a smaller learning rate (it is ${block.double(Header.Rate) || block.double(Header.LearningRate)})${block.double(Header.WeightDecay) > 0 ? " or weightDecay" : ""}, ` +
      (where === PENALTIES ? "smaller l1 and l2" : "inputs scaled to about −1 … 1") +
      (block.uint(Header.Optimizer) === Optimizer.Lbfgs || block.double(Header.ClipNorm) > 0
        ? ""
        : ", the optimizer's option clipNorm: 1") +
      (block.uint(Header.Reduction) === Reduction.Sum ? ', reduction: "mean"' : ""),
    { iteration, epoch, loss, history },
  );
}
