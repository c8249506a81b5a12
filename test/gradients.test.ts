// The gradient of every activation, loss and normalisation against central differences over random shapes, both through `train`: one step of sgd
// moves each parameter by −rate · gradient, and a twin whose layers are frozen tells the loss of a training step for any parameters.

import fc from "fast-check";
import {
  type ActivationName,
  type ActivationOption,
  type LayerOptions,
  type LossName,
  type LossOption,
  type NetworkOptions,
  NeuralNetwork,
  type TrainOptions,
} from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { parameters } from "./support/compare.js";
import { randomSource } from "./support/data.js";
import { check, SEED } from "./support/property.js";

/**
 * A difference of 2^−23 leaves 1e−9 of a derivative to the rounding of losses about 1, and is short enough for curvatures of 100 to change the
 * slope by no more than 1e−5.
 */
const STEP = 2 ** -23;
const TOLERANCE = { atol: 2e-5, rtol: 1e-4 };

/** Where the slope changes by more than this within a step there is a kink: relu's, or that of an absolute value. */
const KINK = 2e-5;

/** The share of a network's derivatives that may stand at kinks, and are left out. */
const MOST_KINKS = 0.02;

/** A power of two, so that the division by it is exact. */
const RATE = 0.25;

/** Random networks for each activation, loss and normalisation. */
const RUNS = 3;

/** Shapes that are tried for one whose gradient is not 0, as it is where all relus are, and that is not at a kink. */
const ATTEMPTS = 50;

const ACTIVATIONS = "sigmoid tanh relu leakyRelu elu selu gelu silu softplus softsign linear softmax".split(" ") as ActivationName[];
const LOSSES: readonly LossName[] = ["squaredError", "absoluteError", "huber", "binaryCrossEntropy", "crossEntropy"];
const NORMALIZATIONS = [undefined, "layer", "batch"] as const;

/** The last activation that a loss needs. */
const PARTNERS: Partial<Record<LossName, ActivationName>> = { binaryCrossEntropy: "sigmoid", crossEntropy: "softmax" };

const CASES = ACTIVATIONS.flatMap((activation) =>
  LOSSES.filter((loss) => activation !== "softmax" || (PARTNERS[loss] ?? "softmax") === "softmax").map((loss) => ({ activation, loss })),
);

interface Instance {
  readonly options: NetworkOptions & { layers: LayerOptions[] };
  readonly parameters: number[][];
  readonly x: number[][];
  readonly t: number[][] | number[];
  readonly train: TrainOptions;
}

console.log(`gradients.test.ts: FC_SEED=${SEED}`);

describe.each(BUILDS)("$name build", (build) => {
  test.each(CASES)("$activation, $loss", ({ activation, loss }) => {
    let checked = 0;
    for (const normalization of NORMALIZATIONS) {
      check(RUNS, [fc.integer({ min: 0, max: 2 ** 32 - 1 })], (seed) => {
        const random = randomSource(seed);
        checked += compare(() => draw(random, activation, loss, normalization), build.options);
      });
    }
    expect(checked).toBeGreaterThan(NORMALIZATIONS.length * RUNS * 5);
  });

  // More rows than pass through the layers at once.
  test.each(NORMALIZATIONS)("a batch of 600 rows, normalization %s", (normalization) => {
    const random = randomSource(SEED);
    // Networks with so many parameters that some are left where kinks have been taken out; the smallest that may be drawn have three.
    const draw600 = (): Instance => {
      const instance = draw(random, "gelu", "squaredError", normalization, 600);
      return instance.parameters.flat().length > 12 ? instance : draw600();
    };
    expect(compare(draw600, build.options)).toBeGreaterThan(5);
  });
});

/** Compares the derivatives of the first instance whose gradient is not 0 and that is not at a kink, and answers how many. */
function compare(next: () => Instance, build: NetworkOptions): number {
  for (let attempt = 1; ; attempt++) {
    const instance = next();
    const numeric = centralDifferences(instance, build);
    const smooth = numeric.map(({ slope, change }) => change <= KINK * (1 + Math.abs(slope)));
    const checked = smooth.filter(Boolean).length;
    // One error that is nearly 0 puts every derivative of its network at a kink. Only losses tell, so no wrong gradient can hide here.
    const isAtKink = numeric.length - checked > MOST_KINKS * numeric.length;
    if (isAtKink || Math.max(...numeric.map(({ slope }) => Math.abs(slope))) < 1e-3) {
      expect(attempt, "attempts to find a gradient that is not 0, away from kinks").toBeLessThan(ATTEMPTS);
      continue;
    }
    const trained = gradientOf(instance, build);
    expect(trained.length).toBe(numeric.length);
    const bad = numeric.findIndex(({ slope }, i) => {
      const difference = Math.abs((trained[i] as number) - slope);
      return smooth[i] && !(difference <= TOLERANCE.atol + TOLERANCE.rtol * Math.abs(slope));
    });
    if (bad >= 0) {
      expect.unreachable(
        `derivative ${bad} is ${trained[bad]}, the difference's ${numeric[bad]?.slope}: ${JSON.stringify(instance.options)}`,
      );
    }
    return checked;
  }
}

