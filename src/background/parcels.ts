import type { Table } from "../rows.js";
import type { Run } from "../training.js";
import { otherEvents } from "./events.js";
import type { Errand } from "./messages.js";

// A message is copied while its sender waits, some 0.5 ms a megabyte. So what is large goes ahead of its errand in pieces, between which other events have their turn.

/** A piece of a table's numbers. */
export interface Piece {
  /** Tells tables apart, within an errand. */
  readonly parcel: number;
  /** How many numbers the table has. */
  readonly length: number;
  /** Where these stand in it. */
  readonly at: number;
  readonly values: Table["values"];
}

const PIECE_BYTES = 2 ** 20;

/** What stands in an errand for numbers that have gone ahead. */
interface Ticket {
  readonly parcel: number;
}

/** Sends what is large of an errand, and answers what is left of it. */
export async function sendAhead(errand: Errand, send: (piece: Piece) => void): Promise<Errand> {
  const large: Table["values"][] = [];
  const rest = withTables(errand, (table) => {
    const { values } = table;
    if (values.byteLength <= PIECE_BYTES) return table;
    const ticket: Ticket = { parcel: large.push(values) - 1 };
    return { ...table, values: ticket as unknown as Table["values"] };
  });
  for (const [parcel, values] of large.entries()) {
    const { length } = values;
    const step = PIECE_BYTES / values.BYTES_PER_ELEMENT;
    for (let at = 0; at < length; at += step) {
      send({ parcel, length, at, values: values.slice(at, at + step) });
      await otherEvents();
    }
  }
  return rest;
}

/** Collects the pieces of an errand that is to come. */
export class Parcels {
  readonly #parcels: Table["values"][] = [];

  accept({ parcel, length, at, values }: Piece): void {
    const Numbers = values.constructor as new (length: number) => Table["values"];
    this.#parcels[parcel] ??= new Numbers(length);
    (this.#parcels[parcel] as Float64Array).set(values as Float64Array, at);
  }

  /** The errand with all that has come ahead, which is given away. */
  open(errand: Errand): Errand {
    const parcels = this.#parcels.splice(0);
    return withTables(errand, (table) => {
      const values = parcels[(table.values as unknown as Partial<Ticket>).parcel ?? -1];
      return values ? { ...table, values } : table;
    });
  }
}

/** The errand with other tables in place of its own. What comes batch by batch has none. */
function withTables(errand: Errand, other: (table: Table) => Table): Errand {
  if (errand.type === "stream") return errand;
  if (errand.type === "think") return { ...errand, setup: { ...errand.setup, x: other(errand.setup.x) } };
  const { run } = errand.setup;
  const rows = ({ x, t }: Pick<Run, "x" | "t">) => ({ x: other(x), t: { ...t, table: other(t.table) } });
  const all: Run = {
    ...run,
    ...rows(run),
    validation: run.validation && rows(run.validation),
    weights: run.weights && other(run.weights),
  };
  return { ...errand, setup: { ...errand.setup, run: all } };
}
