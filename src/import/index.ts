/** Networks that other libraries have trained. */

export { type BrainActivation, type BrainImport, type BrainOptions, fromBrain } from "./brain.js";
export { ImportError, type ImportErrorCode } from "./errors.js";
export { fromSafetensors, type SafetensorsImport, type SafetensorsOptions } from "./from-safetensors.js";
export type { ImportOptions } from "./network.js";
export { type ClassLabel, fromScikitLearn, type ScikitLearnImport } from "./scikit-learn.js";
