import { Header } from "../abi.js";
import type { Block, Elements } from "../block.js";
import type { Plan } from "../options/network.js";
import { type Call, type History, type Run, stepReport } from "../training.js";
import { bytesOf, copyImage, type Image, putImageInPieces, SMALL } from "./image.js";
import { empty, type Known, newsOf } from "./news.js";
import type { Progress } from "./options.js";
import { placeInPieces, type Sender } from "./placing.js";

// A session is a run in a block of its own, wherever that is: it begins with an image of the network and ends with one. What it needs of the library is handed to it,
// since on the calling thread that has it all already.

/** Parts of the library. */
export interface Tools {
  /** The block that the session works in. */
  blockFor(plan: Plan): Block;
  /** Whether the block's core is in the midst of a call. Absent where it never is. */
  isCut?(): boolean;
  placeRun(block: Block, plan: Plan, run: Run): void;
  trainRun(
    block: Block,
    run: Run,
    milliseconds?: number,
    history?: History,
    most?: () => number,
  ): Generator<Call | undefined, History, unknown>;
}

/** What a session begins with; it can be sent to a worker. */
export interface Setup {
  readonly plan: Plan;
  readonly state: Image;
  readonly run: Run;
  /** Whether there is a signal that may stop it in the midst of a step. */
  readonly hasSignal: boolean;
}

/** The thread that a session works for. */
export interface Client extends Sender {
  /**
   * Tells of the network as it is now, between two steps, since the run has its place and can be gone on with from there, or since a step takes long: whoever cannot wait for the
   * next one has the last. Nothing, where steps do not take long any more, and where there is no signal that might stop it: it costs a copy for each long step.
   */
  reached(known: Known | undefined): void;
  /** Whether nobody waits any more for the end of a step, the network being known as it was before. Absent where that is not the session's to say. */
  abandons?(): boolean;
  /** Bytes of an image that nobody needs any more. */
  spare?(): Image | undefined;
  /** Tells how far it is, with the network as it is now where that takes no time to speak of. */
  progress(progress: Progress, known: Known | undefined): void;
  /** Calls a function of the user's and waits for its answer. */
  call(call: Call, known: Known | undefined): Promise<unknown>;
}

/** How a session ended: the network then; and its history, or why there is none, or neither where it was stopped. */
export interface Outcome {
  readonly state?: Image;
  readonly history?: History;
  readonly error?: unknown;
  /** How it went where it has no such history. */
  readonly until?: History;
  /** Of rows that were asked about. */
  readonly outputs?: Elements;
}

/** How often to tell of progress. */
const REPORT_MILLISECONDS = 100;
/** On images that are not small only such a part of the time is spent, in which a team's other threads wait. */
const SHARE = 1 / 100;
/** A step of so many milliseconds takes long. */
const LONG = 40;
/** Validation of so many rows, and of so many rows times parameters, may take long, and longer than to tell of the network before. */
const LONG_VALIDATION = { rows: 500, work: 1e8 };

