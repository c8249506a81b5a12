/** Feed-forward neural networks that train in WebAssembly, with the same bits in every host. */

export type { Elements } from "./block.js";
export { TrainingError } from "./errors.js";
export { type History, type Layer, NeuralNetwork } from "./network.js";
export type {
  ActivationName,
  InitializerName,
  LayerOptions,
  LossName,
  NetworkOptions,
  Precision,
  ReductionName,
  SgdOptions,
  TrainOptions,
} from "./options.js";
export type { FlatRows, NumericArray, Row, Rows } from "./rows.js";
