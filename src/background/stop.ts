import type { Signal } from "./options.js";

/** When and why a run is to stop before its end: the first reason that came up, while it was under way. */
export class Stop {
  isAsked = false;
  reason: unknown;
  /** Resolves when it is asked for. */
  readonly asked: Promise<void>;
  readonly #signal: Signal | undefined;
  readonly #listeners: (() => void)[] = [];
  readonly #hear = () => this.now(this.#signal?.reason);
  #isOver = false;

  constructor(signal: Signal | undefined) {
    this.asked = new Promise((resolve) => this.whenAsked(resolve));
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

  whenAsked(listener: () => void): void {
    if (this.isAsked) listener();
    else this.#listeners.push(listener);
  }

  /** The run is over: what comes later concerns nobody any more. */
  over(): void {
    this.#isOver = true;
    this.#listeners.length = 0;
    this.#signal?.removeEventListener("abort", this.#hear);
  }
}
