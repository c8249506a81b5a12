import type { Capabilities, NetworkOptions, NeuralNetwork } from "feedforward";

export interface Outcome {
  /** SHA-256 of networks' states, by what was done. */
  readonly digests: Readonly<Record<string, string>>;
  /** What networks said of each way to train in the background. */
  readonly capabilities: Readonly<Record<string, Capabilities>>;
  /** How many workers a browser has started; engines with a console have theirs elsewhere. */
  readonly workers: number;
}

export function task(library: { NeuralNetwork: typeof NeuralNetwork }, options?: Pick<NetworkOptions, "core">): Promise<Outcome>;
