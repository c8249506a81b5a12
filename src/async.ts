// What `trainAsync` and `training` load when they are first called: dist/async.js.

import { otherEvents } from "./background/events.js";
import type { SentError } from "./background/messages.js";
import { readOptions, type TrainAsyncOptions } from "./background/options.js";
import { converse, idleWorker, type Listener, type PoolWorker, release } from "./background/pool.js";
import { type Client, type Outcome, type Setup, type Tools, trainSession } from "./background/session.js";
import { Stop } from "./background/stop.js";
import type { CompiledModule } from "./binary.js";
import type { Block } from "./block.js";
import type { TrainingError } from "./errors.js";
import type { NeuralNetwork } from "./network.js";
import type { Plan } from "./options/network.js";
import type { EpochReport } from "./options/training.js";
import type { Row, Rows, Table } from "./rows.js";
import type { Memory, Targets } from "./samples.js";
import type { History, Run } from "./training.js";

/** The network that trains, and the parts of the library that its own file has. */
export interface Host extends Tools {
  readonly plan: Plan;
  readonly block: Block;
  /** Makes the network what it was when `state` was taken. */
  put(state: Uint8Array): void;
  /** Whether the network has been disposed of. */
  readonly ended: boolean;
  /** Is called then. Set here. */
  end(): void;
  compiled(core: CompiledModule | undefined): CompiledModule;
  readRun(memory: Memory, plan: Plan, inputs: unknown, targets: unknown, options: unknown): Run;
  readonly TrainingError: typeof TrainingError;
}

/** A slice's milliseconds on the calling thread, which is to be free again within 10. */
const SLICE = 4;

/** Trains a network from its present state on in a worker, or in slices on this thread, and puts into it what comes out. */
export async function trainInBackground(host: Host, inputs: unknown, targets: unknown, given: unknown): Promise<History> {
  const { signal, onProgress, worker, options } = readOptions(given);
  const run = host.readRun(host.block.core.memory, host.plan, inputs, targets, options);
  const stop = new Stop(signal);
  host.end = () => stop.now(new TypeError("trainAsync: this network has been disposed"));
  if (host.ended) host.end();
  const put = (state: Uint8Array | undefined) => {
    if (state && !host.ended) host.put(state);
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
    const setup: Setup = { plan: portablePlan(host), state: host.takeSnapshot(host.block), run: portableRun(run) };
    // To take it may have moved the network's memory.
    put(setup.state);
    const started = worker === false ? undefined : await idleWorker(worker);
    // A run that is stopped before it begins is placed all the same, so that it can be gone on with.
    if (stop.isAsked && started) release(started);
    const outcome = await (started && !stop.isAsked
      ? inWorker(host, started, setup, listener, stop)
      : inSlices(host, setup, listener, stop));
    put(outcome.state);
    if (outcome.error !== undefined) throw outcome.error;
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
  return trainSession(host, setup, client, SLICE);
}

async function inWorker(host: Host, worker: PoolWorker, setup: Setup, listener: Listener, stop: Stop): Promise<Outcome> {
  const outcome = await converse(worker, setup, listener, stop);
  return { ...outcome, ...(outcome.error !== undefined && { error: received(host, outcome.error as SentError) }) };
}

/** A plan that can be sent: with the core as it is compiled, without values that were placed long ago. */
function portablePlan({ plan, compiled }: Host): Plan {
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

/** An error that was sent, as it was. */
function received({ TrainingError }: Host, { name, message, at }: SentError): Error {
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
