// What `trainAsync` and `training` load when they are first called: dist/async.js.

import { Header } from "./abi.js";
import { type Capabilities, type Work, wishFor } from "./background/capabilities.js";
import { otherEvents } from "./background/events.js";
import { putImage, takeImage } from "./background/image.js";
import type { SentError } from "./background/messages.js";
import { readOptions, type TrainAsyncOptions } from "./background/options.js";
import { type Listener, placeFor } from "./background/places.js";
import { enroll } from "./background/pool.js";
import { type Client, type Outcome, type Setup, type Tools, trainSession } from "./background/session.js";
import { Stop } from "./background/stop.js";
import type { Block } from "./block.js";
import type { compiled } from "./core.js";
import type { TrainingError } from "./errors.js";
import type { NeuralNetwork } from "./network.js";
import type { Plan } from "./options/network.js";
import type { EpochReport } from "./options/training.js";
import type { Row, Rows, Table } from "./rows.js";
import type { Targets } from "./samples.js";
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
];

/** What a network hands over to be trained. */
interface Host {
  readonly parts: Parts;
  readonly plan: Plan;
  readonly block: Block;
  /** Lets a task make something else of the network's block. */
  put(task: (block: Block) => void): void;
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
export async function trainAsync(host: Host, inputs: unknown, targets: unknown, given: unknown): Promise<History> {
  const { signal, onProgress, worker, threads, options } = readOptions(given);
  const { parts, plan, block } = host;
  const [, , , readRun] = parts;
  const run = readRun(block.core.memory, plan, inputs, targets, options);
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
  try {
    // What a function of the user's throws ends the run as a stop does.
    const guarded = async (task: () => unknown) => {
      try {
        return await task();
      } catch (error) {
        stop.now(error);
      }
    };
    const listener: Listener = {
      progress(progress, state) {
        put(state);
        if (onProgress) void guarded(() => onProgress(progress));
      },
      call([name, report], state) {
        put(state);
        // Who wants to stop does not wait for what may never be answered.
        return Promise.race([guarded(() => run.options[name]?.(report as never)), stop.asked]);
      },
    };
    const setup: Setup = { plan: portablePlan(host), state: takeImage(block), run: portableRun(run) };
    const place = await placeFor(worker, () => wishFor(workOf(host, run, threads)));
    host.capabilities = place.capabilities;
    // A run that is stopped before it begins is placed all the same, so that it can be gone on with.
    if (stop.isAsked) place.leave?.();
    const outcome = await (place.converse && !stop.isAsked ? place.converse(setup, listener, stop) : inSlices(host, setup, listener, stop));
    put(outcome.state);
    if (outcome.error !== undefined) throw received(host, outcome.error);
    if (outcome.history) return outcome.history;
    throw stop.reason;
  } finally {
    stop.over();
  }
}

function inSlices(host: Host, setup: Setup, listener: Listener, stop: Stop): Promise<Outcome> {
  const client: Client = {
    ...listener,
    async pause() {
      await otherEvents();
      return !stop.isAsked;
    },
  };
  return trainSession(toolsOf(host), setup, client, SLICE);
}

function workOf({ plan, block }: Host, { options, rows }: Run, threads: "auto" | number): Work {
  return {
    threads,
    ownCore: plan.core !== undefined,
    rowsAtOnce: Math.min(options.batchSize ?? rows, rows),
    rows: rows * options.epochs,
    parameters: block.uint(Header.ParameterCount),
  };
}

/** A plan that can be sent: with the core as it is compiled, without values that were placed long ago. */
function portablePlan({ plan, parts: [, compiled] }: Host): Plan {
  return { ...plan, core: compiled(plan.core), layers: plan.layers.map((layer) => ({ ...layer, values: undefined })) };
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

/** A table whose numbers are all of their buffer, since a buffer is sent whole. */
function portableTable(table: Table): Table {
  const { values } = table;
  return values.byteLength === values.buffer.byteLength ? table : { ...table, values: values.slice() };
}

/** An error of this thread's, or one that was sent, as it was. */
function received({ parts: [, , , , , TrainingError] }: Host, error: unknown): unknown {
  if (error instanceof Error) return error;
  const { name, message, at } = error as SentError;
  if (at) return new TrainingError(message, at);
  return name === "RangeError" ? new RangeError(message) : name === "TypeError" ? new TypeError(message) : new Error(message);
}

/** `trainAsync` epoch by epoch: the next one begins when it is asked for; who asks for no more ends the run, as `onEpoch` does by `false`. */
export async function* training(
  network: NeuralNetwork,
  inputs: Row | Rows,
  targets: Row | Rows,
  options: number | TrainAsyncOptions,
): AsyncGenerator<EpochReport, History> {
  const isObject = typeof options === "object" && options !== null;
  // What is no object, and no number, is refused below.
  const given = (isObject ? options : { epochs: options }) as TrainAsyncOptions;
  let report: EpochReport | undefined;
  let isOver = false;
  let wake: () => void = () => {};
  let goOn: (goesOn: boolean) => void = () => {};
  const over = () => {
    isOver = true;
    wake();
  };
  const done = network.trainAsync(inputs, targets, {
    ...given,
    async onEpoch(next) {
      const own = await given.onEpoch?.(next);
      const asked = new Promise<boolean>((resolve) => {
        goOn = resolve;
      });
      report = next;
      wake();
      return (await asked) && own;
    },
  });
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
