import { Header, Status } from "../abi.js";
import type { Plan } from "../options/network.js";
import type { Table } from "../rows.js";
import { type Image, putImageInPieces } from "./image.js";
import { isAwaited } from "./parcels.js";
import type { Sender } from "./placing.js";
import type { Outcome, Tools } from "./session.js";

/** What a session begins with that answers for rows; it can be sent to a worker. */
export interface ThinkSetup {
  readonly plan: Plan;
  readonly state: Image;
  readonly x: Table;
}

/** So many rows, at most, are placed at a time: no memory has to hold all of them again. */
const MOST_PLACED = 4096;

/** So many rows times parameters, at most, are the first piece: some milliseconds. */
const FIRST_WORK = 2e7;

/** So many pass through the layers at once, as assembly/layout.ts has it. */
export const MOST_AT_ONCE = 256;

/** The outputs for all rows, in pieces of about `milliseconds`. Without them where it was stopped. */
export async function thinkSession(
  blockFor: Tools["blockFor"],
  { plan, state, x }: ThinkSetup,
  { pause, arrival }: Sender,
  milliseconds: number,
): Promise<Outcome> {
  const block = blockFor(plan);
  await putImageInPieces(block, state);
  const { inputs, outputs: width } = block;
  const outputs = new (block.elementBytes === 8 ? Float64Array : Float32Array)(x.rows * width);
  let atOnce = Math.max(1, Math.min(16, Math.floor(FIRST_WORK / block.uint(Header.ParameterCount))));
  /** Answers for rows of which `first` is the first, and says whether it came to that. */
  const answer = async ({ rows, values }: Table, first: number): Promise<boolean> => {
    for (let row = 0; row < rows; ) {
      if (!(await pause())) return false;
      const count = Math.min(atOnce, rows - row);
      block.ensure({ [Header.SampleCapacity]: count });
      const start = performance.now();
      block.view(Header.SampleInputs, count * inputs).set(values.subarray(row * inputs, (row + count) * inputs));
      while (block.core.think(block.base, count) === Status.Cut) if (!(await pause())) return false;
      outputs.set(block.view(Header.SampleTargets, count * width), (first + row) * width);
      if (performance.now() - start < milliseconds / 2) atOnce = Math.min(atOnce * 2, MOST_PLACED);
      row += count;
    }
    return true;
  };
  if (!arrival || !isAwaited([x])) return (await answer(x, 0)) ? { outputs } : {};
  for (let row = 0; row < x.rows; ) {
    const parcel = await arrival();
    const table = parcel?.tables[0];
    if (!table || !(await answer(table, row))) return {};
    row += table.rows;
  }
  return { outputs };
}
