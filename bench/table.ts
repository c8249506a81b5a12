import type { Machine, Result } from "./report.js";

/** What all others are compared with. */
const OURS = "feedforward";

export function describeMachine(machine: Machine, versions: Readonly<Record<string, string>>): string {
  const cores = `${machine.cores} ${machine.cores === 1 ? "core" : "cores"}`;
  const gibibytes = Math.round(machine.memoryBytes / 2 ** 30);
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${machine.cpu}, ${cores}, ${gibibytes} GiB, ${machine.system}\n${names.join(", ")}`;
}

/** The results of one case, with the median of each as a multiple of this library's on one thread. */
export function table(title: string, results: readonly Result[]): string {
  const ours = results.find(({ implementation, threads }) => implementation === OURS && threads === 1);
  const header = ["", "threads", "median", "best", `× ${OURS}`, "runs"];
  const rows = results.map(({ implementation, threads, unit, median, best, runs }) => [
    implementation,
    String(threads),
    `${digits(median)} ${unit}`,
    `${digits(best)} ${unit}`,
    ours ? (median / ours.median).toFixed(2) : "",
    String(runs),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => (row[column] as string).length)));
  const lines = [header, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join("  "),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Three digits, or all in front of the point. */
export function digits(x: number): string {
  return x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}
