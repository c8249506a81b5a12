import type { ActivationName, Precision } from "feedforward";

/** What both libraries are told: one hidden layer, cross-entropy behind a softmax, no regularization, all epochs. */
export interface Configuration {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly activation: ActivationName;
  readonly optimizer: "adam";
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly precision: Precision;
  readonly seeds: readonly number[];
}

/** Shows that everything works. The figures mean nothing. */
export function quick(configuration: Configuration): Configuration {
  return { ...configuration, epochs: 1, seeds: configuration.seeds.slice(0, 1) };
}
