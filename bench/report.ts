import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";

// What `--json` writes: the one form of every benchmark's figures, whatever ran them.

export type TimeUnit = "ns" | "µs" | "ms" | "s";

/** Time of one call, work done per second, or what is downloaded. */
export type Unit = TimeUnit | "samples/s" | "GFLOP/s" | "GB/s" | "bytes";

export const UNITS: readonly Unit[] = ["ns", "µs", "ms", "s", "samples/s", "GFLOP/s", "GB/s", "bytes"];

/** In a unit of work per second more is better. */
export const isRate = (unit: Unit): boolean => unit === "samples/s" || unit === "GFLOP/s" || unit === "GB/s";

/** One row: what was measured of a case in one implementation. */
export interface Result {
  readonly case: string;
  readonly implementation: string;
  readonly threads: number;
  /** Of `median` and `best`. */
  readonly unit: Unit;
  readonly median: number;
  /** The shortest time, the highest rate. */
  readonly best: number;
  /** How many times it was measured, warming up not counted. */
  readonly runs: number;
}

export interface Machine {
  /** The processor's model as the system names it. */
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
}

export interface Report {
  readonly machine: Machine;
  /** The versions of the package and of everything that ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${process.arch}`,
  };
}

export function theseVersions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return { feedforward: version, node: process.versions.node, v8: process.versions.v8 };
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(checked(report), null, 2)}\n`);
}

/** @throws TypeError if the file does not hold a report, naming what is wrong with it */
export function readReport(file: string): Report {
  return checked(JSON.parse(readFileSync(file, "utf8")));
}

function checked(report: Report): Report {
  exactly("report", report, { machine: isObject, versions: isObject, results: Array.isArray });
  exactly("machine", report.machine, { cpu: isText, cores: isCount, memoryBytes: isCount, system: isText });
  for (const [name, version] of Object.entries(report.versions)) expect(`versions.${name}`, isText(version));
  expect("results", report.results.length > 0);
  report.results.forEach((result, i) => {
    const isUnit = (value: unknown) => UNITS.includes(value as Unit);
    exactly(`results[${i}]`, result, {
      case: isText,
      implementation: isText,
      threads: isCount,
      unit: isUnit,
      median: isPositive,
      best: isPositive,
      runs: isCount,
    });
    expect(`results[${i}].best`, isRate(result.unit) ? result.best >= result.median : result.best <= result.median);
  });
  return report;
}

/** Expects these keys, no others, each with a value that its check accepts. */
function exactly(name: string, value: object, checks: Record<string, (value: unknown) => boolean>): void {
  expect(name, isObject(value) && Object.keys(value).every((key) => Object.hasOwn(checks, key)));
  for (const [key, check] of Object.entries(checks)) expect(`${name}.${key}`, check((value as Record<string, unknown>)[key]));
}

function expect(name: string, holds: boolean): void {
  if (!holds) throw new TypeError(`not a benchmark report: ${name} is not as it must be`);
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isPositive = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
