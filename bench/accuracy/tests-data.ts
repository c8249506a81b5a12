import type { ActivationName } from "feedforward";
import { readDataset, sixteenths, standardized } from "../../test/support/datasets.js";
import { readFixture } from "../../test/support/fixtures.js";
import type { Subject } from "./subject.js";

/** The sets of the tests, and how scikit-learn was trained on them there. */
interface Fixture {
  readonly sets: readonly {
    readonly inputs: number;
    readonly hidden: number;
    readonly classes: number;
    readonly activation: ActivationName;
    readonly optimizer: "adam";
    readonly learningRate: number;
    readonly batchSize: number;
    readonly epochs: number;
    readonly seeds: readonly number[];
    readonly name: "iris" | "digits";
    readonly scaling: "standardized" | "sixteenths";
  }[];
}

const SCALINGS = { standardized, sixteenths };
const TITLES = { iris: "Iris", digits: "digits of 8 × 8" };

/** Iris and the digits as test/learning.test.ts trains them. */
export const testsData: readonly Subject[] = readFixture<Fixture>("accuracy.json").sets.map((set) => {
  const { name, scaling, inputs, hidden, classes, activation, optimizer, learningRate, batchSize, epochs, seeds } = set;
  return {
    name,
    title: TITLES[name],
    configuration: {
      inputs,
      hidden,
      classes,
      activation,
      optimizer,
      learningRate,
      batchSize,
      epochs,
      precision: "float64",
      seeds,
    },
    load() {
      const { train, test } = SCALINGS[scaling](readDataset(name));
      const flat = (rows: number[][], labels: number[]) => ({ inputs: Float64Array.from(rows.flat()), labels: Uint8Array.from(labels) });
      return { train: flat(train.inputs, train.labels), test: flat(test.inputs, test.labels) };
    },
  };
});
