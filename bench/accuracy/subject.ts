import type { Configuration } from "./configuration.js";

/** Examples, row after row, with the class of each. */
export interface Examples {
  /** (rows, inputs), scaled, in the precision of the configuration */
  readonly inputs: Float32Array | Float64Array;
  /** (rows) */
  readonly labels: Uint8Array;
}

export interface Data {
  readonly train: Examples;
  readonly test: Examples;
}

/** What is learned, and how. */
export interface Subject {
  /** As `--case` names it. */
  readonly name: string;
  /** For the reader of the table. */
  readonly title: string;
  readonly configuration: Configuration;
  /** Reads the data, and installs them first where they are missing. */
  load(): Data;
}
