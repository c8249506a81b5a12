// The program of the worker that trains in the background: dist/worker.js, with the wrapper in it but no core, which it is sent.

import { Block } from "../block.js";
import { TrainingError } from "../errors.js";
import { restoreSnapshot, takeSnapshot } from "../snapshot.js";
import { placeRun, stepReport, trainRun } from "../training.js";
import { otherEvents } from "./events.js";
import type { FromWorker, SentError, ToWorker } from "./messages.js";
import { type Client, type Setup, trainSession } from "./session.js";
import { parentOf } from "./threads.js";

/** A slice's milliseconds: so late a stop may come. */
const SLICE = 10;

const tools = { Block, placeRun, restoreSnapshot, stepReport, takeSnapshot, trainRun };

const parent = await parentOf<FromWorker, ToWorker>();
let answer: (goesOn: boolean) => void;
let goesOn = true;

parent.receive((message: ToWorker) => {
  if (message.type === "train") void train(message.setup);
  else if (message.type === "answer") answer(message.answer);
  else goesOn = false;
});
tell({ type: "ready" });

const client: Client = {
  async pause() {
    await otherEvents();
    return goesOn;
  },
  progress(progress, state) {
    tell({ type: "progress", progress, state }, state);
  },
  call(call, state) {
    tell({ type: "call", call, state }, state);
    return new Promise((resolve) => {
      answer = resolve;
    });
  },
};

async function train(setup: Setup): Promise<void> {
  goesOn = true;
  try {
    const { error, ...outcome } = await trainSession(tools, setup, client, SLICE);
    tell({ type: "end", outcome: { ...outcome, ...(error !== undefined && { error: sent(error) }) } }, outcome.state);
  } catch (error) {
    tell({ type: "failure", error: sent(error) });
  }
}

/** Sends a message; the bytes of a state are handed over and not copied. */
function tell(message: FromWorker, state?: Uint8Array): void {
  parent.send(message, state ? [state.buffer] : []);
}

function sent(error: unknown): SentError {
  const { name, message } = error as Error;
  if (!(error instanceof TrainingError)) return { name, message };
  const { iteration, epoch, loss, history } = error;
  return { name, message, at: { iteration, epoch, loss, history } };
}
