import { Initializer, LayerField } from "../abi.js";
import type { Plan } from "../options/network.js";
import type { Table } from "../rows.js";
import type { Run } from "../training.js";
import type { Parts } from "./host.js";
import { PARCEL_BYTES } from "./parcels.js";
import { copyInPieces, plainTable } from "./plain.js";
import { withTables } from "./tables.js";

// Plans and runs as they can be sent to a worker: without functions, and each number's array one of the language's own.

/** With the core as it is compiled, and without first weights: those of the network take their place. */
export function portablePlan(plan: Plan, [, compiled]: Parts): Plan {
  const layers = plan.layers.map((layer) => ({
    ...layer,
    values: undefined,
    uints: { ...layer.uints, [LayerField.Initializer]: Initializer.Zeros, [LayerField.BiasInitializer]: Initializer.Zeros },
  }));
  return { ...plan, core: compiled(plan.core), layers };
}

/** That there are functions is all that a session needs to know of them. */
export function portableRun(run: Run): Run {
  const { onEpoch, onStep } = run.options;
  const said = (given: unknown) => (given === undefined ? undefined : (true as never));
  const options = {
    ...run.options,
    onEpoch: said(onEpoch),
    onStep: said(onStep),
    validation: undefined,
    sampleWeights: undefined,
    classWeights: undefined,
  };
  return { ...withTables(run, (table) => plainTable(table, PARCEL_BYTES)), options };
}

/** A batch that can be handed over: the source may use its arrays for the next one. */
export async function ownRun(run: Run): Promise<Run> {
  const copies = new Map<Table, Table>();
  const { x, t, weights } = run;
  for (const table of [x, t.table, weights]) {
    if (table) copies.set(table, { ...table, values: await copyInPieces(table.values, PARCEL_BYTES) });
  }
  return portableRun(withTables(run, (table) => copies.get(table) as Table));
}
