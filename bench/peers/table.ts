import { isRate, type Result } from "../report.js";
import { hasFailed, type Measured, type Row } from "./measured.js";
import { OURS } from "./peers.js";

/** A Markdown table of one case. The last column but one says how many times as much feedforward gets done in the same time. */
export function markdown(name: string, title: string, rows: readonly Row[]): string {
  const ours = rows.find((row): row is Measured => !hasFailed(row) && row.result.implementation === OURS)?.result;
  const unit = rows.find((row): row is Measured => !hasFailed(row))?.result.unit;
  const isSize = unit === "bytes";
  const header = [
    "implementation",
    "precision",
    "threads",
    `median${unit ? `, ${unit}` : ""}`,
    "lowest … highest",
    comparison(isSize),
    "runs",
  ];
  const lines = rows.map((row) => {
    if (hasFailed(row)) return [row.implementation, row.reason.replaceAll("|", "\\|"), "", "", "", "", ""];
    const { result, lowest, highest, precision } = row;
    const spread = `${digits(lowest)} … ${digits(highest)}`;
    const cells = [digits(result.median), spread, ours ? factor(ours, result) : "", String(result.runs)];
    return [result.implementation, precision === undefined ? "" : precision.replace("float", "f"), String(result.threads), ...cells];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`### \`${name}\`: ${title}`, "", line(header), line(["---", "---", ...Array(5).fill("--:")]), ...lines.map(line)].join("\n");
}

const comparison = (isSize: boolean): string => (isSize ? `× ${OURS}'s` : `${OURS} is … × as fast`);

export function factor(ours: Result, other: Result): string {
  const times = isRate(ours.unit) ? ours.median / other.median : other.median / ours.median;
  return times >= 100 ? times.toFixed(0) : times.toPrecision(3);
}

/** Three digits, or all in front of the point. */
function digits(x: number): string {
  return x >= 100 ? Math.round(x).toLocaleString("en") : x.toPrecision(3);
}
