// Training by several threads over one memory: the same bits at any number of them, whatever the network, and what becomes of threads that die or do not start.

import fc from "fast-check";
import { NeuralNetwork, type TrainAsyncOptions } from "feedforward";
import { scalarCore } from "feedforward/scalar";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameState, INPUTS, made, RUN, reasonOf, TARGETS, workers } from "./support/background.js";
import { randomSource, randomTable } from "./support/data.js";
import { everything } from "./support/everything.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`properties were checked with FC_SEED=${SEED}`));

const COUNTS = [1, 2, 3, 4, 8];

describe.each(COUNTS)("%i threads", (threads) => {
  test("with everything, the bits and the history are those of train", { timeout: 120_000 }, async () => {
    const runs = fc.sample(everything, { numRuns: 60, seed: SEED + threads });
    for (const { network: options, inputs, targets, train } of runs) {
      const [background, plain] = [new NeuralNetwork(options), new NeuralNetwork(options)];
      const outcomes = await Promise.allSettled([
        background.trainAsync(inputs, targets, { ...(train as TrainAsyncOptions), threads }),
        (async () => plain.train(inputs, targets, train))(),
      ]);
      const [told, expected] = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)));
      expect(told).toEqual(expected);
      expectSameState(background, plain);
      expect(background.capabilities).toMatchObject({
        path: threads > 1 ? "threads" : "worker",
        threads,
        why: `threads: ${threads} was asked for`,
      });
      background.dispose();
    }
  });

  test.each(["float32", "float64"] as const)(
    "a wide network in %s, batches of one chunk and of several, and fewer rows than threads",
    async (precision) => {
      const inputs = randomTable(3, 601, 37);
      const targets = randomTable(4, 601, 19);
      for (const batchSize of [1, 3, 32, 257, 601]) {
        const create = () =>
          new NeuralNetwork({
            inputs: 37,
            precision,
            layers: [
              { units: 65, activation: "relu" },
              { units: 34, activation: "gelu" },
              { units: 19, activation: "tanh" },
            ],
            loss: "squaredError",
            optimizer: { name: "adam", learningRate: 1e-3 },
          });
        const [background, plain] = [create(), create()];
        const run = { epochs: 2, batchSize };
        expect(await background.trainAsync(inputs, targets, { ...run, threads })).toEqual(plain.train(inputs, targets, run));
        expectSameState(background, plain);
        background.dispose();
      }
    },
  );
});
