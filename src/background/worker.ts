// The program of the worker that trains in the background: dist/worker.js, with the wrapper in it but no core, which it is sent.

import type { CompiledModule } from "../binary.js";
import { Block, type Elements } from "../block.js";
import { type Core, instantiate } from "../core.js";
import { TrainingError } from "../errors.js";
import type { Plan } from "../options/network.js";
import { placeRun, type Run, trainRun } from "../training.js";
import { otherEvents } from "./events.js";
import { buffersOf, byImage, type Image } from "./image.js";
import type { Errand, FromWorker, SentError, ToWorker } from "./messages.js";
import { Arrivals } from "./parcels.js";
import { type Client, trainSession } from "./session.js";
import { type Source, streamSession } from "./stream.js";
import { headAddress, MOST_KEPT, type Seat, sharingCore, type TeamCore, teamBlock, testBuild } from "./team.js";
import { thinkSession } from "./thinking.js";
import { type Peer, parentOf } from "./threads.js";

/** A slice's milliseconds: so late a stop may come. Other events take a tenth of one when it comes to them, while a whole team waits. */
const SLICE = 20;

const tools = { placeRun, trainRun };

// No await at the top: bundlers make scripts of workers that are no modules.
void parentOf<FromWorker, ToWorker>().then(serve);

/** Does what the parent tells. Nothing is told before it has heard that this is ready. */
function serve(parent: Peer<FromWorker, ToWorker>): void {
  let answer: (goesOn: boolean) => void;
  let goesOn = true;

  /** Sends a message; what is large in it is handed over and not copied. */
  const tell = (message: FromWorker, state?: Image, outputs?: Elements) =>
    parent.send(message, [...buffersOf(state), ...(outputs ? [outputs.buffer] : [])]);

  let batch: (run: Run | undefined) => void;
  /** Of the run that is under way. */
  let spare: Image | undefined;
  let isRunning = false;

  const arrivals = new Arrivals();

  const client: Client & Source = {
    async pause() {
      await otherEvents();
      return goesOn;
    },
    arrival: async () => (goesOn ? arrivals.next() : undefined),
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

  /** The core that this worker has to itself. One network takes the place of the other in its memory: while the system takes a lot of it back, all threads of the process that want some wait. */
  let own: { readonly module: CompiledModule | undefined; core?: Core | undefined } | undefined;
  const ownBlock = (plan: Plan): Block => {
    if (plan.core) own = { module: plan.core };
    own ??= { module: undefined };
    own.core ??= instantiate(own.module);
    return new Block(plan, own.core, undefined, byImage);
  };

  const go = async (errand: Errand, seat: Seat | undefined) => {
    goesOn = isRunning = true;
    try {
      const blockFor = (plan: Plan) => (seat ? teamBlock(coreAt(seat), seat, plan) : ownBlock(plan));
      const all = { ...tools, blockFor };
      const { error, ...outcome } = await (errand.type === "train"
        ? trainSession(all, errand.setup, client, SLICE)
        : errand.type === "stream"
          ? streamSession(all, errand.setup, client)
          : thinkSession(blockFor, errand.setup, client, SLICE));
      tell({ type: "end", outcome: { ...outcome, ...(error !== undefined && { error: sent(error) }) } }, outcome.state, outcome.outputs);
    } catch (error) {
      tell({ type: "failure", error: sent(error) });
    } finally {
      isRunning = false;
      spare = undefined;
      arrivals.drop();
      if (own?.core && own.core.memory.buffer.byteLength > MOST_KEPT) own.core = undefined;
    }
  };

  const assist = (seat: Seat) => {
    try {
      const core = coreAt(seat);
      core.assist(headAddress(core), seat.thread, seat.run, seat.generation);
    } catch (error) {
      tell({ type: "failure", error: sent(error) });
    }
  };

  parent.receive((message) => {
    if (message.type === "train" || message.type === "stream" || message.type === "think") void go(message, message.seat);
    else if (message.type === "parcel") {
      // Else its errand has failed already.
      if (isRunning) arrivals.accept(message.parcel);
    } else if (message.type === "batch") batch(message.run);
    else if (message.type === "assist") assist(message.seat);
    else if (message.type === "leave") place = undefined;
    else if (message.type === "answer") answer(message.answer);
    else if (message.type === "spare") spare = isRunning ? message.spare : undefined;
    else {
      goesOn = false;
      arrivals.drop();
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
