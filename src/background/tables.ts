import type { Table } from "../rows.js";
import type { Run } from "../training.js";

/** The run with other tables in place of its own. */
export function withTables(run: Run, other: (table: Table) => Table): Run {
  const rows = ({ x, t }: Pick<Run, "x" | "t">) => ({ x: other(x), t: { ...t, table: other(t.table) } });
  return { ...run, ...rows(run), validation: run.validation && rows(run.validation), weights: run.weights && other(run.weights) };
}

/** The run as far as nothing but its rows is concerned: there is room for them, but they are still to come. */
export function withoutRows(run: Run): Run {
  const none = (table: Table): Table => ({ ...table, rows: 0, values: new Float64Array(0) });
  const { weights, classWeights, rows, validationRows } = run;
  // That the weights of all rows are there, so none of them is made 1.
  const room = weights || classWeights ? { ...none(run.x), rows: rows + validationRows } : undefined;
  return { ...withTables(run, none), weights: room, classWeights: undefined };
}
