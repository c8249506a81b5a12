// What `trainAsync` and `training` load when they are first called: dist/async.js.

import { Header, Optimizer, Schedule } from "./abi.js";
import { BatchReader, isStream, type Stream } from "./background/batches.js";
import { type Capabilities, type Work, wishFor } from "./background/capabilities.js";
import { otherEvents } from "./background/events.js";
import { putImage, takeImage } from "./background/image.js";
import type { Errand, SentError } from "./background/messages.js";
import {
  type Batches,
  type Options,
  readOptions,
  readStreamOptions,
  readThinkOptions,
  type StreamOptions,
  type TrainAsyncOptions,
} from "./background/options.js";
import { type Listener, type Place, placeFor } from "./background/places.js";
import { enroll } from "./background/pool.js";
import { type Client, type Outcome, type Tools, trainSession } from "./background/session.js";
import { Stop } from "./background/stop.js";
import { type Source, streamSession } from "./background/stream.js";
import { MOST_AT_ONCE, type ThinkSetup, thinkSession } from "./background/thinking.js";
import type { Block } from "./block.js";
import type { compiled } from "./core.js";
import { type TrainingError, wrongValue } from "./errors.js";
import type { inForm, NeuralNetwork } from "./network.js";
import { record } from "./options/check.js";
import type { Plan } from "./options/network.js";
import type { EpochReport, TrainPlan } from "./options/training.js";
import type { NumericArray, Rows, readTable, Table } from "./rows.js";
import { inputShape, type Targets } from "./samples.js";
import type { History, placeRun, Run, readRun, stepReport, trainRun } from "./training.js";

/** The parts of the library that its own file has. */
type Parts = readonly [
  typeof Block,
  typeof compiled,
  typeof placeRun,
  typeof readRun,
  typeof stepReport,
  typeof TrainingError,
  typeof trainRun,
  typeof readTable,
  typeof inForm,
];

/** What a network hands over to be trained. */
interface Host {
  readonly parts: Parts;
  readonly plan: Plan;
  readonly block: Block;
  /** Lets a task make something else of the network's block. */
  put(task: (block: Block) => void): void;
  /** Is told how the run went, however it ended. */
  remember(history: History): void;
  /** Whether the network has been disposed of. */
  readonly ended: boolean;
  /** Is called then, during the run and after it. Set here. */
  end(): void;
  /** Which way the run takes. Set here. */
  capabilities: Capabilities;
}

/** The parts that a session needs of them. */
function toolsOf({ parts }: Host): Tools {
  const [Block, , placeRun, , stepReport, , trainRun] = parts;
  return { blockFor: (plan) => new Block(plan), placeRun, stepReport, trainRun };
}

/** A slice's milliseconds on the calling thread, which is to be free again within 10. */
const SLICE = 4;

/** Trains a network from its present state on in workers, or in slices on this thread, and puts into it what comes out. */
export function trainAsync(host: Host, ...given: readonly [inputs: unknown, targets: unknown, options: unknown]): Promise<History> {
  return isStream(given[0]) ? trainFromBatches(host, given[0], given[1]) : trainFromRows(host, ...given);
}

function trainFromRows(host: Host, inputs: unknown, targets: unknown, given: unknown): Promise<History> {
  const { parts, plan, block } = host;
  const [, , , readRun] = parts;
  const { rest, ...options } = readOptions(given);
  const run = readRun(block.core.memory, plan, inputs, targets, rest);
  const { epochs, batchSize = run.rows } = run.options;
  return inBackground(host, {
    options,
    callbacks: run.options,
    work: async () => ({ rowsAtOnce: Math.min(batchSize, run.rows), rows: run.rows * epochs }),
    errand: (base) => ({ type: "train", setup: { ...base, run: portableRun(run) } }),
    next: async () => undefined,
    end() {},
  });
}

