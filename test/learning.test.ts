// Learning on real data: how many test rows are right, exactly, beside scikit-learn with the same shape, batches, epochs and optimizer; and
// the recipes of docs/guide/recipes.md.

import { createHash } from "node:crypto";
import { type ActivationName, NeuralNetwork } from "feedforward";
import { beforeAll, describe, expect, test } from "vitest";
import { BUILDS, type Build } from "./support/builds.js";
import { parameterBytes } from "./support/compare.js";
import { type Dataset, type Examples, readDataset, sixteenths, standardized, twoSpirals } from "./support/datasets.js";
import { readFixture } from "./support/fixtures.js";

/** Fits of scikit-learn's MLPClassifier: right answers among the test rows, seed by seed. */
interface Fits {
  readonly correct: readonly number[];
  readonly meanAccuracy: number;
}

interface Configuration {
  readonly name: "iris" | "digits";
  readonly inputs: number;
  readonly classes: number;
  readonly trainRows: number;
  readonly testRows: number;
  readonly hidden: number;
  readonly activation: ActivationName;
  readonly optimizer: "adam";
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly scaling: "standardized" | "sixteenths";
  readonly seeds: readonly number[];
  readonly asItComes: Fits;
  readonly sameStart: Fits;
  /** The first numbers of weights and biases, layer by layer, that the first seed begins with. */
  readonly start: readonly (readonly number[])[];
}

const SETS = readFixture<{ sets: Configuration[] }>("accuracy.json").sets;
const SCALINGS = { standardized, sixteenths };

/** What this library reaches, to the row and to the bit. The digest is that of the first seed's parameters. Only other arithmetic may change it. */
const EXPECTED = {
  iris: {
    correct: [48, 48, 48, 48, 49, 49, 47, 48, 48, 49],
    digest: "67fd1352de5f0da365a14d793f6f928fc44669536a8015236f74ef60c0418e22",
  },
  digits: {
    correct: [433, 435, 433, 430, 432, 432, 431, 435, 433, 433],
    digest: "f8d22afaa0b667d31324a693b4436af27a30eb88f645f4f7bcc76e0dda3ebce2",
  },
} satisfies Record<Configuration["name"], { correct: number[]; digest: string }>;

/** A network as the fixture describes it. Its weights and biases begin as scikit-learn's do, uniform after Glorot. */
function made({ inputs, hidden, classes, ...rest }: Configuration, seed: number, build: Build): NeuralNetwork {
  const start = { initializer: "glorotUniform", bias: "glorotUniform" } as const;
  return new NeuralNetwork({
    inputs,
    layers: [
      { units: hidden, activation: rest.activation, ...start },
      { units: classes, activation: "softmax", ...start },
    ],
    loss: "crossEntropy",
    optimizer: { name: rest.optimizer, learningRate: rest.learningRate },
    seed,
    ...build.options,
  });
}

function trained(configuration: Configuration, { train }: Dataset, seed: number, build: Build): NeuralNetwork {
  const { epochs, batchSize } = configuration;
  const network = made(configuration, seed, build);
  network.train(train.inputs, train.labels, { epochs, batchSize, shuffle: true });
  return network;
}

/** How many rows are answered with their class: the largest output, or for a single output the nearer of 0 and 1. */
function countCorrect(network: NeuralNetwork, { inputs, labels }: Examples): number {
  const classOf = (row: number[]) => (row.length === 1 ? Math.round(row[0] as number) : row.indexOf(Math.max(...row)));
  return network.think(inputs).filter((row, i) => classOf(row) === labels[i]).length;
}

const digestOf = (network: NeuralNetwork) => createHash("sha256").update(parameterBytes(network)).digest("hex");
const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;
const variance = (numbers: readonly number[]) => sum(numbers.map((x) => (x - mean(numbers)) ** 2)) / (numbers.length - 1);

test("the data are what they should be", () => {
  const [iris, digits] = [readDataset("iris"), readDataset("digits")];
  const counts = (labels: readonly number[]) =>
    Array.from({ length: Math.max(...labels) + 1 }, (_, k) => labels.filter((t) => t === k).length);
  expect(counts([...iris.train.labels, ...iris.test.labels])).toEqual([50, 50, 50]);
  expect(counts([...digits.train.labels, ...digits.test.labels])).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  // The sums of all lengths and of all pixels.
  expect(sum([...iris.train.inputs, ...iris.test.inputs].flat())).toBeCloseTo(2078.7, 9);
  expect(sum([...digits.train.inputs, ...digits.test.inputs].flat())).toBe(561718);
  expect(SETS.map(({ name }) => name)).toEqual(["iris", "digits"]);
  const { inputs, labels } = twoSpirals();
  expect(counts(labels)).toEqual([97, 97]);
  expect(new Set(inputs.map(String)).size).toBe(194);
});

