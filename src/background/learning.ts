import { Header, Optimizer, Schedule } from "../abi.js";
import type { Block } from "../block.js";
import { wrongValue } from "../errors.js";
import { record } from "../options/check.js";
import type { Plan } from "../options/network.js";
import type { TrainPlan } from "../options/training.js";
import type { History, Run } from "../training.js";
import { BatchReader, type Stream } from "./batches.js";
import { type Work, wishFor } from "./capabilities.js";
import { otherEvents } from "./events.js";
import { type Host, here, received } from "./host.js";
import { bytesOf, copyImage, type Image } from "./image.js";
import { Incoming } from "./incoming.js";
import type { Errand } from "./messages.js";
import { add, empty, type Known } from "./news.js";
import { type Options, readOptions, readStreamOptions } from "./options.js";
import { Pieces, SLICE } from "./pieces.js";
import { GRACE, isKnownAtFirst, type Listener, placeFor, soonPlaced } from "./places.js";
import { enroll } from "./pool.js";
import { ownRun, portablePlan, portableRun } from "./portable.js";
import { type Client, type Outcome, type Tools, trainSession } from "./session.js";
import { keep, spareFor } from "./spare.js";
import { Stop } from "./stop.js";
import { type Source, streamSession } from "./stream.js";
import { withoutRows } from "./tables.js";
import { reworded } from "./wording.js";

// Training in the background, as the calling thread sees it: it reads what it is given, sends it to a place, hears from there, and makes of the network what comes back.

type TrainingErrand = Exclude<Errand, { type: "think" }>;

/** What is to be done in the background. */
interface Task {
  readonly options: Options;
  readonly callbacks: Pick<TrainPlan, "onStep" | "onEpoch">;
  /** Reads what has not been read yet, and answers whether it came to that: before each piece `pause` lets other events in and says whether to go on. */
  read(pause: () => Promise<boolean>): Promise<boolean>;
  work(): Promise<Pick<Work, "rowsAtOnce" | "rows">>;
  /** Multiplications, at most, between two moments at which a run can be left, or as many as take as long. */
  readonly workBetween: number;
  /** Makes of a network one whose run was cut before its first step. */
  placeUnread(block: Block): void;
  /** Whether a history is that of the whole run, though a stop was asked for. */
  readonly endsByItself: boolean;
  errand(base: { readonly plan: Plan; readonly state: Image }): TrainingErrand;
  /** The next batch, if it is done batch by batch. */
  next(): Promise<Run | undefined>;
  end(): void;
}

export function trainFromRows(host: Host, inputs: unknown, targets: unknown, given: unknown): Promise<History> {
  const { parts, plan, block } = host;
  const [, , placeRun, readRun] = parts;
  const { rest, ...options } = readOptions(given);
  const pieces = new Pieces(block.core.memory, SLICE);
  const run = readRun(pieces, plan, inputs, targets, rest);
  const { epochs, batchSize = run.rows } = run.options;
  return inBackground(host, {
    options,
    callbacks: run.options,
    read: (pause) => pieces.rest(pause),
    work: async () => ({ rowsAtOnce: Math.min(batchSize, run.rows), rows: run.rows * epochs }),
    // A step, validation, or an epoch's new order.
    workBetween: Math.max(
      Math.max(Math.min(batchSize, run.rows) * (isLbfgs(plan) ? 25 : 1), run.validationRows) * block.uint(Header.ParameterCount),
      run.shuffle ? 100 * run.rows : 0,
    ),
    placeUnread: (block) => placeRun(block, plan, withoutRows(run)),
    endsByItself: true,
    errand: (base) => ({ type: "train", setup: { ...base, run: portableRun(run), hasSignal: options.signal !== undefined } }),
    next: async () => undefined,
    end() {},
  });
}

export function trainFromBatches(host: Host, batches: Stream, given: unknown): Promise<History> {
  const { parts, plan, block } = host;
  const [, , , readRun] = parts;
  const { epochs, rest, ...options } = readStreamOptions(given);
  const { onStep, onEpoch, historyInterval } = rest;
  if (isLbfgs(plan)) throw wrongValue("batches", "an optimizer other than lbfgs, which needs all rows at once");
  if (plan.optimizer.uints[Header.Schedule] === Schedule.Plateau) throw wrongValue("batches", "a schedule other than plateau");
  const source = new BatchReader(batches, epochs, async (batch, name) => {
    const { inputs, targets, sampleWeights } = record(name, batch, ["inputs", "targets", "sampleWeights"]);
    const given = { epochs: 1, ...(sampleWeights !== undefined && { sampleWeights }) };
    try {
      const pieces = new Pieces(block.core.memory, SLICE);
      const run = readRun(pieces, plan, inputs, targets, given);
      await pieces.rest(always);
      return await ownRun(run);
    } catch (error) {
      throw reworded(error, (message) => `${name}: ${message}`);
    }
  });
  return inBackground(host, {
    options,
    callbacks: rest,
    read: async () => true,
    // What there is to do is not known; how much at once, the first batch says.
    work: async () => ({ rowsAtOnce: await source.firstRows(), rows: Number.POSITIVE_INFINITY }),
    workBetween: Number.POSITIVE_INFINITY,
    placeUnread() {},
    endsByItself: false,
    errand: (base) => ({
      type: "stream",
      setup: {
        ...base,
        epochs,
        historyInterval,
        hasSignal: options.signal !== undefined,
        isAskedFor: { onStep: onStep !== undefined, onEpoch: onEpoch !== undefined },
      },
    }),
    next: () => source.next(),
    end: () => source.end(),
  });
}