function trainFromBatches(host: Host, batches: Stream, given: unknown): Promise<History> {
  const { parts, plan, block } = host;
  const [, , , readRun] = parts;
  const { epochs, rest, ...options } = readStreamOptions(given);
  const { onStep, onEpoch, historyInterval } = rest;
  if (plan.optimizer.uints[Header.Optimizer] === Optimizer.Lbfgs)
    throw wrongValue("batches", "an optimizer other than lbfgs, which needs all rows at once");
  if (plan.optimizer.uints[Header.Schedule] === Schedule.Plateau) throw wrongValue("batches", "a schedule other than plateau");
  const source = new BatchReader(batches, epochs, (batch, name) => {
    const { inputs, targets, sampleWeights } = record(name, batch, ["inputs", "targets", "sampleWeights"]);
    const given = { epochs: 1, ...(sampleWeights !== undefined && { sampleWeights }) };
    try {
      return ownRun(readRun(block.core.memory, plan, inputs, targets, given));
    } catch (error) {
      (error as Error).message = `${name}: ${(error as Error).message}`;
      throw error;
    }
  });
  return inBackground(host, {
    options,
    callbacks: rest,
    // What there is to do is not known; how much at once, the first batch says.
    work: async () => ({ rowsAtOnce: await source.firstRows(), rows: Number.POSITIVE_INFINITY }),
    errand: (base) => ({
      type: "stream",
      setup: { ...base, epochs, historyInterval, isAskedFor: { onStep: onStep !== undefined, onEpoch: onEpoch !== undefined } },
    }),
    next: () => source.next(),
    end: () => source.end(),
  });
}

/** The network's outputs for rows, in their form. */
export async function thinkAsync(
  { parts, plan, block }: Pick<Host, "parts" | "plan" | "block">,
  inputs: unknown,
  given: unknown,
): Promise<unknown> {
  const [Block, compiled, , , , , , readTable, inForm] = parts;
  const { signal, worker, threads } = readThinkOptions(given);
  const x = readTable(inputs, inputShape("inputs", plan), block.core.memory);
  const setup: ThinkSetup = { plan: portablePlan(plan, compiled), state: takeImage(block), x: portableTable(x) };
  const { rows } = x;
  const parameters = block.uint(Header.ParameterCount);
  const stop = new Stop(signal);
  try {
    // Of these a thread has more to do: no row waits for another.
    const wish = () => wishFor({ threads, ownCore: plan.core !== undefined, parameters, rowsAtOnce: Math.min(rows, MOST_AT_ONCE), rows });
    const place = await soonPlaced(placeFor(worker, wish), stop);
    const pause = async () => {
      await otherEvents();
      return !stop.isAsked;
    };
    const { outputs, error } = await (place.converse
      ? place.converse({ type: "think", setup }, NOBODY, stop)
      : thinkSession((plan) => new Block(plan), setup, pause, SLICE));
    if (error !== undefined) throw received(parts, error);
    if (!outputs) throw stop.reason;
    return x.form === "row" ? Array.from(outputs) : inForm(outputs, block.outputs, x.form);
  } finally {
    stop.over();
  }
}

/** Hears of a session that says nothing before its end. */
const NOBODY: Listener = { placed() {}, progress() {}, call: async () => undefined, next: async () => undefined };

type TrainingErrand = Exclude<Errand, { type: "think" }>;

/** What is to be done in the background. */
interface Task {
  readonly options: Options;
  readonly callbacks: Pick<TrainPlan, "onStep" | "onEpoch">;
  work(): Promise<Pick<Work, "rowsAtOnce" | "rows">>;
  errand(base: { readonly plan: Plan; readonly state: Uint8Array }): TrainingErrand;
  /** The next batch, if it is done batch by batch. */
  next(): Promise<Run | undefined>;
  end(): void;
}

