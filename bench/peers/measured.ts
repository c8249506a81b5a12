import { medianOf } from "../measure.js";
import { isRate, type Result, type Unit } from "../report.js";
import type { Precision } from "./cases.js";

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
  /** `"could not run: …"` and the like. */
  readonly reason: string;
}

export const hasFailed = (row: Row): row is Failed => "reason" in row;

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
