import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Precision } from "./cases.js";
import type { Command } from "./command.js";
import { UnsupportedError } from "./errors.js";

export interface Prepared {
  /** How long preparing took, in which the peer's own import falls. */
  readonly seconds: number;
  readonly precision: Precision;
  readonly threads: number;
  /** Of the peer, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What was said last on standard error, for a worker that dies. */
const TAIL = 2000;

/**
 * One process of one implementation. It is sent a command as a line of JSON and answers it by a line: `{ seconds, … }`, `{ unsupported }` or
 * `{ error }`. It takes the time itself, so that all are treated alike.
 */
export class Worker {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  /** Until then its last words may still be on their way. */
  readonly #closed: Promise<void>;
  #said = "";

  constructor({ file, args, env }: Command) {
    this.#process = spawn(file, args, { env, stdio: "pipe" });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.stderr.on("data", (data) => {
      this.#said = (this.#said + data).slice(-TAIL);
    });
    // A process that cannot start or is gone shows in what it answers: nothing.
    this.#closed = new Promise((resolve) => {
      this.#process.on("close", () => resolve());
      this.#process.on("error", (error) => {
        this.#said += error.message;
        resolve();
      });
    });
    this.#process.stdin.on("error", () => {});
  }

  /** @param threads `undefined` for the peer's own default */
  prepare(folder: string, threads: number | undefined): Promise<Prepared> {
    return this.#ask<Prepared>({ command: "prepare", folder, threads });
  }

  /** `samples` times from the first weights; a sample is the time of `calls` calls, in seconds. */
  async run(samples: number, calls: number): Promise<readonly number[]> {
    return (await this.#ask<{ seconds: readonly number[] }>({ command: "run", samples, calls })).seconds;
  }

  /** What the last run computed. */
  async result(folder: string): Promise<Float64Array> {
    const file = join(folder, `result-${this.#process.pid}`);
    await this.#ask({ command: "result", file });
    const bytes = readFileSync(file);
    rmSync(file);
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }

  end(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }

  async #ask<T>(message: object): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) await this.#closed;
    if (done) throw new Error(`it ended: ${lastLine(this.#said)}`);
    const answer = JSON.parse(value);
    if (answer.unsupported !== undefined) throw new UnsupportedError(answer.unsupported);
    if (answer.error !== undefined) throw new Error(answer.error.split("\n")[0]);
    return answer;
  }
}

/** Of a stack trace the line that names the error. */
export function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return (lines.filter((line) => /^\S*(Error|Exception)/.test(line)).at(-1) ?? lines.at(-1) ?? "without a word").trim();
}
