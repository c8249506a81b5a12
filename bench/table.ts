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
  return aligned(title, [header, ...rows]);
}

/** The results of section "limit", each with its median's share of the peak for its element type, if that was measured too. */
export function limitTable(title: string, results: readonly Result[]): string {
  const header = ["", "median", "best", "of the peak", "runs"];
  const rows = results.map(({ case: name, unit, median, best, runs }) => {
    const peak = results.find((result) => result.case === `peak-${name.split("-").at(-1)}`);
    const share = peak ? `${Math.round((100 * median) / peak.median)} %` : "";
    return [name, `${digits(median)} ${unit}`, `${digits(best)} ${unit}`, share, String(runs)];
  });
  return aligned(title, [header, ...rows]);
}

/** Lines of cells, the first of each on the left, the others on the right of their column. */
function aligned(title: string, lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => (cells[column] as string).length)));
  const text = lines.map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join("  "),
  );
  return [title, ...text.map((line) => `  ${line}`)].join("\n");
}

/** Three digits, or all in front of the point. */
export function digits(x: number): string {
  return x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}
