import fc from "fast-check";
import type { LayerOptions, LossOption, MetricName, NetworkOptions, OptimizerOption, ScheduleOption, TrainOptions } from "feedforward";
import { randomSource, randomTable } from "./data.js";
import { SIZES } from "./networks.js";

/** A network and a run of it that may ask for anything at once. */
export interface Everything {
  readonly network: NetworkOptions & { readonly inputs: number; readonly layers: readonly LayerOptions[] };
  readonly inputs: number[][];
  readonly targets: number[] | number[][];
  readonly train: TrainOptions;
}

const ACTIVATIONS = [
  "sigmoid",
  "tanh",
  "relu",
  "leakyRelu",
  { name: "leakyRelu", slope: 0.2 },
  "elu",
  { name: "elu", alpha: 0.5 },
  "selu",
  "gelu",
  "silu",
  "softplus",
  "softsign",
  "linear",
] as const;

const INITIALIZERS = [
  undefined,
  "uniform",
  "glorotUniform",
  "glorotNormal",
  "heUniform",
  "heNormal",
  "lecunUniform",
  "lecunNormal",
  "orthogonal",
  { name: "constant", value: 0.25 },
] as const;

const BIASES = [true, true, false, false, "glorotUniform", "lecunNormal", { name: "constant", value: 0.25 }] as const;

/** Last layers and the losses that go with them. */
const ENDS: readonly {
  activation: NonNullable<LayerOptions["activation"]>;
  loss: LossOption;
  targets: "any" | "share" | "classes" | "labels";
}[] = [
  { activation: "softmax", loss: "crossEntropy", targets: "classes" },
  { activation: "softmax", loss: { name: "crossEntropy", labelSmoothing: 0.1 }, targets: "labels" },
  { activation: "softmax", loss: "crossEntropy", targets: "labels" },
  { activation: "softmax", loss: "squaredError", targets: "share" },
  { activation: "sigmoid", loss: { name: "binaryCrossEntropy", labelSmoothing: 0.05 }, targets: "share" },
  { activation: "sigmoid", loss: "binaryCrossEntropy", targets: "share" },
  { activation: "linear", loss: { name: "huber", delta: 0.5 }, targets: "any" },
  { activation: "tanh", loss: "absoluteError", targets: "any" },
  { activation: "gelu", loss: "squaredError", targets: "share" },
];

export const SCHEDULES: readonly ScheduleOption[] = [
  "constant",
  { name: "constant", warmUp: 3 },
  { name: "step", steps: 3, factor: 0.5 },
  { name: "exponential", steps: 5, warmUp: 2 },
  { name: "inverseScaling" },
  { name: "cosine", steps: 12, floor: 0.1 },
  { name: "plateau", patience: 1, factor: 0.5 },
];

export const OPTIMIZERS: readonly Exclude<OptimizerOption, string>[] = [
  { name: "sgd" },
  { name: "sgd", momentum: 0.9 },
  { name: "sgd", momentum: 0.9, nesterov: true, clipNorm: 1 },
  { name: "rmsprop" },
  { name: "adagrad", clipValue: 0.1 },
  { name: "adam" },
  { name: "amsgrad" },
  { name: "adamW", clipNorm: 0.5 },
  { name: "nadam" },
  { name: "lion", weightDecay: 0.1 },
  { name: "lbfgs" },
  { name: "lbfgs", historySize: 2 },
];

const METRICS: readonly (readonly MetricName[])[] = [
  [],
  ["accuracy"],
  ["rootMeanSquaredError", "meanAbsoluteError"],
  ["meanAbsoluteError", "accuracy"],
  ["accuracy", "rootMeanSquaredError", "meanAbsoluteError"],
];

const layer = fc.record({
  units: fc.constantFrom(...SIZES),
  activation: fc.constantFrom(...ACTIVATIONS),
  bias: fc.constantFrom(...BIASES),
  initializer: fc.constantFrom(...INITIALIZERS),
  normalization: fc.constantFrom(undefined, undefined, "layer" as const, "batch" as const),
  dropout: fc.constantFrom(0, 0, 0.3),
  residual: fc.boolean(),
  trainable: fc.constantFrom(true, true, true, false),
  l1: fc.constantFrom(0, 0, 0.01),
  l2: fc.constantFrom(0, 0, 0.02),
  maxNorm: fc.constantFrom(undefined, undefined, 1.5),
});

