import type { Block } from "../block.js";
import type { compiled } from "../core.js";
import type { TrainingError } from "../errors.js";
import type { inForm } from "../network.js";
import type { Plan } from "../options/network.js";
import type { readTable } from "../rows.js";
import type { History, placeRun, readRun, trainRun } from "../training.js";
import type { Capabilities } from "./capabilities.js";
import { cuttingCore, releaseCore } from "./cutting.js";
import { byImage } from "./image.js";
import type { SentError } from "./messages.js";
import { SLICE } from "./pieces.js";
import type { Outcome, Tools } from "./session.js";

/** The parts of the library that its own file has, and this one does without. */
export type Parts = readonly [
  typeof Block,
  typeof compiled,
  typeof placeRun,
  typeof readRun,
  typeof TrainingError,
  typeof trainRun,
  typeof readTable,
  typeof inForm,
];

/** What a network hands over to be trained. */
export interface Host {
  readonly parts: Parts;
  readonly plan: Plan;
  readonly block: Block;
  /** Its image as it was at the call, where it takes no time to speak of to take it, until the run begins. */
  state: Uint8Array<ArrayBuffer> | undefined;
  /** Lets a task make something else of the network's block. */
  put(task: (block: Block) => void): void;
  /** Takes how the run goes, or has gone, in a history that may grow. */
  watch(history: History): void;
  /** Whether the network has been disposed of. */
  readonly ended: boolean;
  /** Is called then, during the run and after it. Set here. */
  end(): void;
  /** Is called before anything is done with the network. Set here. */
  settle(): void;
  /** Which way the run takes. Set here. */
  capabilities: Capabilities;
}

/**
 * So many rows times parameters are worth a core that can be cut: some 0.1 ms. Where a step is 12 of them it takes 1.1 µs, and 0.6 in the other build; with 3,500 it is 3 % slower, with more
 * not to be told apart.
 */
const WORTH_CUTTING = 1e6;

/** Has a session on this thread. Calls of its core are cut, unless the network has a core of its own, or all of them are short: of so many rows times parameters at most. */
export async function here(
  [Block, , placeRun, , , trainRun]: Parts,
  { core }: Plan,
  work: number,
  session: (tools: Tools) => Promise<Outcome>,
): Promise<Outcome> {
  const cutting = core || work < WORTH_CUTTING ? undefined : await cuttingCore(SLICE);
  const blockFor = (plan: Plan) => new Block(plan, cutting?.core, undefined, byImage);
  try {
    return await session({ blockFor, placeRun, trainRun, isCut: () => cutting?.isCut ?? false });
  } finally {
    if (cutting) releaseCore(cutting);
  }
}

/** An error of this thread's, or one that was sent, as it was. */
export function received([, , , , TrainingFailure]: Parts, error: unknown): unknown {
  if (error instanceof Error) return error;
  const { name, message, at } = error as SentError;
  if (at) return new TrainingFailure(message, at);
  return name === "RangeError" ? new RangeError(message) : name === "TypeError" ? new TypeError(message) : new Error(message);
}