async function inBackground(host: Host, task: Task): Promise<History> {
  const { parts, plan, block } = host;
  const { signal, onProgress, worker, threads } = task.options;
  const stop = new Stop(signal);
  const leave = enroll(block);
  host.end = () => {
    stop.now(new TypeError("trainAsync: this network has been disposed"));
    leave();
  };
  if (host.ended) host.end();
  const put = (state: Uint8Array | undefined) => {
    if (state && !host.ended) host.put((block) => putImage(block, state));
  };
  // What a function of the user's throws ends the run as a stop does. Who wants to stop does not wait for what may never be answered, and asks no more.
  const guarded = async <R>(ask: () => R | Promise<R>): Promise<R | undefined> => {
    const answer = async () => {
      try {
        return await ask();
      } catch (error) {
        stop.now(error);
        return undefined;
      }
    };
    return stop.isAsked ? undefined : stop.orAsked(answer());
  };
  const listener: Listener = {
    placed: put,
    progress(progress, state) {
      put(state);
      if (onProgress) void guarded(() => onProgress(progress));
    },
    call([name, report], state) {
      put(state);
      return guarded(() => task.callbacks[name]?.(report as never));
    },
    next: () => guarded(() => task.next()),
  };
  try {
    const errand = task.errand({ plan: portablePlan(plan, parts[1]), state: takeImage(block) });
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
    // A run that is stopped before it begins is placed all the same, so that it can be gone on with.
    const outcome = await (place.converse ? place.converse(errand, listener, stop) : inSlices(host, errand, listener, stop));
    put(outcome.state);
    const past = outcome.history ?? outcome.until;
    if (past) host.remember(past);
    if (outcome.error !== undefined) throw received(host.parts, outcome.error);
    // What comes batch by batch ends early where a stop was asked for, and has a history all the same.
    if (outcome.history && (errand.type === "train" || !stop.isAsked)) return outcome.history;
    throw stop.reason;
  } finally {
    stop.over();
    host.end = leave;
    task.end();
  }
}

/** A place, or this thread where a stop is asked for before there is one. */
async function soonPlaced(coming: Promise<Place>, stop: Stop): Promise<Place> {
  const place = await stop.orAsked(coming);
  if (place) return place;
  coming.then((late) => late.leave?.()).catch(() => {});
  return { capabilities: { path: "slices", threads: 1, why: "it was stopped before a worker had started" } };
}

async function inSlices(host: Host, errand: TrainingErrand, listener: Listener, stop: Stop): Promise<Outcome> {
  const client: Client & Source = {
    ...listener,
    async pause() {
      await otherEvents();
      return !stop.isAsked;
    },
  };
  const tools = toolsOf(host);
  // The rows were read in this turn, and are placed in the next.
  await otherEvents();
  return errand.type === "train" ? trainSession(tools, errand.setup, client, SLICE) : streamSession(tools, errand.setup, client);
}

/** A plan that can be sent: with the core as it is compiled, without values that were placed long ago. */
function portablePlan(plan: Plan, core: typeof compiled): Plan {
  return { ...plan, core: core(plan.core), layers: plan.layers.map((layer) => ({ ...layer, values: undefined })) };
}

/** A run that can be sent: that there are functions is all that a session needs to know of them. */
function portableRun(run: Run): Run {
  const { onEpoch, onStep } = run.options;
  const said = (given: unknown) => (given === undefined ? undefined : (true as never));
  const options = {
    ...run.options,
    onEpoch: said(onEpoch),
    onStep: said(onStep),
    validation: undefined,
    sampleWeights: undefined,
    classWeights: undefined,
  };
  const { x, t, validation, weights } = run;
  const targets = (given: Targets): Targets => ({ ...given, table: portableTable(given.table) });
  return {
    ...run,
    options,
    x: portableTable(x),
    t: targets(t),
    validation: validation && { x: portableTable(validation.x), t: targets(validation.t) },
    weights: weights && portableTable(weights),
  };
}

/** A batch that can be handed over: the source may use its arrays for the next one. */
function ownRun(run: Run): Run {
  const own = (table: Table): Table => ({ ...table, values: copyOf(table.values) });
  const { x, t, weights } = portableRun(run);
  return { ...portableRun(run), x: own(x), t: { ...t, table: own(t.table) }, weights: weights && own(weights) };
}

/** A table whose numbers are all of their buffer, since a buffer is sent whole. */
function portableTable(table: Table): Table {
  const { values } = table;
  return values.byteLength === values.buffer.byteLength ? table : { ...table, values: copyOf(values) };
}

/** Node's Buffer is a Uint8Array whose slice is no copy. */
function copyOf(values: NumericArray): NumericArray {
  return values instanceof Uint8Array ? new Uint8Array(values) : values.slice();
}

/** An error of this thread's, or one that was sent, as it was. */
function received([, , , , , TrainingError]: Parts, error: unknown): unknown {
  if (error instanceof Error) return error;
  const { name, message, at } = error as SentError;
  if (at) return new TrainingError(message, at);
  return name === "RangeError" ? new RangeError(message) : name === "TypeError" ? new TypeError(message) : new Error(message);
}

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
