import { wrongKind, wrongValue } from "../errors.js";
import { record, whole } from "../options/check.js";
import { type Callbacks, KEYS, type Learning, readTrainOptions, type TrainPlan, type Watching } from "../options/training.js";
import type { NumericArray, Row, Rows } from "../rows.js";

/** How far a run has come. */
export interface Progress {
  /** The epoch under way, counted from 1 since the network was made. */
  readonly epoch: number;
  /** The batch that was learned from last, counted from 1 within its epoch. */
  readonly batch: number;
  /** The loss of that batch before its step. */
  readonly loss: number;
  /** Rows learned from in a second, since the report before. */
  readonly samplesPerSecond: number;
  /** Seconds that are left at this speed, if all epochs are made. */
  readonly secondsLeft: number;
}

/** What is taken of an `AbortSignal`. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How to train without blocking: as `train` does, and these. `onEpoch` and `onStep` may answer by a promise, which is waited for. */
export type TrainAsyncOptions = Watching & Learning & Callbacks<unknown> & Background;

interface Background {
  /** Stops the run when it aborts, after the step under way: the promise is rejected with the signal's reason, and `resume` can go on with the run. */
  signal?: Signal | undefined;
  /** Called about every 100 ms; with it the network becomes what the run has made of it so far. */
  onProgress?: ((progress: Progress) => unknown) | undefined;
  /**
   * Whether to train in a worker. Default `true`: in time slices on the calling thread only where no worker starts. An address is that of the package's `worker.js`,
   * for pages whose bundler does not find it.
   */
  worker?: boolean | string | { readonly href: string } | undefined;
  /**
   * Threads that train together, 1 … 64. Default `"auto"`: as many as the machine has cores, or one where there is too little to do for more. The bits do not depend on it.
   * Where threads cannot be had, one trains: see `network.capabilities`.
   */
  threads?: "auto" | number | undefined;
}

/** A batch of a stream: rows that one step learns from. */
export interface Batch {
  readonly inputs: Row | Rows;
  readonly targets: Row | Rows;
  /** As in `train`. */
  readonly sampleWeights?: readonly number[] | NumericArray | undefined;
}

/**
 * Data that come batch by batch, since they are more than memory holds or do not exist yet: what is iterated once for each epoch. A generator that was called already can be
 * iterated once only; the function itself will do.
 */
export type Batches = AsyncIterable<Batch> | (() => AsyncIterable<Batch> | Iterable<Batch>);

/** How to train from batches that come one by one. */
export interface StreamOptions extends Callbacks<unknown>, Background {
  /** How often to iterate over the batches. Default 1. */
  epochs?: number | undefined;
  /** As in `train`. */
  historyInterval?: number | undefined;
}

/** How to ask without blocking. */
export type ThinkAsyncOptions = Omit<Background, "onProgress">;

/** What is asked of the background itself. */
export interface Options {
  readonly signal: Signal | undefined;
  readonly onProgress: ((progress: Progress) => unknown) | undefined;
  /** `false`, or an address, or nothing for the package's. */
  readonly worker: false | string | undefined;
  readonly threads: "auto" | number;
}

/** The most threads that may be asked for. */
const MOST_THREADS = 64;

const OWN = ["signal", "onProgress", "worker", "threads"] as const;

/** Checks what `train` does not know, and leaves it the rest. */
export function readOptions(given: unknown): Options & { readonly rest: unknown } {
  // What is no object, and no number, is refused by whoever reads the rest.
  if (typeof given !== "object" || given === null) return { ...readBackground({}), rest: given };
  const { signal, onProgress, worker, threads, ...rest } = record("options", given, [...KEYS, ...OWN]);
  return { ...readBackground({ signal, onProgress, worker, threads }), rest };
}

/** Checks the options of training from batches; `rest` is for each of them. */
export function readStreamOptions(given: unknown = {}): Options & { readonly epochs: number; readonly rest: TrainPlan } {
  const {
    signal,
    onProgress,
    worker,
    threads,
    epochs = 1,
    ...others
  } = record("options", given, ["epochs", "historyInterval", "onEpoch", "onStep", ...OWN]);
  return {
    ...readBackground({ signal, onProgress, worker, threads }),
    epochs: whole("epochs", epochs, 1, Number.MAX_SAFE_INTEGER),
    rest: readTrainOptions({ ...others, epochs }),
  };
}

/** Checks the options of `thinkAsync`. */
export function readThinkOptions(given: unknown = {}): Options {
  return readBackground(record("options", given, ["signal", "worker", "threads"]));
}

function readBackground(given: Readonly<Partial<Record<(typeof OWN)[number], unknown>>>): Options {
  const { signal, onProgress, worker = true, threads = "auto" } = given;
  const { addEventListener, removeEventListener } = Object(signal) as Partial<Signal>;
  if (signal !== undefined && !(typeof addEventListener === "function" && typeof removeEventListener === "function")) {
    throw wrongKind("signal", "an AbortSignal", signal);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") throw wrongKind("onProgress", "a function", onProgress);
  const address = typeof worker === "object" ? (worker as Partial<URL> | null)?.href : worker;
  if (typeof address !== "boolean" && typeof address !== "string") throw wrongKind("worker", "true, false or an address", worker);
  if (threads !== "auto") {
    if (typeof threads !== "number") throw wrongKind("threads", '"auto" or a number', threads);
    whole("threads", threads, 1, MOST_THREADS);
    if (address === false && threads > 1) throw wrongValue("threads", "1 with worker: false", threads);
  }
  return {
    signal: signal as Signal | undefined,
    onProgress: onProgress as Options["onProgress"],
    worker: address === true ? undefined : address,
    threads: threads as "auto" | number,
  };
}
