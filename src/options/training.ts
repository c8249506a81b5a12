import { Measure } from "../abi.js";
import { wrongKind, wrongValue } from "../errors.js";
import type { Row, Rows } from "../rows.js";
import { boolean, nameOf, notNegative, or, record, share, whole } from "./check.js";

/** What is known after an epoch. */
export interface EpochReport {
  /** Counted from 1 since the network was made. */
  readonly epoch: number;
  /** The loss over the epoch's rows, each row's taken before the step that learns from it. */
  readonly loss: number;
  /** The loss of the validation rows after the epoch, where there are any. */
  readonly validationLoss?: number;
  /** The learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** The metrics that were asked for: of the epoch's rows, each taken before the step that learns from it, and of the validation rows after the epoch. */
  readonly metrics?: Metrics;
  readonly validationMetrics?: Metrics;
}

/** What is known after a step. */
export interface StepReport {
  /** Counted from 1 since the network was made. */
  readonly step: number;
  /** The epoch it belongs to, counted from 1 since the network was made. */
  readonly epoch: number;
  /** The batch within the epoch, counted from 1. */
  readonly batch: number;
  /** The loss of the batch before the step. */
  readonly loss: number;
}

/**
 * accuracy: the share of right answers, of rows behind softmax, of single outputs, which say yes from 0.5 on, behind sigmoid. meanAbsoluteError: the mean of
 * |y − t|. rootMeanSquaredError: the root of the mean of (y − t)². Rows count by their weights.
 */
export type MetricName = keyof typeof METRICS;

/** A number for each metric that was asked for. */
export type Metrics = { readonly [name in MetricName]?: number };

export const METRICS = {
  accuracy: Measure.Accuracy,
  meanAbsoluteError: Measure.AbsoluteError,
  rootMeanSquaredError: Measure.RootMeanSquaredError,
} as const;

/** When to stop because nothing improves any more. */
export interface EarlyStopping {
  /** Epochs without improvement after which training stops: a whole number, 1 or more. Default 10, scikit-learn's. */
  patience?: number;
  /** What the loss must fall by to count as an improvement, for the plateau schedule too. Default 0, Keras'; scikit-learn's is 1e-4. */
  minimumChange?: number;
  /** Whether the best epoch's weights are put back at the end. Default `true`, as in scikit-learn; Keras' is `false`. */
  restoreBest?: boolean;
  /**
   * What is looked at. Default `"validationLoss"`, Keras', where there are validation rows, which it takes, else `"loss"`, scikit-learn's without
   * `early_stopping`.
   */
  monitor?: "loss" | "validationLoss";
}

/** What a function that training calls may answer: anything but a promise, which it would not wait for. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions without an answer, and those with one that says nothing
type Answer = void | null | undefined | boolean | number | bigint | string | symbol | (object & { readonly then?: never });

/** How to train. */
export type TrainOptions = Watching & Learning & Callbacks<Answer>;

/** Rows that validate, and what is done because of them. */
export type Watching =
  | {
      /** Rows that are not learned from, but whose loss is taken after each epoch: the last share of the rows, or rows of their own. Default none, as in Keras. */
      validation: ValidationRows;
      /** Default none, as in Keras; scikit-learn always watches the training loss. `true` takes all its defaults. */
      earlyStopping?: boolean | EarlyStopping;
    }
  | { validation?: never; earlyStopping?: boolean | (EarlyStopping & { monitor?: "loss" }) };

type ValidationRows = { split: number; inputs?: never; targets?: never } | { inputs: Row | Rows; targets: Row | Rows; split?: never };

/** How the rows are learned from. */
export interface Learning {
  /** How often to go through all rows: a whole number, 0 or more. */
  epochs: number;
  /** Rows for each step; the last batch of an epoch takes what is left. Default: all rows in one batch, as in the tutorial; Keras' is 32, scikit-learn's up to 200. */
  batchSize?: number;
  /**
   * Whether each epoch takes the rows in a new order, NumPy's `random.permutation` of the network's generator. Default `true` where there
   * is more than one batch, as in Keras and scikit-learn; in one batch, the tutorial's, the order changes nothing but the last bits.
   */
  shuffle?: boolean;
  /** One weight for each row, by which its loss and gradient are multiplied. Default 1, as in Keras and scikit-learn. */
  sampleWeights?: readonly number[] | Float64Array | Float32Array;
  /**
   * One weight for each class, by which those of its rows are multiplied, behind softmax or one sigmoid output. `"balanced"`: rows / (classes · rows of the
   * class), over the classes that occur, as in scikit-learn. Rows that validate are not weighed by class. Default 1, Keras'.
   */
  classWeights?: "balanced" | readonly number[] | Float64Array | Float32Array;
  /** What to note of each epoch besides the loss. Default nothing, as in Keras. */
  metrics?: readonly MetricName[];
  /**
   * Goes on with the run that `onStep` or an error has cut, to the epochs that it was meant for: with the same rows and options the result has the bits of a run
   * that was not. The history begins anew. Default `false`, which begins a new run and with it a new epoch.
   */
  resume?: boolean;
  /** Every so many epochs, and the last, go into the history. Default: so that there are at most 1,000. */
  historyInterval?: number;
}