/** Random runs of random networks: every option takes part, and all combine. */
export const everything: fc.Arbitrary<Everything> = fc
  .record({
    inputs: fc.constantFrom(...SIZES),
    hidden: fc.array(layer, { maxLength: 2 }),
    last: layer,
    end: fc.constantFrom(...ENDS),
    optimizer: fc.constantFrom(...OPTIMIZERS),
    schedule: fc.constantFrom(...SCHEDULES),
    precision: fc.constantFrom("float64" as const, "float32" as const),
    reduction: fc.constantFrom("sum" as const, "mean" as const),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    rows: fc.constantFrom(3, 5, 17, 33, 300),
    batchSize: fc.constantFrom(undefined, 1, 4, 7, 290),
    shuffle: fc.boolean(),
    validation: fc.constantFrom("none", "split", "own"),
    stops: fc.boolean(),
    weighted: fc.boolean(),
    classWeights: fc.constantFrom("none", "balanced", "given"),
    metrics: fc.constantFrom(...METRICS),
  })
  .map(({ hidden, last, end, ...shape }) => {
    const { loss, activation } = end;
    const isLbfgs = shape.optimizer.name === "lbfgs";
    const name = typeof loss === "string" ? loss : loss.name;
    const layers: LayerOptions[] = [...hidden, { ...last, activation: end.activation }].map((given, l, all) => {
      const width = l === 0 ? shape.inputs : (all[l - 1] as LayerOptions).units;
      const fused = l + 1 === all.length && name.endsWith("rossEntropy");
      const entries = Object.entries(given).filter(([, value]) => value !== undefined);
      const options = Object.fromEntries(entries.filter(([key]) => !isLbfgs || key !== "maxNorm")) as unknown as LayerOptions;
      return {
        ...options,
        residual: !fused && given.residual === true && given.units === width,
        dropout: fused ? 0 : (given.dropout ?? 0),
      };
    });
    const units = (layers.at(-1) as LayerOptions).units;
    const inputs = randomTable(shape.seed, shape.rows, shape.inputs);
    const own = shape.validation === "own" ? 6 : 0;
    const targets = targetsOf(end.targets, shape.seed + 1, shape.rows + own, units);
    const probable = (activation === "softmax" || activation === "sigmoid") && !(layers.at(-1) as LayerOptions).residual;
    const classes = !probable ? 0 : activation === "softmax" ? units : units === 1 ? 2 : 0;
    const metrics = shape.metrics.filter((metric) => metric !== "accuracy" || probable);
    const part = <E>(from: number, to?: number) => targets.slice(from, to) as E;
    const train: TrainOptions = {
      epochs: 4,
      shuffle: shape.shuffle,
      ...(shape.batchSize === undefined || isLbfgs ? {} : { batchSize: shape.batchSize }),
      ...(shape.validation === "split" ? { validation: { split: 0.3 } } : {}),
      ...(own > 0 ? { validation: { inputs: randomTable(shape.seed + 2, own, shape.inputs), targets: part<number[]>(shape.rows) } } : {}),
      ...(shape.stops ? { earlyStopping: { patience: 1 } } : {}),
      ...(shape.weighted ? { sampleWeights: inputs.map((row) => Math.abs(row[0] as number)) } : {}),
      ...(classes > 0 && shape.classWeights === "balanced" ? { classWeights: "balanced" } : {}),
      ...(classes > 0 && shape.classWeights === "given"
        ? { classWeights: Array.from({ length: classes }, (_, k) => 0.5 + (k % 3) / 2) }
        : {}),
      ...(metrics.length > 0 ? { metrics } : {}),
    };
    return {
      network: {
        inputs: shape.inputs,
        layers,
        loss,
        optimizer: isLbfgs ? shape.optimizer : ({ ...shape.optimizer, learningRate: 0.003, schedule: shape.schedule } as OptimizerOption),
        precision: shape.precision,
        reduction: shape.reduction,
        seed: shape.seed,
      },
      inputs,
      targets: part<number[][]>(0, shape.rows),
      train,
    };
  });

function targetsOf(kind: (typeof ENDS)[number]["targets"], seed: number, rows: number, units: number): number[] | number[][] {
  if (kind === "any") return randomTable(seed, rows, units);
  if (kind === "share") return randomTable(seed, rows, units).map((row) => row.map(Math.abs));
  const random = randomSource(seed);
  const labels = Array.from({ length: rows }, () => Math.floor(random() * units));
  return kind === "labels" ? labels : labels.map((label) => oneHot(label, units));
}

/** 1 at place `label`, else 0. */
export function oneHot(label: number, units: number): number[] {
  return Array.from({ length: units }, (_, unit) => (unit === label ? 1 : 0));
}
