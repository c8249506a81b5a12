import type { Signal } from "./options.js";

/** When and why a run is to stop before its end: the first reason that came up, while it was under way. */
export class Stop {
  isAsked = false;
  reason: unknown;
  readonly #signal: Signal | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #hear = () => this.now(this.#signal?.reason);
  #isOver = false;

  constructor(signal: Signal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#hear);
    if (signal?.aborted) this.#hear();
  }

  now(reason: unknown): void {
    if (this.isAsked || this.#isOver) return;
    this.isAsked = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
  }

  /** Calls it when a stop is asked for; answers what makes it forgotten. */
  whenAsked(listener: () => void): () => void {
    if (this.isAsked) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a promise resolves to, or nothing once a stop is asked for. Keeps nothing of it: one that all of a run's answers raced against would keep all of them. */
  orAsked<R>(promise: Promise<R>): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      const forget = this.whenAsked(() => resolve(undefined));
      promise.then(resolve, reject).finally(forget);
    });
  }

  /** The run is over: what comes later concerns nobody any more. */
  over(): void {
    this.#isOver = true;
    this.#listeners.clear();
    this.#signal?.removeEventListener("abort", this.#hear);
  }
}
