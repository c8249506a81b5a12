import type { Table } from "../rows.js";
import type { Run } from "../training.js";
import { part } from "./plain.js";

/** The run with other tables in place of its own. */
export function withTables(run: Run, other: (table: Table) => Table): Run {
  const rows = ({ x, t }: Pick<Run, "x" | "t">) => ({ x: other(x), t: { ...t, table: other(t.table) } });
  return { ...run, ...rows(run), validation: run.validation && rows(run.validation), weights: run.weights && other(run.weights) };
}

/** Tables of as many rows, which belong together. */
export type Part = "samples" | "validation" | "weights";

/** The run's tables: inputs and targets, those that validate, the rows' weights. */
export function partsOf({ x, t, validation, weights }: Run): { readonly [part in Part]?: readonly Table[] } {
  return {
    samples: [x, t.table],
    ...(validation && { validation: [validation.x, validation.t.table] }),
    ...(weights && { weights: [weights] }),
  };
}

/** The table's rows `from` … `to`, where they are. */
export function rowsOf(table: Table, from: number, to: number): Table {
  const { rows, values } = table;
  const width = values.length / rows;
  return { ...table, rows: to - from, values: part(values, from * width, to * width) };
}

/** A table whose rows are elsewhere. */
export function hollow(table: Table): Table {
  return { ...table, values: new Float64Array(0) };
}

export function isHollow({ rows, values }: Table): boolean {
  return values.length < rows;
}

/** The run as far as nothing but its rows is concerned: there is room for them, but they are still to come. */
export function withoutRows(run: Run): Run {
  const none = (table: Table): Table => ({ ...table, rows: 0, values: new Float64Array(0) });
  const { weights, classWeights, rows, validationRows } = run;
  // That the weights of all rows are there, so none of them is made 1.
  const room = weights || classWeights ? { ...none(run.x), rows: rows + validationRows } : undefined;
  return { ...withTables(run, none), weights: room, classWeights: undefined };
}
