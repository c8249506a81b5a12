import { Header } from "../abi.js";
import type { Block, Elements } from "../block.js";
import type { Plan } from "../options/network.js";
import type { Table } from "../rows.js";
import { inputShape } from "../samples.js";
import { wishFor } from "./capabilities.js";
import { otherEvents } from "./events.js";
import { here, type Parts, received } from "./host.js";
import { readThinkOptions } from "./options.js";
import { PARCEL_BYTES } from "./parcels.js";
import { Pieces, SLICE } from "./pieces.js";
import { type Listener, placeFor, soonPlaced } from "./places.js";
import { plainTable } from "./plain.js";
import { portablePlan } from "./portable.js";
import { Stop } from "./stop.js";
import { MOST_AT_ONCE, type ThinkSetup, thinkSession } from "./thinking.js";

/** Hears of a session that says nothing before its end. */
const NOBODY: Listener = {
  known: () => undefined,
  isWanted: () => true,
  progress() {},
  call: async () => undefined,
  next: async () => undefined,
};

/** The network's outputs for rows, in their form. `state` is the network's image, taken when it was asked. */
export async function thinkAsync(
  parts: Parts,
  plan: Plan,
  block: Block,
  state: Uint8Array<ArrayBuffer>,
  inputs: unknown,
  given: unknown,
): Promise<unknown> {
  const [, , , , , , readTable] = parts;
  const { signal, worker, threads } = readThinkOptions(given);
  const pieces = new Pieces(block.core.memory, SLICE);
  const x = readTable(inputs, inputShape("inputs", plan), pieces);
  const parameters = block.uint(Header.ParameterCount);
  const { outputs: width } = block;
  const { rows } = x;
  const stop = new Stop(signal);
  const pause = async () => {
    await otherEvents();
    return !stop.isAsked;
  };
  try {
    if (!(await pieces.rest(pause))) throw stop.reason;
    const setup: ThinkSetup = { plan: portablePlan(plan, parts), state: [state], x: plainTable(x, PARCEL_BYTES) };
    // Of these a thread has more to do: no row waits for another.
    const wish = () => wishFor({ threads, ownCore: plan.core !== undefined, parameters, rowsAtOnce: Math.min(rows, MOST_AT_ONCE), rows });
    const place = await soonPlaced(placeFor(worker, wish), stop);
    const { outputs, error } = place.converse
      ? await place.converse({ type: "think", setup }, NOBODY, stop)
      : await here(parts, plan, rows * parameters, ({ blockFor }) => thinkSession(blockFor, setup, { pause }, SLICE));
    if (error !== undefined) throw received(parts, error);
    if (!outputs) throw stop.reason;
    return await formed(parts, outputs, width, x.form);
  } finally {
    stop.over();
  }
}

/** Outputs of one's own in the form of the inputs that they answer. */
async function formed([, , , , , , , inForm]: Parts, outputs: Elements, width: number, form: Table["form"]): Promise<unknown> {
  if (form === "row") return Array.from(outputs);
  if (form === "typed row" || form === "flat") return outputs;
  const all: unknown[] = [];
  const pieces = new Pieces(outputs, SLICE);
  pieces.inPieces(outputs.length / width, (from, to) => {
    for (const row of inForm(outputs.subarray(from * width, to * width), width, form)) all.push(row);
  });
  await pieces.rest(async () => {
    await otherEvents();
    return true;
  });
  return all;
}
