import type { Table } from "../rows.js";
import { otherEvents } from "./events.js";
import type { Errand } from "./messages.js";
import { copyOf, part } from "./plain.js";
import { withTables } from "./tables.js";

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

export const PIECE_BYTES = 2 ** 20;

/** What stands in an errand for numbers that have gone ahead. */
interface Ticket {
  readonly parcel: number;
}

/** Sends what is large of an errand, and answers what is left of it; or nothing once it is not to go on. */
export async function sendAhead(errand: Errand, send: (piece: Piece) => void, goesOn: () => boolean): Promise<Errand | undefined> {
  const large: Table["values"][] = [];
  const rest = withTablesOf(errand, (table) => {
    const { values } = table;
    if (values.byteLength <= PIECE_BYTES) return table;
    const ticket: Ticket = { parcel: large.push(values) - 1 };
    return { ...table, values: ticket as unknown as Table["values"] };
  });
  for (const [parcel, values] of large.entries()) {
    const { length } = values;
    const step = PIECE_BYTES / values.BYTES_PER_ELEMENT;
    for (let at = 0; at < length; at += step) {
      send({ parcel, length, at, values: copyOf(part(values, at, Math.min(at + step, length))) });
      await otherEvents();
      if (!goesOn()) return undefined;
    }
  }
  return rest;
}

/** Collects the pieces of an errand that is to come. */
export class Parcels {
  readonly #parcels: Table["values"][] = [];

  accept({ parcel, length, at, values }: Piece): void {
    const Numbers = values.constructor as new (length: number) => Table["values"];
    if (at === 0) this.#parcels[parcel] = new Numbers(length);
    (this.#parcels[parcel] as Float64Array).set(values as Float64Array, at);
  }

  /** What has come is not to be used: its errand will not follow. */
  drop(): void {
    this.#parcels.length = 0;
  }

  /** The errand with all that has come ahead, which is given away. */
  open(errand: Errand): Errand {
    const parcels = this.#parcels.splice(0);
    return withTablesOf(errand, (table) => {
      const values = parcels[(table.values as unknown as Partial<Ticket>).parcel ?? -1];
      return values ? { ...table, values } : table;
    });
  }
}

/** The errand with other tables in place of its own. What comes batch by batch has none. */
function withTablesOf(errand: Errand, other: (table: Table) => Table): Errand {
  if (errand.type === "stream") return errand;
  if (errand.type === "think") return { ...errand, setup: { ...errand.setup, x: other(errand.setup.x) } };
  return { ...errand, setup: { ...errand.setup, run: withTables(errand.setup.run, other) } };
}
