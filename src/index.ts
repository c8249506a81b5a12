/** Feed-forward neural networks that train in WebAssembly, with the same bits in every host. */

export type { Capabilities } from "./background/capabilities.js";
export type { Batch, Batches, Progress, StreamOptions, ThinkAsyncOptions, TrainAsyncOptions } from "./background/options.js";
export type { Elements } from "./block.js";
export type { ClassEvaluation, EvaluateOptions, Evaluation, LabelEvaluation, ValueEvaluation } from "./evaluation.js";
export type { GradientOptions, Gradients, LayerGradients } from "./inspection.js";
export { type Layer, NeuralNetwork } from "./network.js";
export { TrainingError } from "./errors.js";
export { ModelFileError, type ModelFileErrorCode } from "./model-file.js";
export type {
  ActivationName,
  ActivationOption,
  BiasOption,
  InitializerName,
  InitializerOption,
  LayerOptions,
  NormalizationOption,
} from "./options/layers.js";
export type { LossName, LossOption } from "./options/losses.js";
export type { NetworkOptions, Precision, ReductionName } from "./options/network.js";
export type { OptimizerName, OptimizerOption, ScheduleOption } from "./options/optimizers.js";
export type { EarlyStopping, EpochReport, MetricName, Metrics, StepReport, TrainOptions } from "./options/training.js";
export type { FlatRows, NumericArray, Row, Rows } from "./rows.js";
export type { History } from "./training.js";
