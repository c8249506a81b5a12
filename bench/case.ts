import type { TimeUnit } from "./report.js";

/** What is measured: the same call in several implementations. */
export interface Case {
  /** As `--case` and the report name it. */
  readonly name: string;
  /** One line for the reader of the table. */
  readonly title: string;
  readonly unit: TimeUnit | "GFLOP/s" | "GB/s" | "samples/s";
  /** Makes everything that the calls need, less of it where figures mean nothing. It runs once, and only if the case was chosen. */
  contenders(isQuick: boolean): readonly Contender[];
}

export interface Contender {
  readonly implementation: string;
  readonly threads: number;
  /** Numbers by which it is seen, before anything is timed, that all contenders of a case compute the same. */
  answer(): readonly number[] | Promise<readonly number[]>;
  /** Runs before each sample, outside of the timed part. */
  before?(): void;
  /** The timed part: `calls` calls. */
  run(): unknown;
  /** Whether it answers by a promise, for which the timed part waits. */
  readonly isAsync?: boolean;
  /** Calls in one sample, many where one is too short for the clock. */
  readonly calls: number;
  /** Floating-point operations, bytes, or samples, of one call, where the unit is a rate of them. */
  readonly operations?: number;
}
