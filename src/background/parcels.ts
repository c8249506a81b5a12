import type { Table } from "../rows.js";
import type { Errand } from "./messages.js";
import { copyOf } from "./plain.js";
import { hollow, isHollow, type Part, partsOf, rowsOf, withTables } from "./tables.js";

// A message is copied while its sender waits, some 0.5 ms a megabyte. So many rows follow their errand in parcels, between which other events have their turn, and are placed as they
// come: who is sent them never holds them twice, nor has to give so much memory back at once, for which the system lets every thread of the process wait.

/** Some rows of a part of the errand's data, whose errand has gone before. */
export interface Parcel {
  readonly part: Part;
  /** The first one's place in it. */
  readonly first: number;
  /** The part's tables, of these rows alone. */
  readonly tables: readonly Table[];
}

export const PARCEL_BYTES = 2 ** 20;

type WithRows = Exclude<Errand, { type: "stream" }>;

/** The errand as it is to be sent, and the parcels that are to follow, each made when it is asked for. */
export function packed(errand: Errand): { readonly errand: Errand; readonly parcels: Iterable<Parcel> } {
  if (errand.type === "stream") return { errand, parcels: [] };
  const parts = errand.type === "train" ? partsOf(errand.setup.run) : { samples: [errand.setup.x] };
  const bytes = Object.values(parts)
    .flat()
    .reduce((sum, { values }) => sum + values.byteLength, 0);
  return bytes <= PARCEL_BYTES ? { errand, parcels: [] } : { errand: hollowErrand(errand), parcels: parcelsOf(parts) };
}

function hollowErrand(errand: WithRows): Errand {
  if (errand.type === "think") return { ...errand, setup: { ...errand.setup, x: hollow(errand.setup.x) } };
  return { ...errand, setup: { ...errand.setup, run: withTables(errand.setup.run, hollow) } };
}

function* parcelsOf(parts: ReturnType<typeof partsOf>): Generator<Parcel> {
  for (const [part, tables] of Object.entries(parts) as [Part, readonly Table[]][]) {
    const rows = tables[0]?.rows ?? 0;
    const bytes = tables.reduce((sum, { values }) => sum + values.byteLength, 0);
    const step = Math.max(1, Math.floor((PARCEL_BYTES * rows) / bytes));
    for (let first = 0; first < rows; first += step) {
      const some = tables.map((table) => rowsOf(table, first, Math.min(first + step, rows)));
      yield { part, first, tables: some.map((table) => ({ ...table, values: copyOf(table.values) })) };
    }
  }
}

/** Whether the rows of a part are yet to come. */
export function isAwaited(tables: readonly Table[]): boolean {
  return tables.some(isHollow);
}

/** The parcels that have come and that nobody has opened. */
export class Arrivals {
  #parcels: Parcel[] = [];
  #take: ((parcel: Parcel | undefined) => void) | undefined;

  accept(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.#hand();
  }

  /** The next one; nothing once no more are wanted. */
  next(): Promise<Parcel | undefined> {
    return new Promise((resolve) => {
      this.#take = resolve;
      this.#hand();
    });
  }

  /** What has come belongs to an errand that is over, and nobody is to wait for more. */
  drop(): void {
    this.#parcels = [];
    this.#take?.(undefined);
    this.#take = undefined;
  }

  #hand(): void {
    const take = this.#take;
    if (!take || this.#parcels.length === 0) return;
    this.#take = undefined;
    take(this.#parcels.shift());
  }
}
