import { METRICS, type MetricName } from "./options/training.js";
import type { History } from "./training.js";

/** Lists of numbers, equally long, by their names in model files. An epoch whose run did not measure something has NaN there. */
export type Columns = { epoch?: number[]; [name: string]: number[] | undefined };

/** Before the names of metrics of validation rows. */
const VALIDATION = "validation.";

/** The names that columns may have. */
export const COLUMNS: readonly string[] = [
  "epoch",
  "loss",
  "learningRate",
  "validationLoss",
  ...Object.keys(METRICS),
  ...Object.keys(METRICS).map((name) => VALIDATION + name),
];

/** How the network's earlier runs and another went. */
export function joined(past: Columns, run: History | undefined): Columns {
  const all: Columns = {};
  for (const name in past) all[name] = past[name]?.slice();
  if (run) append(all, run);
  return all;
}

/** Puts a run's lists behind those of earlier ones. */
export function append(past: Columns, { metrics, validationMetrics, ...run }: History): void {
  const before = past.epoch?.length ?? 0;
  const after = before + run.epoch.length;
  const lists: Record<string, unknown> = { ...run, ...metrics };
  for (const name in validationMetrics) lists[VALIDATION + name] = validationMetrics[name as MetricName];
  for (const name of COLUMNS) {
    const list = (lists[name] ?? []) as readonly number[];
    if (!past[name] && list.length === 0) continue;
    past[name] ??= [];
    const column = past[name];
    while (column.length < before) column.push(Number.NaN);
    for (const x of list) column.push(x);
    while (column.length < after) column.push(Number.NaN);
  }
}

/** Forgets what is behind an epoch. */
export function forget(past: Columns, epoch: number): void {
  const kept = past.epoch?.filter((each) => each <= epoch).length ?? 0;
  for (const name in past) (past[name] as number[]).length = kept;
}

/** The history that columns hold. */
export function historyOf(columns: Columns): History {
  const list = (name: string) => columns[name] ?? [];
  const metrics = (before: string) =>
    Object.fromEntries(
      Object.keys(METRICS)
        .filter((name) => columns[before + name])
        .map((name) => [name, list(before + name)]),
    );
  return {
    epoch: list("epoch"),
    loss: list("loss"),
    validationLoss: list("validationLoss"),
    learningRate: list("learningRate"),
    metrics: metrics(""),
    validationMetrics: metrics(VALIDATION),
  };
}
