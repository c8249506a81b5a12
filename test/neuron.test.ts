// One sigmoid unit by plain descent takes a way of its own through the core (assembly/neuron.ts). It must be the general way bit for bit, which the same network takes when
// it is told to clip at a norm that it never reaches.

import fc from "fast-check";
import { type History, NeuralNetwork, TrainingError, type TrainOptions } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { expectSameBits, parameterBytes } from "./support/compare.js";
import { randomTable } from "./support/data.js";
import { check, SEED } from "./support/property.js";

afterAll(() => console.log(`properties were checked with FC_SEED=${SEED}`));

const runs = fc.record({
  inputs: fc.constantFrom(1, 2, 3, 4, 5, 7, 17),
  rows: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 33, 300),
  batchSize: fc.constantFrom(undefined, 1, 2, 3, 5, 8),
  bias: fc.constantFrom(true, false, "glorotUniform" as const),
  reduction: fc.constantFrom("sum" as const, "mean" as const),
  rate: fc.constantFrom(0.1, 1, 30, 1e100, 1e308),
  size: fc.constantFrom(1, 20, 1e4, 1e150, 1e300),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  epochs: fc.constantFrom(1, 2, 9),
  stopping: fc.boolean(),
});

type RunOf<A> = A extends fc.Arbitrary<infer Value> ? Value : never;

describe.each(BUILDS)("$name build", ({ options }) => {
  test("the neuron's way and the general one give the same bits, history, errors and state", () => {
    let errors = 0;
    const holds = ({ inputs, rows, batchSize, bias, reduction, rate, size, seed, epochs, stopping }: RunOf<typeof runs>) => {
      const x = randomTable(seed, rows, inputs).map((row) => row.map((value) => value * size));
      const t = randomTable(seed ^ 1, rows, 1).map(([value = 0]) => Math.abs(value));
      const layers = [{ units: 1, bias, initializer: "uniform" }] as const;
      const run: TrainOptions = {
        epochs,
        shuffle: false,
        ...(batchSize && { batchSize }),
        ...(stopping && { earlyStopping: { patience: 2 }, validation: { inputs: x, targets: t } }),
      };
      const [short, long] = [{}, { clipNorm: Number.MAX_VALUE }].map((clipping) => {
        const network = new NeuralNetwork({
          inputs,
          layers,
          reduction,
          seed,
          optimizer: { name: "sgd", learningRate: rate, ...clipping },
          ...options,
        });
        let outcome: History | string;
        try {
          outcome = network.train(x, t, run);
        } catch (error) {
          expect(error).toBeInstanceOf(TrainingError);
          outcome = `${(error as Error).message.replace(", the optimizer's option clipNorm: 1", "")} ${JSON.stringify((error as TrainingError).history)}`;
          errors++;
        }
        return { network, outcome, counters: [network.epoch, network.step] };
      }) as unknown as [Run, Run];
      expect(short.outcome).toEqual(long.outcome);
      expect(short.counters).toEqual(long.counters);
      expectSameBits(parameterBytes(short.network), parameterBytes(long.network), "parameters");
    };
    check(400, [runs], holds);
    // Steps so large that a third of the runs fails.
    check(100, [runs.map((run) => ({ ...run, rate: 1e308 as const, size: 20 as const }))], holds);
    expect(errors).toBeGreaterThan(0);
  });
});

interface Run {
  readonly network: NeuralNetwork;
  readonly outcome: History | string;
  readonly counters: readonly number[];
}