function isLbfgs({ optimizer }: Plan): boolean {
  return optimizer.uints[Header.Optimizer] === Optimizer.Lbfgs;
}

async function always(): Promise<true> {
  await otherEvents();
  return true;
}

async function inBackground(host: Host, task: Task): Promise<History> {
  const { parts, plan, block } = host;
  const { signal, onProgress, worker, threads } = task.options;
  const stop = new Stop(signal);
  const leave = enroll(block);
  const incoming = new Incoming((put) => host.put(put));
  host.settle = () => incoming.settle();
  host.end = () => {
    stop.now(new TypeError("trainAsync: this network has been disposed"));
    incoming.drop();
    leave();
  };
  if (host.ended) host.end();
  /** How it went until the state that is known. */
  const until = empty();
  host.watch(until);
  let isTold = false;
  const put = (known: Known): Image | undefined => {
    if (host.ended) return undefined;
    isTold = true;
    add(until, known.news);
    return incoming.take(known.state) ?? spareFor(bytesOf(known.state));
  };
  let thrown: { readonly error: unknown } | undefined;
  // What a function of the user's throws ends the run as a stop does, and is told of though the run have come to its end. Who wants to stop does not wait for what may never be answered, and asks no more.
  const guarded = async <R>(ask: () => R | Promise<R>): Promise<R | undefined> => {
    const answer = async () => {
      try {
        return await ask();
      } catch (error) {
        if (!stop.isAsked) thrown = { error };
        stop.now(error);
        return undefined;
      }
    };
    return stop.isAsked ? undefined : stop.orAsked(answer());
  };
  const listener: Listener = {
    known: put,
    isWanted: () => !host.ended,
    progress(progress) {
      if (onProgress) void guarded(() => onProgress(progress));
    },
    call([name, report]) {
      return guarded(() => task.callbacks[name]?.(report as never));
    },
    next: () => guarded(() => task.next()),
  };
  /** A worker has ended. If it had told of nothing, the run is one that was cut before its first step. */
  const unheard = (error: unknown): never => {
    if (!isTold && !host.ended) host.put((block) => task.placeUnread(block));
    throw error;
  };
  /** Where it is done, as it was done there; nothing if it was stopped before. */
  const begin = async (): Promise<Outcome | undefined> => {
    const wish = async () => {
      const work = await guarded(() => task.work());
      return wishFor({
        threads,
        ownCore: plan.core !== undefined,
        parameters: block.uint(Header.ParameterCount),
        ...(work ?? { rowsAtOnce: 0, rows: 0 }),
      });
    };
    const place = await soonPlaced(placeFor(worker, wish), stop);
    host.capabilities = place.capabilities;
    if (stop.isAsked) {
      place.leave?.();
      return undefined;
    }
    const errand = task.errand({
      plan: portablePlan(plan, parts),
      state: host.state ? [host.state] : await copyImage(block, spareFor(block.uint(Header.Gradient))),
    });
    host.state = undefined;
    return place.converse
      ? place.converse(errand, listener, stop).catch(unheard)
      : inSlices(host, errand, listener, stop, task.workBetween);
  };
  try {
    const isRead = await task.read(async () => {
      await otherEvents();
      return !stop.isAsked;
    });
    const outcome = isRead ? await begin() : undefined;
    if (!outcome) {
      // It can be gone on with all the same.
      if (!host.ended) host.put((block) => task.placeUnread(block));
      throw stop.reason;
    }
    const { state, history = outcome.until } = outcome;
    if (state && !host.ended) keep(incoming.take(state));
    if (history) host.watch(history);
    if (outcome.error !== undefined) throw received(parts, outcome.error);
    if (thrown) throw thrown.error;
    // What comes batch by batch ends early where a stop was asked for, and has a history all the same.
    if (outcome.history && (task.endsByItself || !stop.isAsked)) return outcome.history;
    throw stop.reason;
  } finally {
    stop.over();
    await incoming.settleInPieces();
    keep(incoming.drop());
    host.end = leave;
    task.end();
  }
}

async function inSlices(host: Host, errand: TrainingErrand, listener: Listener, stop: Stop, workBetween: number): Promise<Outcome> {
  // As in a worker: whether the network is known as it was before the step, which is not waited for any longer then.
  let isKnown = isKnownAtFirst(errand);
  let spare: Image | undefined;
  let asked = Number.POSITIVE_INFINITY;
  const forget = stop.whenAsked(() => {
    asked = performance.now();
  });
  const take = (known: Known | undefined) => {
    if (known) spare = listener.known(known);
  };
  const client: Client & Source = {
    progress(progress, known) {
      take(known);
      listener.progress(progress);
    },
    call(call, known) {
      take(known);
      return listener.call(call);
    },
    next: listener.next,
    async pause() {
      await otherEvents();
      return !stop.isAsked;
    },
    reached(known) {
      isKnown = known !== undefined;
      take(known);
    },
    spare() {
      const bytes = spare;
      spare = undefined;
      return bytes;
    },
    abandons: () => (isKnown || host.ended) && performance.now() - asked > GRACE,
  };
  // The rows were read in this turn, and are placed in the next.
  await otherEvents();
  const session = (tools: Tools) =>
    errand.type === "train" ? trainSession(tools, errand.setup, client, SLICE) : streamSession(tools, errand.setup, client);
  return here(host.parts, host.plan, workBetween, session).finally(forget);
}
