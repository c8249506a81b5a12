import { Status } from "./abi.js";
import type { Block } from "./block.js";
import { wrongKind, wrongValue } from "./errors.js";

/** All of a network that outlives a call, in bytes of its own. May grow the block's memory. */
export function takeSnapshot(block: Block): Uint8Array {
  const { core, base } = block;
  const bytes = core.snapshot(base, 0) >>> 0;
  const at = block.roomBehind(bytes, 0);
  core.snapshot(base, at);
  return new Uint8Array(core.memory.buffer, at, bytes).slice();
}

/** Puts a snapshot back. Throws before anything has changed. May grow the block's memory. */
export function restoreSnapshot(block: Block, given: unknown): void {
  if (!(given instanceof Uint8Array)) throw wrongKind("snapshot", "a Uint8Array", given);
  // A copy, which nobody can change, and which no growth takes away.
  const bytes = new Uint8Array(given);
  let needed = 0;
  do {
    const at = block.roomBehind(bytes.length, needed);
    new Uint8Array(block.core.memory.buffer, at).set(bytes);
    needed = block.core.restore(block.base, at, bytes.length);
  } while (needed > 0);
  if (needed < 0) throw wrongValue("snapshot", REFUSALS[-needed - Status.NoSnapshot] as string);
}

/** What was expected, by status. */
const REFUSALS = [
  "bytes that snapshot() has made",
  "one of the same version of the core",
  "all bytes of a snapshot as they were, but some are missing or changed",
  "one of a network that was made with the same options",
  "the state of a network, got numbers that it cannot have",
];
