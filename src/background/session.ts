import { Header } from "../abi.js";
import type { Block, Elements } from "../block.js";
import type { Plan } from "../options/network.js";
import type { StepReport } from "../options/training.js";
import type { Call, History, Run } from "../training.js";
import { putImage, takeImage } from "./image.js";
import type { Progress } from "./options.js";

// A session is a run in a block of its own, wherever that is: it begins with an image of the network and ends with one. What it needs of the library is handed to it,
// since on the calling thread that has it all already.

/** Parts of the library. */
export interface Tools {
  /** The block that the session works in. */
  blockFor(plan: Plan): Block;
  placeRun(block: Block, plan: Plan, run: Run): void;
  stepReport(block: Block): StepReport;
  trainRun(block: Block, run: Run, milliseconds?: number, history?: History): Generator<Call | undefined, History, unknown>;
}

/** What a session begins with; it can be sent to a worker. */
export interface Setup {
  readonly plan: Plan;
  readonly state: Uint8Array;
  readonly run: Run;
}

/** The thread that a session works for. */
export interface Client {
  /** Lets other events in, and says whether the run is to go on. */
  pause(): Promise<boolean>;
  /** Tells that the run has its place and can be gone on with. */
  placed(state: Uint8Array): void;
  /** Tells how far it is, with the network as it is now where that is small. */
  progress(progress: Progress, state: Uint8Array | undefined): void;
  /** Calls a function of the user's and waits for its answer. */
  call(call: Call, state: Uint8Array | undefined): Promise<unknown>;
}

/** How a session ended: the network then; and its history, or why there is none, or neither where it was stopped. */
export interface Outcome {
  readonly state?: Uint8Array;
  readonly history?: History;
  readonly error?: unknown;
  /** How it went where it has no such history. */
  readonly until?: History;
  /** Of rows that were asked about. */
  readonly outputs?: Elements;
}

/** How often to tell of progress. */
const REPORT_MILLISECONDS = 100;
/** Larger networks are handed over after epochs that are reported, and at the end: to put one back blocks the calling thread for some 0.25 ms a megabyte. */
const SMALL = 4 * 2 ** 20;

/** Trains in slices of about `milliseconds` until the run is over, cut or stopped. */
export async function trainSession(tools: Tools, { plan, state, run }: Setup, client: Client, milliseconds: number): Promise<Outcome> {
  const block = tools.blockFor(plan);
  putImage(block, state);
  tools.placeRun(block, plan, run);
  client.placed(takeImage(block));
  const now = imageForReports(block);
  const until: History = { epoch: [], loss: [], validationLoss: [], learningRate: [], metrics: {}, validationMetrics: {} };
  const slices = tools.trainRun(block, run, milliseconds, until);
  const rows = block.uint(Header.SampleRows);
  const seen = () => block.double(Header.Epoch) * rows + block.uint(Header.Cursor);
  const speed = speedometer(seen);
  for (let answer: unknown; ; ) {
    if (!(await client.pause())) return { state: takeImage(block), until };
    let next: IteratorResult<Call | undefined, History>;
    try {
      next = slices.next(answer);
    } catch (error) {
      return { state: takeImage(block), error, until };
    }
    if (next.done) return { state: takeImage(block), history: next.value };
    answer = next.value && (await client.call(next.value, now(next.value[0])));
    const samplesPerSecond = speed();
    if (samplesPerSecond) {
      const { epoch, batch, loss } = tools.stepReport(block);
      const secondsLeft = (block.double(Header.EpochTarget) * rows - seen()) / samplesPerSecond;
      client.progress({ epoch, batch, loss, samplesPerSecond, secondsLeft }, now());
    }
  }
}

/** What takes an image of a network for a report: of an epoch in any case, else where it is small. */
export function imageForReports(block: Block): (name?: Call[0]) => Uint8Array | undefined {
  return (name) => (name === "onEpoch" || block.uint(Header.Gradient) < SMALL ? takeImage(block) : undefined);
}

/** Answers how many rows go by in a second when it is time to report that; `seen` counts them. */
export function speedometer(seen: () => number): () => number | undefined {
  let [time, before] = [performance.now(), seen()];
  return () => {
    const seconds = (performance.now() - time) / 1000;
    if (seconds * 1000 < REPORT_MILLISECONDS) return undefined;
    const speed = (seen() - before) / seconds;
    [time, before] = [performance.now(), seen()];
    return speed;
  };
}