/** Functions of the user's that a run calls. */
export interface Callbacks<Answer> {
  /** Called after each epoch, may think but not train; `false` ends the run, as early stopping does. */
  onEpoch?: (report: EpochReport) => Answer;
  /** Called after each step, may think but not train; `false` cuts the run there, in mid-epoch too, so that `resume` can go on with it. */
  onStep?: (report: StepReport) => Answer;
}

/** Training options with every default in place. */
export interface TrainPlan {
  readonly epochs: number;
  readonly batchSize: number | undefined;
  /** `undefined`: where there is more than one batch. */
  readonly shuffle: boolean | undefined;
  readonly split: number;
  readonly validation: { inputs: unknown; targets: unknown } | undefined;
  readonly patience: number;
  readonly minimumChange: number;
  readonly restoreBest: boolean;
  readonly monitor: "loss" | "validationLoss";
  readonly sampleWeights: unknown;
  readonly classWeights: unknown;
  readonly metrics: readonly MetricName[];
  readonly onEpoch: ((report: EpochReport) => unknown) | undefined;
  readonly onStep: ((report: StepReport) => unknown) | undefined;
  readonly resume: boolean;
  readonly historyInterval: number;
}

/** The options of `train`. */
export const KEYS = [
  "epochs",
  "batchSize",
  "shuffle",
  "validation",
  "earlyStopping",
  "sampleWeights",
  "classWeights",
  "metrics",
  "onEpoch",
  "onStep",
  "resume",
  "historyInterval",
] as const satisfies readonly (keyof TrainOptions)[];

const MOST = Number.MAX_SAFE_INTEGER;

/** Checks the third argument of `train`. */
export function readTrainOptions(given: unknown): TrainPlan {
  if (typeof given !== "number" && (typeof given !== "object" || given === null)) {
    throw wrongKind("options", "the number of iterations or an object with epochs", given);
  }
  const isNumber = typeof given === "number";
  const options = isNumber ? ({ epochs: given } as Partial<Record<keyof TrainOptions, unknown>>) : record("options", given, KEYS);
  const epochs = whole(isNumber ? "iterations" : "epochs", options.epochs, 0, MOST);
  const validation = readValidation(options.validation);
  // A thousand points draw any curve.
  const interval = Math.max(1, Math.ceil(epochs / 1000));
  return {
    epochs,
    batchSize: options.batchSize === undefined ? undefined : whole("batchSize", options.batchSize, 1, MOST),
    shuffle: options.shuffle === undefined ? undefined : boolean("shuffle", options.shuffle),
    ...validation,
    ...readEarlyStopping(options.earlyStopping, validation.split > 0 || validation.validation !== undefined),
    sampleWeights: options.sampleWeights,
    classWeights: options.classWeights,
    metrics: readMetrics(options.metrics),
    onEpoch: callback("onEpoch", options.onEpoch),
    onStep: callback("onStep", options.onStep),
    resume: boolean("resume", or(options.resume, false)),
    historyInterval: whole("historyInterval", or(options.historyInterval, interval), 1, MOST),
  };
}

function callback(name: string, given: unknown): ((report: unknown) => unknown) | undefined {
  if (given === undefined || typeof given === "function") return given as (report: unknown) => unknown;
  throw wrongKind(name, "a function", given);
}

/** The metrics in the order in which the core notes them. */
function readMetrics(given: unknown): MetricName[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw wrongKind("metrics", "an array of names", given);
  const names = Array.from(given, (name, i) => nameOf(`metrics[${i}]`, name, METRICS));
  return (Object.keys(METRICS) as MetricName[]).filter((name) => names.includes(name));
}

function readValidation(given: unknown): Pick<TrainPlan, "split" | "validation"> {
  if (given === undefined) return { split: 0, validation: undefined };
  if (typeof given === "object" && given !== null && "split" in given) {
    const { split } = record("validation", given, ["split"]);
    return { split: share("validation.split", split), validation: undefined };
  }
  const { inputs, targets } = record("validation", given, ["inputs", "targets"]);
  return { split: 0, validation: { inputs, targets } };
}

function readEarlyStopping(given: unknown, validates: boolean): Pick<TrainPlan, "patience" | "minimumChange" | "restoreBest" | "monitor"> {
  const fallback = validates ? "validationLoss" : "loss";
  if (given === undefined || given === false) return { patience: 0, minimumChange: 0, restoreBest: false, monitor: fallback };
  const options = record("earlyStopping", given === true ? {} : given, ["patience", "minimumChange", "restoreBest", "monitor"]);
  const monitor = nameOf("earlyStopping.monitor", or(options.monitor, fallback), { loss: 0, validationLoss: 1 });
  if (monitor === "validationLoss" && !validates) {
    throw wrongValue("earlyStopping.monitor", "validation rows to go with validationLoss");
  }
  return {
    patience: whole("earlyStopping.patience", or(options.patience, 10), 1, 2 ** 32 - 1),
    minimumChange: notNegative("earlyStopping.minimumChange", or(options.minimumChange, 0)),
    restoreBest: boolean("earlyStopping.restoreBest", or(options.restoreBest, true)),
    monitor,
  };
}