describe.each(SETS)("$name", (configuration) => {
  const { name, seeds, testRows, asItComes, sameStart } = configuration;
  const data = SCALINGS[configuration.scaling](readDataset(name));
  const correct: number[] = [];
  let digest: string;

  beforeAll(() => {
    for (const seed of seeds) {
      const network = trained(configuration, data, seed, BUILDS[0] as Build);
      correct.push(countCorrect(network, data.test));
      digest ??= digestOf(network);
      network.dispose();
    }
  });

  test("the rows are those that scikit-learn had", () => {
    expect([data.train.inputs.length, data.test.inputs.length]).toEqual([configuration.trainRows, testRows]);
    expect([seeds.length, sameStart.correct.length, asItComes.correct.length]).toEqual([10, 10, 10]);
  });

  test("the first weights and biases of a seed are those that scikit-learn draws from it", () => {
    const network = made(configuration, seeds[0] as number, BUILDS[0] as Build);
    const drawn = network.layers.flatMap(({ weights, biases }) => [weights, biases]);
    expect(configuration.start.map(({ length }) => length)).toEqual(drawn.map(({ length }) => Math.min(length, 8)));
    configuration.start.forEach((numbers, i) => {
      // scikit-learn has low + (high − low) · r for bound · (2 r − 1).
      numbers.forEach((x, at) => {
        expect(Math.abs((drawn[i]?.[at] as number) - x)).toBeLessThanOrEqual(2 ** -52);
      });
    });
  });

  test("right answers of each seed, and the bits of the first seed's parameters", () => {
    expect({ correct, digest }).toEqual(EXPECTED[name]);
  });

  test("the scalar build learns the same bits", () => {
    const network = trained(configuration, data, seeds[0] as number, BUILDS[1] as Build);
    expect({ correct: [countCorrect(network, data.test)], digest: digestOf(network) }).toEqual({ correct: correct.slice(0, 1), digest });
  });

  test("accuracy is at least scikit-learn's with the same first weights, biases and orders", () => {
    expect(mean(correct) / testRows).toBeGreaterThanOrEqual(sameStart.meanAccuracy);
    // Sums in another order may move a row that lies between two classes.
    correct.forEach((count, i) => {
      expect(Math.abs(count - (sameStart.correct[i] as number)), `seed ${seeds[i]}`).toBeLessThanOrEqual(1);
    });
  });

  test("accuracy is scikit-learn's as it comes, within what the choice of seeds moves the mean", () => {
    const error = Math.sqrt((variance(correct) + variance(asItComes.correct)) / seeds.length);
    expect(mean(correct)).toBeGreaterThanOrEqual(mean(asItComes.correct) - 2 * error);
  });
});

describe("recipes", () => {
  test("XOR from each of 100 seeds: 2-8-1, tanh and sigmoid, binary cross-entropy, adam 0.1, 200 iterations", () => {
    // biome-ignore format: a table
    const xor: Examples = { inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0] };
    const failed = Array.from({ length: 100 }, (_, seed) => seed).filter((seed) => {
      const network = new NeuralNetwork({
        inputs: 2,
        layers: [
          { units: 8, activation: "tanh" },
          { units: 1, activation: "sigmoid" },
        ],
        loss: "binaryCrossEntropy",
        optimizer: { name: "adam", learningRate: 0.1 },
        seed,
      });
      network.train(xor.inputs, xor.labels, 200);
      const worst = Math.max(...network.think(xor.inputs).map(([y], i) => Math.abs((y as number) - (xor.labels[i] as number))));
      network.dispose();
      return worst > 0.01;
    });
    expect(failed).toEqual([]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    "two spirals, seed %i: 2-32-32-1, tanh and sigmoid, binary cross-entropy, adam 0.01, 2,000 iterations",
    (seed) => {
      const spirals = twoSpirals();
      const network = new NeuralNetwork({
        inputs: 2,
        layers: [
          { units: 32, activation: "tanh" },
          { units: 32, activation: "tanh" },
          { units: 1, activation: "sigmoid" },
        ],
        loss: "binaryCrossEntropy",
        optimizer: { name: "adam", learningRate: 0.01 },
        seed,
      });
      network.train(spirals.inputs, spirals.labels, 2000);
      expect(countCorrect(network, spirals)).toBe(194);
    },
  );
});
