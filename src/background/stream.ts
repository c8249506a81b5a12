import { Header, Reduction } from "../abi.js";
import type { Block } from "../block.js";
import type { Plan } from "../options/network.js";
import type { Run } from "../training.js";
import { otherEvents } from "./events.js";
import { copyImage, type Image, putImageInPieces } from "./image.js";
import { empty, newsOf } from "./news.js";
import { placeInPieces } from "./placing.js";
import { type Client, lastState, type Outcome, speedometer, stateForReports, type Tools, wholeSlice } from "./session.js";
import { reworded } from "./wording.js";

// A session whose rows come batch by batch, each a step. The core never sees an epoch's end, since it never has all of its rows: it is told of one row more than there is. What
// the end of an epoch means is done here, as assembly/train.ts does it.

/** What a session of batches begins with. */
export interface StreamSetup {
  readonly plan: Plan;
  readonly state: Image;
  readonly epochs: number;
  readonly historyInterval: number;
  readonly hasSignal: boolean;
  readonly isAskedFor: { readonly onStep: boolean; readonly onEpoch: boolean };
}

/** So many milliseconds of placing a batch are one piece of work. */
const PLACING = 4;

/** The next batch of the epoch, or that there is none any more. */
export interface Source {
  next(): Promise<Run | undefined>;
}

export async function streamSession(
  tools: Tools,
  { plan, state, epochs, historyInterval, hasSignal, isAskedFor }: StreamSetup,
  client: Client & Source,
): Promise<Outcome> {
  const block = tools.blockFor(plan);
  await putImageInPieces(block, state);
  const history = empty();
  const news = newsOf(history);
  const now = stateForReports(block, async () => ({ state: await copyImage(block, client.spare?.()), news: news() }));
  let seen = 0;
  const speed = speedometer(() => seen);
  /** The network, between two runs: nothing that could be gone on with. */
  const image = async () => {
    const sum = block.double(Header.EpochSum);
    block.setDouble(Header.EpochSum, 0);
    block.setDouble(Header.EpochTarget, block.double(Header.Epoch));
    const state = await copyImage(block, client.spare?.());
    block.setDouble(Header.EpochSum, sum);
    return state;
  };
  const end = async (outcome: Partial<Outcome>): Promise<Outcome> => ({ state: await image(), until: history, ...outcome });
  const last = lastState(hasSignal, client, async () => ({ state: await image(), news: news() }));
  block.setDouble(Header.EpochSum, 0);
  for (let epoch = 0; epoch < epochs; epoch++) {
    let rows = 0;
    for (let batch = 1; ; batch++) {
      const run = await client.next();
      if (!(await client.pause())) return end({});
      if (!run) break;
      const start = performance.now();
      try {
        if (!(await step(tools, block, plan, run, client))) return {};
      } catch (error) {
        // The core has only ever seen the first batch, and those who place rows no other.
        const words = (message: string) =>
          (error as Error).name === "TrainingError"
            ? message.replace(", batch 1)", `, batch ${batch})`)
            : `batch ${batch} of epoch ${epoch + 1}: ${message}`;
        return end({ error: reworded(error, words) });
      }
      rows += run.rows;
      seen += run.rows;
      const report = {
        step: block.double(Header.Step),
        epoch: block.double(Header.Epoch) + 1,
        batch,
        loss: block.double(Header.LastLoss),
      };
      const isTold = await last(performance.now() - start);
      const goesOn = !isAskedFor.onStep || (await client.call(["onStep", report], isTold ? undefined : await now())) !== false;
      const samplesPerSecond = speed();
      if (samplesPerSecond) client.progress({ ...report, samplesPerSecond, secondsLeft: Number.NaN }, isTold ? undefined : await now());
      if (!goesOn) return end({ history });
    }
    const report = finishEpoch(block, rows);
    if (epoch === epochs - 1 || report.epoch % historyInterval === 0) {
      history.epoch.push(report.epoch);
      history.loss.push(report.loss);
      history.learningRate.push(report.learningRate);
    }
    if (isAskedFor.onEpoch && (await client.call(["onEpoch", report], await now("onEpoch"))) === false) break;
  }
  return end({ history });
}

/** One step over the rows of a batch. Answers whether it came to its end. */
async function step(tools: Tools, block: Block, plan: Plan, run: Run, client: Client): Promise<boolean> {
  const sum = block.double(Header.EpochSum);
  block.ensure({ [Header.SampleCapacity]: run.rows + 1 });
  const pause = async () => {
    await otherEvents();
    return true;
  };
  await placeInPieces(tools.placeRun, block, plan, run, PLACING, { pause });
  block.setDouble(Header.EpochSum, sum);
  block.setUint(Header.SampleRows, run.rows + 1);
  try {
    const slices = tools.trainRun(block, { ...run, options: { ...run.options, onStep: () => undefined } });
    return (await wholeSlice(tools, slices, undefined, client)) !== undefined;
  } finally {
    block.setUint(Header.Cursor, 0);
  }
}

function finishEpoch(block: Block, rows: number): { epoch: number; loss: number; learningRate: number } {
  const sum = block.double(Header.EpochSum);
  const epoch = block.double(Header.Epoch) + 1;
  block.setDouble(Header.Epoch, epoch);
  block.setDouble(Header.EpochSum, 0);
  const loss = block.uint(Header.Reduction) === Reduction.Mean ? sum / rows : sum;
  return { epoch, loss, learningRate: block.double(Header.Rate) };
}
