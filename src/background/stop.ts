import type { Signal } from "./options.js";

/** When and why a run is to stop before its end: the first reason that came up. */
export class Stop {
  isAsked = false;
  reason: unknown;
  readonly #signal: Signal | undefined;
  readonly #listeners: (() => void)[] = [];
  readonly #hear = () => this.now(this.#signal?.reason);

  constructor(signal: Signal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#hear);
    if (signal?.aborted) this.#hear();
  }

  now(reason: unknown): void {
    if (this.isAsked) return;
    this.isAsked = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
  }

  whenAsked(listener: () => void): void {
    if (this.isAsked) listener();
    else this.#listeners.push(listener);
  }

  forget(): void {
    this.#signal?.removeEventListener("abort", this.#hear);
  }
}
