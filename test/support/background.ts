import { createRequire, syncBuiltinESMExports } from "node:module";
import { NeuralNetwork } from "feedforward";
import { expectSameBits } from "./compare.js";
import { randomTable } from "./data.js";

export const INPUTS = randomTable(1, 200, 5);
export const TARGETS = randomTable(2, 200, 1).map(([value = 0]) => Math.abs(value));
export const RUN = { epochs: 12, batchSize: 16 } as const;

export function made(options: object = {}): NeuralNetwork {
  return new NeuralNetwork({
    inputs: 5,
    layers: [{ units: 9, activation: "tanh", dropout: 0.1, normalization: "batch" }, { units: 1 }],
    optimizer: "adam",
    ...options,
  });
}

export function expectSameState(actual: NeuralNetwork, expected: NeuralNetwork): void {
  expectSameBits(Buffer.from(actual.snapshot().buffer), Buffer.from(expected.snapshot().buffer), "snapshots");
}

/** What a promise is rejected with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}

export const threads = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");

/** How many workers were started and have ended, and how many messages they were sent: nothing else tells a worker from what stands in for it. */
export const workers = { started: 0, ended: 0, told: 0, all: [] as InstanceType<typeof threads.Worker>[] };
threads.Worker = class extends threads.Worker {
  constructor(...given: ConstructorParameters<typeof threads.Worker>) {
    super(...given);
    workers.started++;
    workers.all.push(this);
    this.on("exit", () => workers.ended++);
  }
  override postMessage(...given: [unknown]): void {
    workers.told++;
    super.postMessage(...given);
  }
};
syncBuiltinESMExports();
