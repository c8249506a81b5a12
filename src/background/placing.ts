import { Header } from "../abi.js";
import type { Block } from "../block.js";
import type { Plan } from "../options/network.js";
import type { Table } from "../rows.js";
import { classesOf, place, type Targets } from "../samples.js";
import type { Run } from "../training.js";
import type { Pieces } from "./pieces.js";
import { withoutRows } from "./tables.js";
import { reworded } from "./wording.js";

/** As `placeRun`, which is given, but rows are placed in pieces. Until the last one is, the run must not begin. */
export function placeInPieces(
  placeRun: (block: Block, plan: Plan, run: Run) => void,
  block: Block,
  plan: Plan,
  run: Run,
  pieces: Pieces,
): void {
  placeRun(block, plan, withoutRows(run));
  const { x, t, validation, weights, classWeights, rows, validationRows } = run;
  const placeTable = (name: string, x: Table, t: Targets, first: number) => {
    const width = t.labels ? 1 : block.outputs;
    pieces.inPieces(x.rows, (from, to) => {
      const table = part(t.table, width, from, to);
      try {
        place(block, plan, name, part(x, block.inputs, from, to), { ...t, table }, first + from, true);
      } catch (error) {
        // It knows of no rows but these.
        throw reworded(error, (message) => message.replace(/\[(\d+)\]/, (_, row) => `[${from + Number(row)}]`));
      }
    });
  };
  placeTable("targets", x, t, 0);
  if (validation) placeTable("validation.targets", validation.x, validation.t, x.rows);
  if (weights || classWeights) {
    const view = block.view(Header.SampleWeights, rows + validationRows);
    pieces.inPieces(view.length, (from, to) => {
      view.fill(1, from, to);
      if (weights) view.set(weights.values.subarray(from, to), from);
    });
  }
  if (classWeights) weighClasses(block, classesOf(plan), classWeights, rows, pieces);
}

/** As src/training.ts does. */
function weighClasses({ core, base }: Block, classes: number, weights: "balanced" | readonly number[], rows: number, pieces: Pieces): void {
  const members: number[] = [];
  const weigh = (weight: (k: number) => number) =>
    pieces.inPieces(classes, (from, to) => {
      for (let k = from; k < to; k++) members[k] = core.weighClass(base, rows, k, weight(k));
    });
  if (weights === "balanced") {
    weigh(() => 1);
    const present = () => members.filter((count) => count > 0).length;
    weigh((k) => (members[k] ? rows / (present() * members[k]) : 1));
  } else weigh((k) => weights[k] as number);
}

function part(table: Table, width: number, from: number, to: number): Table {
  return { ...table, rows: to - from, values: table.values.subarray(from * width, to * width) };
}
