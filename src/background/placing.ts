import { Header } from "../abi.js";
import type { Block } from "../block.js";
import type { Plan } from "../options/network.js";
import type { Table } from "../rows.js";
import { classesOf, place, type Targets } from "../samples.js";
import type { Run } from "../training.js";
import { isAwaited, type Parcel } from "./parcels.js";
import { Pieces } from "./pieces.js";
import { type Part, partsOf, rowsOf, withoutRows } from "./tables.js";
import { reworded } from "./wording.js";

/** Who rows are placed for. */
export interface Sender {
  /** Lets other events in, and says whether to go on. */
  pause(): Promise<boolean>;
  /** Rows that are yet to come, or nothing where they are not to be waited for any more. Absent where there never are such. */
  arrival?(): Promise<Parcel | undefined>;
}

/**
 * As `placeRun`, which is given, but rows are placed in pieces of about `milliseconds`, or as they come. Answers whether all were; until then the run must not begin.
 */
export async function placeInPieces(
  placeRun: (block: Block, plan: Plan, run: Run) => void,
  block: Block,
  plan: Plan,
  run: Run,
  milliseconds: number,
  { pause, arrival }: Sender,
): Promise<boolean> {
  const pieces = new Pieces(block.core.memory, milliseconds);
  placeRun(block, plan, withoutRows(run));
  for (const [part, tables] of Object.entries(partsOf(run)) as [Part, readonly Table[]][]) {
    const { rows } = tables[0] as Table;
    if (arrival && isAwaited(tables)) {
      for (let row = 0; row < rows; ) {
        const parcel = await arrival();
        if (!parcel) return false;
        placePart(block, plan, run, part, parcel.first, parcel.tables);
        row = parcel.first + (parcel.tables[0] as Table).rows;
      }
    } else {
      pieces.inPieces(rows, (from, to) => {
        const some = tables.map((table) => rowsOf(table, from, to));
        placePart(block, plan, run, part, from, some);
      });
    }
  }
  const { weights, classWeights, validationRows } = run;
  const all = run.rows + validationRows;
  const weighed = weights?.rows ?? 0;
  if (weights || classWeights) {
    pieces.inPieces(all - weighed, (from, to) => block.view(Header.SampleWeights, all).fill(1, weighed + from, weighed + to));
  }
  if (classWeights) weighClasses(block, classesOf(plan), classWeights, run, pieces);
  return pieces.rest(pause);
}

/** Places rows of a part of the run, of which `first` is the first one's place in it. */
function placePart(block: Block, plan: Plan, run: Run, part: Part, first: number, [x, second]: readonly Table[]): void {
  const { rows, validationRows } = run;
  if (part === "weights") {
    block.view(Header.SampleWeights, rows + validationRows).set((x as Table).values, first);
    return;
  }
  const [name, t, before] =
    part === "samples" ? (["targets", run.t, 0] as const) : (["validation.targets", run.validation?.t as Targets, run.x.rows] as const);
  try {
    place(block, plan, name, x as Table, { ...t, table: second as Table }, before + first, true);
  } catch (error) {
    // It knows of no rows but these.
    throw reworded(error, (message) => message.replace(/\[(\d+)\]/, (_, row) => `[${first + Number(row)}]`));
  }
}

/** As src/training.ts does. */
function weighClasses(block: Block, classes: number, weights: "balanced" | readonly number[], { rows, t }: Run, pieces: Pieces): void {
  const width = t.labels ? 1 : block.outputs;
  const all = Array.from({ length: classes }, (_, k) => k);
  /** Multiplies the weights of each class, by what it is to be when its turn has come, and tells how many rows of a piece are of it. */
  const weigh = (weight: (k: number) => number, tell = (_k: number, _members: number) => {}) => {
    for (const k of all) pieces.inPieces(rows, (from, to) => tell(k, weighRows(block, width, from, to, k, weight(k))));
  };
  if (weights !== "balanced") {
    weigh((k) => weights[k] as number);
    return;
  }
  const counts = all.map(() => 0);
  weigh(
    () => 1,
    (k, members) => {
      counts[k] = (counts[k] as number) + members;
    },
  );
  const present = () => counts.filter((members) => members > 0).length;
  weigh((k) => (counts[k] ? rows / (present() * (counts[k] as number)) : 1));
}

/** The core's `weighClass` for the rows `from` … `to`: the samples begin there meanwhile. */
function weighRows(block: Block, width: number, from: number, to: number, k: number, weight: number): number {
  const { core, base, elementBytes } = block;
  const begin = (rows: number) => {
    block.setUint(Header.SampleTargets, block.uint(Header.SampleTargets) + rows * width * elementBytes);
    block.setUint(Header.SampleWeights, block.uint(Header.SampleWeights) + rows * elementBytes);
  };
  begin(from);
  const members = core.weighClass(base, to - from, k, weight);
  begin(-from);
  return members;
}
