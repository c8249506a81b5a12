import type { Unit } from "../report.js";
import { ITERATIONS } from "../tutorial.js";

// What is measured, as data: a worker is handed one of these as JSON, with the files that `data.ts` writes.

export type Precision = "float64" | "float32";

export interface NetworkSpec {
  readonly inputs: number;
  readonly layers: readonly {
    readonly units: number;
    readonly activation: "sigmoid" | "relu" | "softmax" | "linear";
    readonly bias: boolean;
  }[];
}

interface Common {
  /** As `--case` and the report name it. */
  readonly name: string;
  /** One line for the reader of the table. */
  readonly title: string;
  readonly unit: Unit;
}

/** Work for a long-lived worker: the same data and first weights, timed inside of it. */
export interface WorkerCase extends Common {
  /** `train` runs all epochs from the first weights; `predict` asks once with all rows; `load` is `predict` in a new process, with its import. */
  readonly kind: "train" | "predict" | "load";
  readonly network: NetworkSpec;
  readonly precision: Precision;
  /** Rows of inputs. */
  readonly rows: number;
  /** ½ (y − t)² summed over a row's units, or −Σ t log y of one-hot targets. */
  readonly loss: "squaredError" | "crossEntropy";
  /** How the rows of a batch come together, in loss and gradient. */
  readonly reduction: "sum" | "mean";
  readonly optimizer: { readonly name: "sgd" | "adam"; readonly learningRate: number };
  readonly batchSize: number;
  readonly epochs: number;
  /** The tutorial's table, all four rows of the exclusive or, or random rows with targets that can be learned. */
  readonly data: "tutorial" | "xor" | "classes" | "values";
  /** The most that a peer's result may differ by, see `check.ts`. */
  readonly tolerance: Readonly<Record<Precision, number>>;
}

/** A whole process: it trains the tutorial's network and prints the answer. */
export interface ColdCase extends Common {
  readonly kind: "cold";
}

/** What a browser downloads for the same program. */
export interface SizeCase extends Common {
  readonly kind: "size";
}

export type PeerCase = WorkerCase | ColdCase | SizeCase;

const SGD = (learningRate: number) => ({ name: "sgd", learningRate }) as const;
const layer = (units: number, activation: NetworkSpec["layers"][number]["activation"], bias = true) => ({ units, activation, bias });

const DIGITS: NetworkSpec = { inputs: 784, layers: [layer(128, "relu"), layer(10, "softmax")] };

/**
 * What rounding, another order of sums and another exponential leave after thousands of steps: 1e-11 in f64 where the host's exponential is exact to
 * the last digits, 2e-7 in jax-js, whose one is not; 5e-6 to 1e-4 in f32.
 */
const TOLERANCE = { float64: 1e-6, float32: 2e-3 };

const xor = {
  kind: "train",
  unit: "ms",
  network: { inputs: 2, layers: [layer(4, "sigmoid"), layer(1, "sigmoid")] },
  precision: "float64",
  rows: 4,
  loss: "squaredError",
  reduction: "sum",
  optimizer: SGD(0.5),
  epochs: 5000,
  data: "xor",
  tolerance: TOLERANCE,
} as const;

const digits = {
  kind: "train",
  unit: "samples/s",
  network: DIGITS,
  precision: "float32",
  rows: 4096,
  loss: "crossEntropy",
  reduction: "mean",
  optimizer: SGD(0.05),
  epochs: 1,
  data: "classes",
  tolerance: TOLERANCE,
} as const;

/** Outputs are probabilities; they may differ by this much. */
const predict = { ...digits, kind: "predict", unit: "µs", batchSize: 1, tolerance: { float64: 1e-5, float32: 1e-5 } } as const;

export const CASES: readonly PeerCase[] = [
  {
    name: "seed",
    title: `the tutorial's ${ITERATIONS.toLocaleString("en")} iterations: 3-1, sigmoid, 4 rows`,
    kind: "train",
    unit: "ms",
    network: { inputs: 3, layers: [layer(1, "sigmoid", false)] },
    precision: "float64",
    rows: 4,
    loss: "squaredError",
    reduction: "sum",
    optimizer: SGD(1),
    batchSize: 4,
    epochs: ITERATIONS,
    data: "tutorial",
    tolerance: TOLERANCE,
  },
  { ...xor, name: "xor", title: "2-4-1, sigmoid, 5,000 epochs in batches of 1", batchSize: 1 },
  { ...xor, name: "xor-full", title: "2-4-1, sigmoid, 5,000 epochs in full batches", batchSize: 4 },
  { ...digits, name: "mnist-b32", title: "784-128-10, relu, softmax, cross-entropy, SGD, batch 32, an epoch of 4,096 rows", batchSize: 32 },
  {
    ...digits,
    name: "mnist-b256",
    title: "784-128-10, relu, softmax, cross-entropy, SGD, batch 256, an epoch of 4,096 rows",
    batchSize: 256,
  },
  {
    ...digits,
    name: "wide",
    title: "784-2048-2048-10, relu, softmax, cross-entropy, SGD, one step with a batch of 256",
    network: { inputs: 784, layers: [layer(2048, "relu"), layer(2048, "relu"), layer(10, "softmax")] },
    rows: 256,
    batchSize: 256,
  },
  {
    name: "tabular",
    title: "20-64-64-1, relu, squared error, Adam, batch 32, an epoch of 10,000 rows",
    kind: "train",
    unit: "ms",
    network: { inputs: 20, layers: [layer(64, "relu"), layer(64, "relu"), layer(1, "linear")] },
    precision: "float32",
    rows: 10_000,
    loss: "squaredError",
    reduction: "mean",
    optimizer: { name: "adam", learningRate: 1e-3 },
    batchSize: 32,
    epochs: 1,
    data: "values",
    // Adam divides by the gradient's size, also where it is little more than rounding; and peers place its epsilon differently.
    tolerance: { float64: 1e-3, float32: 2e-2 },
  },
  { ...predict, name: "predict-1", title: "784-128-10, one row, from and to arrays of the host language", rows: 1 },
  { ...predict, name: "predict-1000", title: "784-128-10, 1,000 rows, from and to arrays of the host language", rows: 1000 },
  {
    ...predict,
    name: "load",
    title: "import to first prediction, 784-128-10, in a new process each time",
    kind: "load",
    unit: "ms",
    rows: 1,
  },
  { name: "cold", title: "a whole process: start, import, compile, the tutorial's training, answer printed", kind: "cold", unit: "ms" },
  { name: "size", title: "what a browser downloads to train the tutorial's network, minified and gzipped", kind: "size", unit: "bytes" },
];

/** Rows that one run goes through. */
export const samplesOf = ({ rows, epochs, kind }: WorkerCase): number => (kind === "train" ? rows * epochs : rows);
