// The program of the worker that trains in the background: dist/worker.js, with the wrapper in it but no core, which it is sent.

import { Block } from "../block.js";
import { TrainingError } from "../errors.js";
import type { Plan } from "../options/network.js";
import { placeRun, type Run, trainRun } from "../training.js";
import { otherEvents } from "./events.js";
import type { Errand, FromWorker, SentError, ToWorker } from "./messages.js";
import { Parcels } from "./parcels.js";
import { type Client, trainSession } from "./session.js";
import { type Source, streamSession } from "./stream.js";
import { headAddress, type Seat, sharingCore, type TeamCore, teamBlock, testBuild } from "./team.js";
import { thinkSession } from "./thinking.js";
import { type Peer, parentOf } from "./threads.js";

/** A slice's milliseconds: so late a stop may come. */
const SLICE = 10;

const tools = { placeRun, trainRun };

// No await at the top: bundlers make scripts of workers that are no modules.
void parentOf<FromWorker, ToWorker>().then(serve);

/** Does what the parent tells. Nothing is told before it has heard that this is ready. */
function serve(parent: Peer<FromWorker, ToWorker>): void {
  let answer: (goesOn: boolean) => void;
  let goesOn = true;

  /** Sends a message; what is large in it is handed over and not copied. */
  const tell = (message: FromWorker, ...large: readonly (ArrayBufferView | undefined)[]) =>
    parent.send(
      message,
      large.flatMap((view) => (view ? [view.buffer] : [])),
    );

  let batch: (run: Run | undefined) => void;
  /** Of the run that is under way. */
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let isRunning = false;

  const client: Client & Source = {
    async pause() {
      await otherEvents();
      return goesOn;
    },
    reached(known) {
      tell({ type: "reached", known }, known?.state);
    },
    spare() {
      const bytes = spare;
      spare = undefined;
      return bytes;
    },
    progress(progress, known) {
      tell({ type: "progress", progress, known }, known?.state);
    },
    next() {
      tell({ type: "next" });
      return new Promise((resolve) => {
        batch = resolve;
      });
    },
    call(call, known) {
      tell({ type: "call", call, known }, known?.state);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  };

  /** The core on the memory of the team that this worker is in. */
  let isTested = false;
  let place: { readonly team: number; readonly core: TeamCore } | undefined;
  const coreAt = ({ team, module, memory }: Seat): TeamCore => {
    if (place?.team === team) return place.core;
    if (!isTested) testBuild(module);
    isTested = true;
    place = { team, core: sharingCore(module, memory) };
    return place.core;
  };

  const go = async (errand: Errand, seat: Seat | undefined) => {
    goesOn = isRunning = true;
    try {
      const blockFor = (plan: Plan) => (seat ? teamBlock(coreAt(seat), seat, plan) : new Block(plan));
      const all = { ...tools, blockFor };
      const { error, ...outcome } = await (errand.type === "train"
        ? trainSession(all, errand.setup, client, SLICE)
        : errand.type === "stream"
          ? streamSession(all, errand.setup, client)
          : thinkSession(blockFor, errand.setup, client.pause, SLICE));
      tell({ type: "end", outcome: { ...outcome, ...(error !== undefined && { error: sent(error) }) } }, outcome.state, outcome.outputs);
    } catch (error) {
      tell({ type: "failure", error: sent(error) });
    } finally {
      isRunning = false;
      spare = undefined;
    }
  };

  const parcels = new Parcels();

  const assist = (seat: Seat) => {
    try {
      const core = coreAt(seat);
      core.assist(headAddress(core), seat.thread, seat.run, seat.generation);
    } catch (error) {
      tell({ type: "failure", error: sent(error) });
    }
  };

  parent.receive((message) => {
    if (message.type === "train" || message.type === "stream" || message.type === "think") void go(parcels.open(message), message.seat);
    else if (message.type === "piece") parcels.accept(message.piece);
    else if (message.type === "batch") batch(message.run);
    else if (message.type === "assist") assist(message.seat);
    else if (message.type === "leave") place = undefined;
    else if (message.type === "answer") answer(message.answer);
    else if (message.type === "spare") spare = isRunning ? message.spare : undefined;
    else {
      goesOn = false;
      parcels.drop();
    }
  });
  tell({ type: "ready" });
}

function sent(error: unknown): SentError {
  const { name, message } = error as Error;
  if (!(error instanceof TrainingError)) return { name, message };
  const { iteration, epoch, loss, history } = error;
  return { name, message, at: { iteration, epoch, loss, history } };
}
