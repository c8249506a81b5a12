import type { NeuralNetwork } from "../network.js";
import type { EpochReport } from "../options/training.js";
import type { Rows } from "../rows.js";
import type { History } from "../training.js";
import { isStream } from "./batches.js";
import type { Batches, StreamOptions, TrainAsyncOptions } from "./options.js";

/** `trainAsync` epoch by epoch: the next one begins when it is asked for; who asks for no more ends the run, as `onEpoch` does by `false`. */
export async function* training(
  network: NeuralNetwork,
  ...[inputs, targets, options]: readonly [inputs: unknown, targets: unknown, options: unknown]
): AsyncGenerator<EpochReport, History> {
  const fromBatches = isStream(inputs);
  const last = fromBatches ? (targets === undefined ? {} : targets) : options;
  const given = (typeof last === "number" && !fromBatches ? { epochs: last } : last) as TrainAsyncOptions;
  const isUsable = typeof given === "object" && given !== null && ["undefined", "function"].includes(typeof given.onEpoch);
  const train = (options: unknown) =>
    fromBatches
      ? network.trainAsync(inputs as Batches, options as StreamOptions)
      : network.trainAsync(inputs as Rows, targets as Rows, options as TrainAsyncOptions);
  // Refused there, in its own words.
  if (!isUsable) return await train(fromBatches ? targets : given);
  let report: EpochReport | undefined;
  let isOver = false;
  let wake: () => void = () => {};
  let goOn: (goesOn: boolean) => void = () => {};
  const over = () => {
    isOver = true;
    wake();
  };
  const watched = {
    ...given,
    async onEpoch(next: EpochReport) {
      const own = await given.onEpoch?.(next);
      const asked = new Promise<boolean>((resolve) => {
        goOn = resolve;
      });
      report = next;
      wake();
      return (await asked) && own;
    },
  };
  const done = train(watched);
  done.then(over, over);
  try {
    for (;;) {
      while (!report && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (!report) return await done;
      const next = report;
      report = undefined;
      yield next;
      goOn(true);
    }
  } finally {
    goOn(false);
    await done.catch(() => {});
  }
}
