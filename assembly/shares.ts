// How a team divides its work (teamwork.ts): into a share for each thread, and that into parts. Which thread does which has no influence on the bits.

import { blockBytes } from "./kernels/product";

/** Rows, or rows of weights, of which a share is a multiple: those of a tile. The bytes of so many rows are whole vectors, so no loop over one share writes into another. */
export const SHARE_ROWS: u32 = 4;

/** Parameters, or units, of which a share is a multiple: a cache line of f32. */
export const SHARE_PARAMETERS: u32 = 16;

/** Where share `part` of `parts` of `count` begins, in multiples of `unit`. */
export function shareStart(count: u32, part: u32, parts: u32, unit: u32): u32 {
  const units = (count + unit - 1) / unit;
  return min(count, ((((units as u64) * (part as u64)) / (parts as u64)) as u32) * unit);
}

/** Columns of so many bytes or more are shared. */
const SHARED_FROM_ROW_BYTES: u32 = 4096;

/**
 * Whether a product with so many columns is shared by them: then each thread packs its own part of the weights, and not all of them for its part of the rows. Two threads, f32, batches
 * of 256, time by columns to time by rows, lower quartiles of 13 runs in turns: 784-512-512-10 1.10, 784-1024-1024-10 0.90, 784-2048-2048-10 0.89; of 32, 784-1024-1024-10 1.09, of 8 0.96.
 */
export function isSharedByColumns(columnBytes: u32): bool {
  return columnBytes >= SHARED_FROM_ROW_BYTES;
}

/** Multiplications of which a part is worth being one, some 40 µs: a hundred times what it takes to take one. */
const PART: u64 = 2 ** 19;

/** What a parameter's update costs, in multiplications: it waits for the memory. */
export const UPDATE_COST: u64 = 16;

/** The most parts of a thread's share, but for those that are blocks of columns. */
const MOST_PARTS: u64 = 16;

/** Multiplications for each load of a number that a thread waits: a part is over in half as many loads where nothing disturbs it. */
const WAITING: u64 = 8;

/** The most that a thread waits, 20 ms: by then the other's core has something else to do. */
const MOST_PATIENCE: u64 = 20_000_000;

/**
 * Loads of a number for which a thread with a core to itself waits at least for others, who may have just begun parts of so many multiplications: a virtual machine has to give a core back to one that
 * sleeps. Steps of 784-2048-2048-10 in batches of 256 took 0.965 of the time with 20 ms of patience instead of half a one (two threads, geometric mean of four comparisons in turns). For small parts
 * half a millisecond stays: 784-128-10 in batches of 32 took 1.39 times as long with 20 ms where two processes used the two cores at once (means of 12 runs in turns).
 */
export function patienceWith(multiplications: u64): u32 {
  return min<u64>(MOST_PATIENCE, multiplications / WAITING) as u32;
}

/** Rows that a part has at least if there is more than one. */
export const PART_ROWS: u32 = 16;

/** Parts of each thread's share of work of so many multiplications. */
export function partsEach(threads: u32, multiplications: u64): u32 {
  return max<u64>(1, min<u64>(MOST_PARTS, multiplications / (PART * threads))) as u32;
}

/** The columns of a part of a share of so many, of `columns` in all: a block, so that parts cost no more than the whole; or half the share if that is less, so that threads can help each other. */
function partColumns(share: u32, columns: u32, elementBytes: u32): u32 {
  const half = ((share + 2 * SHARE_PARAMETERS - 1) / (2 * SHARE_PARAMETERS)) * SHARE_PARAMETERS;
  return min(half, (blockBytes(columns * elementBytes) / elementBytes) & ~(SHARE_PARAMETERS - 1));
}

/** Parts of each thread's share of a product's columns. */
export function columnPartsEach(columns: u32, threads: u32, elementBytes: u32): u32 {
  const units = (columns + SHARE_PARAMETERS - 1) / SHARE_PARAMETERS;
  const largest = ((units + threads - 1) / threads) * SHARE_PARAMETERS;
  const part = partColumns(largest, columns, elementBytes);
  return (largest + part - 1) / part;
}

/**
 * Where part `part` begins of columns of which each thread's share has `each` parts, the last of them empty if it needs fewer. Less than half a part is none of its own: it and the
 * whole one in front of it are halved, if they can be. So the last part, which is waited for, is often smaller than the others.
 */
export function columnsStart(columns: u32, part: u32, threads: u32, each: u32, elementBytes: u32): u32 {
  const thread = part / each;
  const from = shareStart(columns, thread, threads, SHARE_PARAMETERS);
  const share = shareStart(columns, thread + 1, threads, SHARE_PARAMETERS) - from;
  if (!share) return from;
  const block = partColumns(share, columns, elementBytes);
  const rest = share % block;
  let start = (part % each) * block;
  if (rest && 2 * rest < block && start + rest == share) start -= shareStart(block - rest, 1, 2, SHARE_PARAMETERS);
  return from + min(start, share);
}

/**
 * Parts into which a block of columns of the gradient is cut by rows of weights, so that the last is not waited for as long. 4 gain nothing over 2 where 784-2048-2048-10 learns in batches of 256 on
 * two threads: less is waited then, and more packed.
 */
export const GRADIENT_CUTS: u32 = 2;