/** Trains in slices of about `milliseconds` until the run is over, cut or stopped. */
export async function trainSession(
  tools: Tools,
  { plan, state, run, hasSignal }: Setup,
  client: Client,
  milliseconds: number,
): Promise<Outcome> {
  const block = tools.blockFor(plan);
  await putImageInPieces(block, state);
  if (!(await placeInPieces(tools.placeRun, block, plan, run, milliseconds, client))) {
    // It can be gone on with all the same: rows are placed again then.
    return { state: await copyImage(block, state) };
  }
  const until = empty();
  const news = newsOf(until);
  // What it began with is in the block, so its bytes are free.
  let own: Image | undefined = state;
  const image = () => {
    const spare = client.spare?.() ?? own;
    own = undefined;
    return copyImage(block, spare);
  };
  const known = async () => ({ state: await image(), news: news() });
  // Who has no signal waits for the end of a step, and where none comes the network is what it was.
  if (hasSignal || bytesOf(state) <= SMALL) client.reached(await known());
  const last = lastState(hasSignal, client, known);
  const now = stateForReports(block, known);
  const { validationRows } = run;
  const validatesLong =
    hasSignal && validationRows >= LONG_VALIDATION.rows && validationRows * block.uint(Header.ParameterCount) >= LONG_VALIDATION.work;
  // The step that validation follows is a slice of its own, so that who stops then has what was before it.
  const most = validatesLong ? () => Math.max(1, stepsLeft(block) - 1) : undefined;
  const slices = tools.trainRun(block, run, milliseconds, until, most);
  const rows = block.uint(Header.SampleRows);
  const seen = () => block.double(Header.Epoch) * rows + block.uint(Header.Cursor);
  const speed = speedometer(seen);
  for (let answer: unknown; ; ) {
    // A run that has come to its end has a history, whoever wants to stop it.
    if (!(await client.pause()) && !isOver(block)) return { state: await image(), until };
    const start = performance.now();
    const step = block.double(Header.Step);
    let next: IteratorResult<Call | undefined, History> | undefined;
    try {
      next = await wholeSlice(tools, slices, answer, client);
    } catch (error) {
      return { state: await image(), error, until };
    }
    if (!next) return {};
    if (next.done) return { state: await image(), history: next.value };
    // After a call it comes back before it makes a step.
    const isTold = block.double(Header.Step) > step && (await last(performance.now() - start, validatesLong && stepsLeft(block) === 1));
    answer = next.value && (await client.call(next.value, isTold ? undefined : await now(next.value[0])));
    const samplesPerSecond = speed();
    if (samplesPerSecond) {
      const { epoch, batch, loss } = stepReport(block);
      const secondsLeft = (block.double(Header.EpochTarget) * rows - seen()) / samplesPerSecond;
      client.progress({ epoch, batch, loss, samplesPerSecond, secondsLeft }, isTold ? undefined : await now());
    }
  }
}

/** The next slice, to its end, other events having their turn where it was cut; nothing where it was not waited for. */
export async function wholeSlice<R>(
  { isCut }: Tools,
  slices: Generator<Call | undefined, R, unknown>,
  answer: unknown,
  client: Client,
): Promise<IteratorResult<Call | undefined, R> | undefined> {
  let next = slices.next(answer);
  while (isCut?.()) {
    if (!(await client.pause()) && client.abandons?.()) return undefined;
    next = slices.next();
  }
  return next;
}

/** Steps until the epoch's end. */
function stepsLeft(block: Block): number {
  return Math.ceil((block.uint(Header.SampleRows) - block.uint(Header.Cursor)) / block.uint(Header.BatchRows));
}

function isOver(block: Block): boolean {
  return block.double(Header.Epoch) >= block.double(Header.EpochTarget) || block.uint(Header.Stopped) === 1;
}

/**
 * What tells of the state after a slice of so many milliseconds, where there is a signal, and answers whether it has: in any case before what will take long. At first the network is
 * known as it is. Once there was a long slice, of each one as long as that takes little of the time: what comes next may be long again.
 */
export function lastState(
  hasSignal: boolean,
  { reached }: Client,
  state: () => Promise<Known>,
): (milliseconds: number, isBeforeLong?: boolean) => Promise<boolean> {
  const begin = performance.now();
  let spent = 0;
  let wasLong = false;
  let isKnown = true;
  return async (milliseconds, isBeforeLong = false) => {
    const start = performance.now();
    const isLong = milliseconds > LONG;
    wasLong ||= isLong;
    const tells = hasSignal && (isLong || isBeforeLong || (wasLong && spent < SHARE * (start - begin)));
    if (tells || isKnown) reached(tells ? await state() : undefined);
    if (tells) spent += performance.now() - start;
    isKnown = tells;
    return tells;
  };
}

/** What says how a network is for a report: of an epoch in any case, else where that takes no time to speak of. */
export function stateForReports(block: Block, known: () => Promise<Known>): (name?: Call[0]) => Promise<Known | undefined> {
  let due = 0;
  return async (name) => {
    const start = performance.now();
    if (name !== "onEpoch" && block.uint(Header.Gradient) > SMALL && start < due) return undefined;
    const state = await known();
    const end = performance.now();
    due = end + (end - start) / SHARE;
    return state;
  };
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
