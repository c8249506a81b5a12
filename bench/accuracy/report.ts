import { medianOf } from "../measure.js";
import type { Report, Result } from "../report.js";
import { digits } from "../table.js";
import type { Configuration } from "./configuration.js";
import type { Contender, Fit } from "./contender.js";
import type { Data, Subject } from "./subject.js";

/** A row of the form that all benchmarks share, and what was learned; `median` and `best` are the time of one fit. */
export interface AccuracyResult extends Result {
  /** Shares of the test rows. */
  readonly accuracy: { readonly mean: number; readonly min: number; readonly max: number; readonly bySeed: readonly number[] };
}

/** What could not be measured, and why. */
export interface Missing {
  readonly case: string;
  readonly implementation: string;
  readonly reason: string;
}

export interface AccuracyReport extends Report {
  /** By case. */
  readonly configurations: Readonly<Record<string, Configuration & { readonly trainRows: number; readonly testRows: number }>>;
  readonly results: readonly AccuracyResult[];
  readonly missing: readonly Missing[];
}

/** As the report names a subject, whose figures may stand beside those of other benchmarks. */
export const caseOf = ({ name }: Subject): string => `accuracy-${name}`;

/** The row of a contender from its fits, one for each seed. */
export function resultOf(subject: Subject, { implementation, threads }: Contender, fits: readonly Fit[], testRows: number): AccuracyResult {
  const bySeed = fits.map(({ correct }) => correct / testRows);
  const times = fits.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return {
    case: caseOf(subject),
    implementation,
    threads,
    unit: "ms",
    median: medianOf(times),
    best: times[0] as number,
    runs: fits.length,
    accuracy: {
      mean: fits.reduce((sum, { correct }) => sum + correct, 0) / (fits.length * testRows),
      min: Math.min(...bySeed),
      max: Math.max(...bySeed),
      bySeed,
    },
  };
}

/** What was measured of a subject, as Markdown. */
export function markdown(
  { title, configuration }: Subject,
  { train, test }: Data,
  results: readonly AccuracyResult[],
  missing: readonly Missing[],
): string {
  const { inputs, hidden, classes, activation, optimizer, learningRate, batchSize, epochs, seeds, precision } = configuration;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const rows = results.map(({ implementation, threads, median, unit, accuracy: { mean, min, max } }) => [
    implementation,
    ...[mean, min, max].map(percent),
    `${digits(median)} ${unit}`,
    String(threads),
  ]);
  const gaps = missing.map(({ implementation, reason }) => [implementation, `not measured: ${reason}`, "", "", "", ""]);
  const header = ["", "test accuracy, mean", "min", "max", "a fit, median", "threads"];
  const count = (n: number, what: string) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
  const parts = [
    `${title}: ${count(train.labels.length, "row")} to learn from, ${count(test.labels.length, "test row")}`,
    `${inputs}-${hidden}-${classes}`,
    activation,
    `${optimizer} ${learningRate}`,
    `batch ${batchSize}`,
    count(epochs, "epoch"),
    count(seeds.length, "seed"),
    precision,
  ];
  const lines = [header, header.map((_, column) => (column === 0 ? "---" : "---:")), ...rows, ...gaps];
  return [parts.join(", "), "", ...lines.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}
