import { ClassReport, Header, Evaluation as Kind, Report } from "./abi.js";
import type { Block } from "./block.js";
import { wrongValue } from "./errors.js";
import { or, record, whole } from "./options/check.js";
import type { LayerPlan } from "./options/layers.js";
import type { Plan } from "./options/network.js";
import type { Row, Rows } from "./rows.js";
import { classesOf, place, placeWeights, readSamples, type Samples } from "./samples.js";

/** How to evaluate. */
export interface EvaluateOptions {
  /** One weight for each row. Default 1, as in scikit-learn. */
  sampleWeights?: readonly number[] | Float64Array | Float32Array;
  /** A row counts as right for `topKAccuracy` if its class is among so many likeliest: 1 … classes. Default 5, Keras', or all classes where they are fewer. */
  topK?: number;
}

/** What every evaluation says. */
interface Common {
  /** Rows that were looked at. */
  readonly rows: number;
  /** The loss as training has it: the sum or the mean over the rows, as `reduction` says, with penalties. */
  readonly loss: number;
}

/** What classes and answers have in common; lists have one entry for each class or answer. */
interface Rates {
  /** Mean of −log of the output for what is right; no output counts as less than a unit in the last place of 1. */
  readonly logLoss: number;
  /** Of the rows that are said to be of the class, the share that is; 0 where none is said to be. */
  readonly precision: readonly number[];
  /** Of the rows of the class, the share that was found; 0 where there are none. */
  readonly recall: readonly number[];
  /** Harmonic mean of both; 0 where neither class nor answer occurs. */
  readonly f1: readonly number[];
  /** Rows of the class, or the sum of their weights. */
  readonly support: readonly number[];
  /** Mean of `f1` over all classes. */
  readonly macroF1: number;
  /** Area under the ROC curve of each class against all others; NaN where there are no rows of it, or none of others. */
  readonly rocAuc: readonly number[];
  /** Mean of those areas that are numbers; NaN where none is. */
  readonly macroRocAuc: number;
}

/** Of a softmax, or of one sigmoid output whose targets are all 0 or 1: two classes, the second from 0.5 on. */
export interface ClassEvaluation extends Common, Rates {
  readonly kind: "classes";
  /** Share of rows whose class has the largest output. */
  readonly accuracy: number;
  readonly topKAccuracy: number;
  /** Row: the class that is right; column: the class that was said; rows of data, or the sum of their weights. */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/** Of several sigmoid outputs whose targets are all 0 or 1: each answers a question of its own, with yes from 0.5 on. */
export interface LabelEvaluation extends Common, Rates {
  readonly kind: "labels";
  /** Share of single answers that are right: Keras' binary accuracy. */
  readonly accuracy: number;
  /** Share of rows whose answers are all right: scikit-learn's accuracy. */
  readonly exactMatch: number;
}

/** Of anything else: numbers that should be near their targets. Means over the outputs. */
export interface ValueEvaluation extends Common {
  readonly kind: "values";
  /** Mean of |y − t|. */
  readonly meanAbsoluteError: number;
  /** Root of the mean of (y − t)², of each output. */
  readonly rootMeanSquaredError: number;
  /** 1 − Σ (y − t)² / Σ (t − mean t)² of each output: 1 is perfect, 0 no better than the mean. Where all targets are equal 1 if met, else 0. */
  readonly r2: number;
}

/** How good a network's answers are. Definitions are scikit-learn's. */
export type Evaluation = ClassEvaluation | LabelEvaluation | ValueEvaluation;

/** Rows to evaluate, and what to find. */
interface Question {
  readonly samples: Samples;
  readonly kind: Kind;
  readonly topK: number;
}

/** Reads and checks data and options, and touches nothing of the network. */
export function readEvaluation(
  memory: Block["core"]["memory"],
  plan: Plan,
  inputs: Row | Rows,
  targets: Row | Rows,
  given: unknown,
): Question {
  const options = record("options", or(given, {}), ["sampleWeights", "topK"]);
  const samples = readSamples(memory, plan, inputs, targets, options.sampleWeights);
  const { units, activation, residual } = plan.layers.at(-1) as LayerPlan;
  const isSure = activation === "sigmoid" && !residual && samples.t.table.values.every((t) => t === 0 || t === 1);
  const kind = (activation === "softmax" && !residual) || (isSure && units === 1) ? Kind.Classes : isSure ? Kind.Answers : Kind.Values;
  const classes = classesOf(plan);
  if (classes > 0) return { samples, kind, topK: whole("topK", or(options.topK, Math.min(5, classes)), 1, classes) };
  if (options.topK === undefined) return { samples, kind, topK: 1 };
  throw wrongValue("topK", "softmax outputs or a single sigmoid output to go with it");
}

export function evaluate(block: Block, plan: Plan, { samples, kind, topK }: Question): Evaluation {
  const { x, t, weights } = samples;
  const { rows } = x;
  block.ensure({
    [Header.SampleCapacity]: rows,
    [Header.Labels]: Number(t.labels),
    [Header.Weighted]: Number(weights !== undefined),
    [Header.Evaluation]: kind,
  });
  // What no output can reach is no reason not to look how far it is.
  place(block, plan, "targets", x, t, 0, /crossEntropy/i.test(plan.loss.name));
  if (weights) placeWeights(block, weights, rows);
  block.setUint(Header.TopCount, topK);
  block.core.evaluate(block.base, rows);
  const classes = kind === Kind.Classes ? classesOf(plan) : block.outputs;
  const report = block.doubles(Header.Report, Report.PerClass + (ClassReport.Width + (kind === Kind.Classes ? classes : 0)) * classes);
  const number = (at: Report) => report[at] as number;
  const common = { rows, loss: number(Report.Loss) };
  if (kind === Kind.Values) {
    return {
      kind: "values",
      ...common,
      meanAbsoluteError: number(Report.AbsoluteError),
      rootMeanSquaredError: number(Report.RootMeanSquaredError),
      r2: number(Report.R2),
    };
  }
  const list = (first: number, step: number) => Array.from({ length: classes }, (_, k) => report[first + k * step] as number);
  const each = (field: ClassReport) => list(Report.PerClass + field, ClassReport.Width);
  const rates = {
    ...common,
    accuracy: number(Report.Accuracy),
    logLoss: number(Report.LogLoss),
    precision: each(ClassReport.Precision),
    recall: each(ClassReport.Recall),
    f1: each(ClassReport.F1),
    support: each(ClassReport.Support),
    macroF1: number(Report.MacroF1),
    rocAuc: each(ClassReport.Area),
    macroRocAuc: number(Report.MacroArea),
  };
  if (kind === Kind.Answers) return { kind: "labels", ...rates, exactMatch: number(Report.TopAccuracy) };
  const matrix = Report.PerClass + ClassReport.Width * classes;
  const confusionMatrix = list(0, 0).map((_, k) => list(matrix + k * classes, 1));
  return { kind: "classes", ...rates, topKAccuracy: number(Report.TopAccuracy), confusionMatrix };
}
