import { medianOf } from "../measure.js";
import { isRate, type Result, type Unit } from "../report.js";
import { type Precision, samplesOf, type WorkerCase } from "./cases.js";
import { DifferentResultError, UnsupportedError } from "./errors.js";
import type { Prepared } from "./worker.js";

/** One row of a table: a result with its spread, or why there is none. */
export type Row = Measured | Failed;

export interface Measured {
  readonly result: Result;
  /** The smallest and the largest of all runs. */
  readonly lowest: number;
  readonly highest: number;
  readonly precision: Precision | undefined;
}

export interface Failed {
  readonly implementation: string;
  readonly reason: string;
}

/** Everything that was measured of a case, and the versions of those that ran. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly versions: Readonly<Record<string, string>>;
}

export const hasFailed = (row: Row): row is Failed => "reason" in row;

/** @param values in the case's unit */
export function measured(
  of: { readonly name: string; readonly unit: Unit },
  implementation: string,
  threads: number,
  values: readonly number[],
  precision?: Precision,
): Measured {
  const sorted = [...values].sort((a, b) => a - b);
  const lowest = sorted[0] as number;
  const highest = sorted.at(-1) as number;
  const best = isRate(of.unit) ? highest : lowest;
  const result = { case: of.name, implementation, threads, unit: of.unit, median: medianOf(sorted), best, runs: sorted.length };
  return { result, lowest, highest, precision };
}

/** The row of a worker, from the seconds of each run. */
export function measuredSeconds(subject: WorkerCase, implementation: string, prepared: Prepared, seconds: readonly number[]): Measured {
  const values = seconds.map((s) => inUnit(subject.unit, s, samplesOf(subject)));
  return measured(subject, implementation, prepared.threads, values, prepared.precision);
}

function inUnit(unit: Unit, seconds: number, samples: number): number {
  if (unit === "samples/s") return samples / seconds;
  return seconds * (unit === "ms" ? 1e3 : 1e6);
}

export function failed(implementation: string, error: unknown): Failed {
  let kind = "could not run";
  if (error instanceof UnsupportedError) kind = "not comparable";
  if (error instanceof DifferentResultError) kind = "computes something else";
  return { implementation, reason: `${kind}: ${(error as Error).message.split("\n")[0]}` };
}