/** A network of two or three layers with some of everything that has a gradient, and rows for it. */
function draw(
  random: () => number,
  activation: ActivationName,
  loss: LossName,
  normalization: (typeof NORMALIZATIONS)[number],
  manyRows = 0,
): Instance {
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const between = (least: number, most: number) => least + (most - least) * random();
  const yes = () => random() < 0.5;
  const table = (rows: number, width: number, least: number, most: number) =>
    Array.from({ length: rows }, () => Array.from({ length: width }, () => between(least, most)));

  const last = PARTNERS[loss] ?? activation;
  const hidden = activation === "softmax" ? "tanh" : activation;
  // Normalising fewer units or rows leaves numbers that hardly depend on anything.
  const width = () => whole(normalization === "layer" ? 4 : 1, 6);
  const layerOf = (units: number, name: ActivationName): LayerOptions => ({
    units,
    activation: withParameter(name, between(0.1, 1.5)),
    bias: yes(),
    ...(normalization && { normalization }),
    ...(yes() && { l1: 0.01 }),
    ...(yes() && { l2: 0.1 }),
  });
  const units = width();
  const layers = [layerOf(units, hidden)];
  if (yes()) layers.push({ ...layerOf(units, hidden), residual: true });
  const outputs = Math.max(width(), last === "softmax" ? 2 : 1);
  layers.push(layerOf(outputs, last));

  const inputs = whole(1, 5);
  const rows = manyRows || whole(normalization === "batch" ? 4 : 1, 7);
  const labels = loss === "crossEntropy" && rows !== 1 && yes();
  // All activations reach these targets.
  const targets = table(rows, outputs, 0.1, 0.9);
  const shares = targets.map((row) => row.map((value) => value / row.reduce((sum, other) => sum + other)));
  return {
    options: {
      inputs,
      layers,
      loss: withOption(loss, between(0.1, 0.9)),
      reduction: manyRows || yes() ? "mean" : "sum",
      optimizer: { name: "sgd", learningRate: RATE },
    },
    parameters: layers.flatMap((layer, i) => {
      const depth = layers[i - 1]?.units ?? inputs;
      return [table(1, depth * layer.units, -1, 1).flat(), layer.bias ? table(1, layer.units, -0.5, 0.5).flat() : []];
    }),
    x: table(rows, inputs, -1, 1),
    t: labels ? shares.map(() => whole(0, outputs - 1)) : loss === "crossEntropy" ? shares : targets,
    train: { epochs: 1, ...(yes() && { sampleWeights: table(1, rows, 0.2, 2).flat() }) },
  };
}

function withParameter(name: ActivationName, parameter: number): ActivationOption {
  return name === "leakyRelu" ? { name, slope: parameter } : name === "elu" ? { name, alpha: parameter } : name;
}

function withOption(name: LossName, option: number): LossOption {
  if (name === "huber") return { name, delta: option };
  return name === "binaryCrossEntropy" || name === "crossEntropy" ? { name, labelSmoothing: option } : name;
}

function setParameters(network: NeuralNetwork, values: number[][]): void {
  network.layers.forEach(({ weights, biases }, i) => {
    weights.set(values[2 * i] as number[]);
    biases.set(values[2 * i + 1] as number[]);
  });
}

/** What one step takes from each parameter, over the rate. */
function gradientOf({ options, parameters: values, x, t, train }: Instance, build: NetworkOptions): number[] {
  const network = new NeuralNetwork({ ...options, ...build });
  setParameters(network, values);
  network.train(x, t as number[][], train);
  const before = values.flat();
  return parameters(network).map((after, i) => ((before[i] as number) - after) / RATE);
}

/** Slope by each parameter, and by how much the slope changes around it. */
function centralDifferences(
  { options, parameters: values, x, t, train }: Instance,
  build: NetworkOptions,
): { slope: number; change: number }[] {
  const layers = options.layers.map((layer) => ({ ...layer, trainable: false }));
  const network = new NeuralNetwork({ ...options, layers, ...build });
  const lossOf = () => {
    setParameters(network, values);
    return network.train(x, t as number[][], train).loss[0] as number;
  };
  const here = lossOf();
  return values.flatMap((part) =>
    part.map((value, i) => {
      part[i] = value + STEP;
      const above = lossOf();
      part[i] = value - STEP;
      const below = lossOf();
      part[i] = value;
      return { slope: (above - below) / (2 * STEP), change: Math.abs(above - here - (here - below)) / STEP };
    }),
  );
}
