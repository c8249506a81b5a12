import { wrongKind, wrongValue } from "../errors.js";
import type { Run } from "../training.js";
import type { Batch } from "./options.js";

type Iteration = AsyncIterable<unknown> | Iterable<unknown>;

/** Batches, as they may be given. */
export type Stream = AsyncIterable<unknown> | (() => Iteration);

/** Whether data come batch by batch. Arrays of rows do not, though they can be iterated. */
export function isStream(given: unknown): given is Stream {
  return typeof given === "function" || Symbol.asyncIterator in Object(given);
}

/** Iterates over a stream, once for each epoch, one batch ahead of who asks for them: while a step is made the next one can be read, and no more. */
export class BatchReader {
  readonly #stream: Stream;
  readonly #epochs: number;
  readonly #read: (batch: Batch, name: string) => Promise<Run>;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #ahead: Promise<Run | undefined> | undefined;
  #epoch = 0;
  #count = 0;
  #isOver = false;

  constructor(stream: Stream, epochs: number, read: (batch: Batch, name: string) => Promise<Run>) {
    this.#stream = stream;
    this.#epochs = epochs;
    this.#read = read;
  }

  /** The rows of the first batch; 0 if there is none. */
  async firstRows(): Promise<number> {
    this.#ahead ??= this.#pull();
    return (await this.#ahead)?.rows ?? 0;
  }

  /** The next batch; nothing at an epoch's end, behind which the next one begins. */
  async next(): Promise<Run | undefined> {
    const run = await (this.#ahead ?? this.#pull());
    this.#ahead = undefined;
    if (run && !this.#isOver) {
      this.#ahead = this.#pull();
      // Whoever asks for it hears of its failure; if nobody does, it has none.
      this.#ahead.catch(() => {});
    }
    return run;
  }

  /** Tells the stream that no more of it is wanted. */
  end(): void {
    this.#isOver = true;
    const iterator = this.#iterator;
    this.#iterator = undefined;
    this.#ahead = undefined;
    const close = async () => iterator?.return?.();
    // Not awaited, since it may be waiting itself for what never comes; nor is its failure the run's, whose outcome is known.
    void close().catch(() => {});
  }

  async #pull(): Promise<Run | undefined> {
    this.#iterator ??= this.#begin();
    const { done, value } = await this.#iterator.next();
    if (done) {
      this.#iterator = undefined;
      if (this.#count === 0) throw wrongValue("batches", "at least one batch in each epoch");
      this.#count = 0;
      return undefined;
    }
    return this.#read(value as Batch, `batch ${++this.#count} of epoch ${this.#epoch}`);
  }

  #begin(): AsyncIterator<unknown> | Iterator<unknown> {
    this.#epoch++;
    const stream = this.#stream;
    const given: unknown = typeof stream === "function" ? stream() : stream;
    const made = Object(given) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const begin = made[Symbol.asyncIterator] ?? made[Symbol.iterator];
    const iterator = typeof begin === "function" ? (begin as () => AsyncIterator<unknown> | Iterator<unknown>).call(given) : undefined;
    if (typeof iterator?.next !== "function") throw wrongKind("batches", "an async iterable, or a function that makes one", given);
    if (this.#epochs > 1 && (iterator as unknown) === given && typeof stream !== "function") {
      throw wrongValue("batches", "a function that makes them anew, or what can be iterated again, for more than one epoch");
    }
    return iterator;
  }
}
