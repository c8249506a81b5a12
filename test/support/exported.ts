// Networks for what leads out of the library: of everything, and one for each activation whose sums go far to both sides.

import fc from "fast-check";
import { type ActivationName, type ActivationOption, type LayerOptions, NeuralNetwork, type Precision } from "feedforward";
import { fromJson, toJson } from "feedforward/json";
import { randomTable } from "./data.js";
import { type Everything, everything } from "./everything.js";

export interface Exported {
  /** What a failing test says of it. */
  readonly label: string;
  readonly network: NeuralNetwork;
  readonly rows: number[][];
}

/** How near the answers of other programs must be, in each precision. */
export const NEAR = { float64: { atol: 1e-12, rtol: 1e-12 }, float32: { atol: 1e-5, rtol: 1e-5 } } as const;

/** Random networks that have learned a little, and rows for them. */
export function randomNetworks(count: number, seed: number): Exported[] {
  const networks = fc.sample(everything, { numRuns: count, seed }).map((run, i) => {
    const options = conditioned(run.network);
    const network = new NeuralNetwork(options);
    network.train(run.inputs, run.targets, run.train);
    return { label: `network ${i} of FC_SEED=${seed}, ${JSON.stringify(options)}`, network, rows: run.inputs.slice(0, 7) };
  });
  return networks.filter(isDetermined);
}

/**
 * Whether float32 says what the network answers to a fifth of what is allowed. One in a thousand has a batch normalisation whose variance, of batches of one row, has gone to 0: there
 * the rounding of sums is made so large that this library's own answers are as far from the true ones as anybody else's.
 */
function isDetermined({ network, rows }: Exported): boolean {
  if (network.precision === "float64") return true;
  const exact = fromJson(toJson(network).replace('"float32"', '"float64"'), { loss: "squaredError" }).think(rows).flat();
  const { atol, rtol } = NEAR.float32;
  return network
    .think(rows)
    .flat()
    .every((y, i) => Math.abs(y - (exact[i] as number)) <= (atol + rtol * Math.abs(y)) / 5);
}

/**
 * Without units that all have the same weights in front of a layer normalisation: what distinguishes their sums is how these were rounded, and the division by √ε shows that
 * three hundredfold.
 */
function conditioned(options: Everything["network"]): Everything["network"] {
  const layers = options.layers.map((layer): LayerOptions => {
    const isConstant = typeof layer.initializer === "object" && layer.initializer.name === "constant";
    return layer.normalization === "layer" && isConstant ? { ...layer, initializer: "uniform" } : layer;
  });
  return { ...options, layers };
}

export const ACTIVATIONS: readonly Exclude<ActivationOption, "softmax">[] = [
  "sigmoid",
  "tanh",
  "relu",
  { name: "leakyRelu", slope: 0.01 },
  { name: "leakyRelu", slope: 0 },
  { name: "elu", alpha: 0.7 },
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "softsign",
  "linear",
  "softmax" as never,
];

/** One for each activation, normalisation and bias, whose sums go from near 0 to ±60. */
export function everyActivation(precision: Precision): Exported[] {
  return ACTIVATIONS.flatMap((activation, a) =>
    ([undefined, "layer", "batch"] as const).map((normalization, n) => {
      const layer = {
        units: 5,
        activation,
        bias: (a + n) % 2 === 0,
        initializer: "uniform",
        ...(normalization && { normalization }),
      } as const;
      const network = new NeuralNetwork({
        inputs: 5,
        layers: [{ ...layer, residual: a % 2 === 0 }],
        loss: "squaredError",
        precision,
        seed: a + 1,
      });
      scatter(network, a);
      const rows = randomTable(a + 20, 24, 5).map((row, r) => row.map((x) => Math.fround(x * 30 ** (r / 12 - 1))));
      rows.push([0, 0, 0, 0, 0], [-0, -0, -0, -0, -0]);
      return { label: `${precision} ${JSON.stringify(layer)}`, network, rows };
    }),
  );
}

/** Biases, scales, shifts and statistics as no network begins with. */
function scatter(network: NeuralNetwork, seed: number): void {
  network.layers.forEach(({ biases, scales, shifts, means, variances }, i) => {
    [biases, scales, shifts, means, variances].forEach((values, k) => {
      const random = randomTable(100 * seed + 10 * i + k, 1, values.length || 1)[0] as number[];
      values.set(random.slice(0, values.length).map((x) => (values === variances ? x * x + 0.1 : x)));
    });
  });
}

/** The names of the activations in use. */
export function activationsOf(exported: readonly Exported[]): Set<ActivationName> {
  return new Set(exported.flatMap(({ network }) => network.layers.map(({ activation }) => activation)));
}
