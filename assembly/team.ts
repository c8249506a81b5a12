// The build with threads: several threads over one memory make each step of a network together. `owner computes`: the rows of a chunk are passed by the threads that
// own them, then each parameter's gradient is summed over all rows, in their order, by the thread that owns it, which updates it too. Nothing is reduced between
// threads but a maximum, so the bits are those of one thread. No other build has any of this: `ASC_FEATURE_THREADS` is decided when it is compiled.
//
// Thread 0 leads: it calls `train` and `think` as in the other builds, and these call `together` for each piece of work. The others are in `assist`.

import { Abi, Header, Normalization } from "../src/abi";
import { parameterGradient } from "./gradient";
import { panelBytes } from "./kernels/product";
import { Network } from "./layout";
import { normalizeBatch, normalizeColumnsBackward } from "./normalization";
import { lossOfPassed, Purpose, passRows } from "./objective";
import { updateRange } from "./update";

const enum Work {
  Rows,
  Columns,
  Gradient,
  Update,
}

/** Loads of the generation before a thread lets the operating system take its core: some 20 µs, longer than what the leader does between two pieces of work. */
const SPINS: i32 = 20000;

/** So long a thread sleeps before it looks again whether the team is still whole: 0.1 s. */
const NAP: i64 = 100_000_000;

/** Rows, or rows of weights, of which a share is a multiple: those of a tile. The bytes of so many rows are whole vectors, so no loop over one share writes into another. */
export const SHARE_ROWS: u32 = 4;

/** Parameters, or units, of which a share is a multiple: a cache line of f32. */
const SHARE_PARAMETERS: u32 = 16;

/** What stands at the head of a team's memory, which begins with zeros. The host shares the first three numbers. */
@unmanaged
export class Team {
  /** Counts pieces of work, over all runs. Threads sleep on it. */
  generation: u32;
  /** Counts runs: the host counts on when one is over, so that those who assist in it return. */
  run: u32;
  /** The host writes 1 when a thread has died: what is under way cannot end well. */
  broken: u32;
  threads: u32;

  /** What is to be done, and of how many pages the memory is, written before the generation counts. */
  work: Work;
  pages: u32;
  network: usize;
  /** Of all but `Update`: the chunk's first sample, its number of rows, the first one's place in the batch. */
  first: u32;
  rows: u32;
  row: u32;
  purpose: Purpose;
  scale: f64;
  /** Of `Rows`: the part of the way. `Columns` are those of the normalisation at its end. */
  from: u32;
  to: u32;
  /** Of `Gradient`: the chunk's inputs. */
  x: usize;
  /** Parts of the memory that belong to one thread, one after the other. */
  parts: usize;
  partBytes: usize;
}

/** Counts the pieces that threads have done, in a cache line of its own. The leader sleeps on it. */
const ARRIVED: usize = 128;
const HEAD: usize = 192;

/** Of a thread's part: the largest derivative of its share; then what the network looks like to it, then its panel. */
const VIEW: usize = 64;

function viewBytes(layers: u32): usize {
  return ((Header.Bytes + layers * Abi.LayerBytes + 63) & ~63) as usize;
}

function partBytes(layers: u32, widest: u32, elementBytes: u32): usize {
  return VIEW + viewBytes(layers) + (((panelBytes(widest, elementBytes) as usize) + 63) & ~63);
}

/** Bytes that a team of `threads` takes for networks of so many layers whose widest has so many inputs or units. */
export function teamBytes(threads: u32, layers: u32, widest: u32, elementBytes: u32): usize {
  return HEAD + (threads as usize) * partBytes(layers, widest, elementBytes);
}

/**
 * Makes a team of `threads` threads over the memory at `team`, a multiple of 64 in front of the block, work on `network`. The first time its `teamBytes` bytes are zeros.
 * The others may be in `assist` already.
 */
export function formTeam(team: Team, threads: u32, network: Network): void {
  let widest = network.inputs;
  for (let l: u32 = 0; l < network.layerCount; l++) widest = max(widest, network.layer(l).units);
  team.threads = threads;
  team.network = changetype<usize>(network);
  team.parts = changetype<usize>(team) + HEAD;
  team.partBytes = partBytes(network.layerCount, widest, network.elementBytes);
  network.team = changetype<usize>(team) as u32;
}

/** Works as thread `thread`, 1 … threads − 1, of the team until run `run` is over. `generation` is the team's when the run began. */
export function assist(team: Team, thread: u32, run: u32, generation: u32): void {
  const arrived = changetype<usize>(team) + ARRIVED;
  while (isChanged(team, changetype<usize>(team), generation, run)) {
    generation++;
    // The leader may have grown the memory. V8 tells its other threads by an interrupt, which they notice later, and never if they were just starting: their bulk and atomic
    // operations would believe that the memory ends where it did. To grow it by nothing tells them.
    while ((memory.size() as u32) < team.pages) memory.grow(0);
    perform(team, thread);
    if (atomic.add<u32>(arrived, 1) + 1 == generation * (team.threads - 1)) atomic.notify(arrived, 1);
  }
}

/** Waits until the number at `p` is no longer `seen`; answers false when run `run` is over or the team broken. */
function isChanged(team: Team, p: usize, seen: u32, run: u32): bool {
  for (let i: i32 = 0; atomic.load<u32>(p) == seen; i++) {
    if (i < SPINS) continue;
    if (isOver(team, run) || atomic.load<u32>(changetype<usize>(team), offsetof<Team>("broken"))) return false;
    atomic.wait<u32>(p, seen, NAP);
  }
  // Only now: the next run may have begun, whose work is none of those who are still in this one.
  return !isOver(team, run);
}

function isOver(team: Team, run: u32): bool {
  return atomic.load<u32>(changetype<usize>(team), offsetof<Team>("run")) != run;
}

/** Has all threads do their shares of the work that stands in the head, and waits for them. */
function together(team: Team, work: Work): void {
  const arrived = changetype<usize>(team) + ARRIVED;
  team.work = work;
  team.pages = memory.size();
  const generation = atomic.add<u32>(changetype<usize>(team), 1) + 1;
  atomic.notify(changetype<usize>(team), -1);
  perform(team, 0);
  const all = generation * (team.threads - 1);
  for (let seen = atomic.load<u32>(arrived); seen != all; seen = atomic.load<u32>(arrived)) {
    if (!isChanged(team, arrived, seen, team.run)) return;
  }
}

/** Whether the work of a team has come to nothing, since one of its threads has died. */
export function isBroken(network: Network): bool {
  return network.team != 0 && atomic.load<u32>(network.team, offsetof<Team>("broken")) != 0;
}

/** Where share `part` of `parts` of `count` begins, in multiples of `unit`. */
export function shareStart(count: u32, part: u32, parts: u32, unit: u32): u32 {
  const units = (count + unit - 1) / unit;
  return min(count, ((((units as u64) * (part as u64)) / (parts as u64)) as u32) * unit);
}

function perform(team: Team, thread: u32): void {
  const network = changetype<Network>(team.network);
  const threads = team.threads;
  if (team.work == Work.Rows) {
    const from = shareStart(team.rows, thread, threads, SHARE_ROWS);
    const count = shareStart(team.rows, thread + 1, threads, SHARE_ROWS) - from;
    if (!count) return;
    passRows(viewOf(team, network, thread, from), team.first + from, count, team.row + from, team.scale, team.purpose, team.from, team.to);
  } else if (team.work == Work.Columns) {
    passColumns(team, network, thread);
  } else if (team.work == Work.Gradient) {
    const largest = parameterGradient(viewOf(team, network, thread, 0), team.x, team.rows, team.row > 0, thread, threads);
    store<f64>(partOf(team, thread), largest);
  } else {
    const from = shareStart(network.parameterCount, thread, threads, SHARE_PARAMETERS);
    const count = shareStart(network.parameterCount, thread + 1, threads, SHARE_PARAMETERS) - from;
    if (count) updateRange(network, network.parameters + from * network.elementBytes, count);
  }
}

function partOf(team: Team, thread: u32): usize {
  return team.parts + (thread as usize) * team.partBytes;
}

/**
 * The network as `thread` sees it: a copy of header and layer table whose offsets lead to the same numbers, but to the rows from `row` on where a region holds those of a
 * chunk, and to a panel of its own. Whoever computes rows need not know that there are others. Offsets are modulo 2³², so they may lead backwards.
 */
function viewOf(team: Team, network: Network, thread: u32, row: u32): Network {
  if (thread == 0) return network;
  const part = partOf(team, thread);
  const view = changetype<Network>(part + VIEW);
  const element = network.elementBytes;
  const layers = network.layerCount;
  memory.copy(changetype<usize>(view), changetype<usize>(network), Header.Bytes + layers * Abi.LayerBytes);
  const shift = (changetype<usize>(network) - changetype<usize>(view)) as u32;
  view.panel = viewBytes(layers) as u32;
  view.parameters += shift;
  view.gradient += shift;
  view.order += shift;
  view.sampleInputs += shift;
  view.sampleTargets += shift;
  view.sampleWeights += shift;
  view.chunkInputs += shift + row * network.inputs * element;
  view.chunkTargets += shift + row * network.targetWidth * element;
  view.chunkWeights += shift + row * element;
  view.rowLosses += shift + row * 8;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = view.layer(l);
    const rows = shift + row * layer.units * element;
    layer.weights += shift;
    layer.biases += shift;
    layer.scales += shift;
    layer.shifts += shift;
    layer.sums += rows;
    layer.values += rows;
    layer.outputs += rows;
    if (layer.normalized) layer.normalized += rows;
    layer.deltas += rows;
    // A layer normalisation's stand for rows, a batch normalisation's for units.
    layer.deviations += shift + (layer.means ? 0 : row * 8);
    layer.means += shift;
    layer.variances += shift;
  }
  return view;
}

function teamOf(network: Network): Team {
  return changetype<Team>(network.team as usize);
}

/** `passRows` by all threads. The way back of a normalisation sums over all rows, and batch normalisation on the way there: at each the rows wait for all others, and its columns are shared. */
export function passRowsTogether(network: Network, first: usize, rows: usize, row: usize, scale: f64, purpose: Purpose): f64 {
  const team = teamOf(network);
  const end: u32 = 4 * network.layerCount;
  team.first = first as u32;
  team.rows = rows as u32;
  team.row = row as u32;
  team.scale = scale;
  team.purpose = purpose;
  team.to = 0;
  if (purpose < Purpose.Thinking) {
    for (let l: u32 = 0; l < network.layerCount; l++) if (network.layer(l).normalization == Normalization.Batch) passUpTo(team, 2 * l + 1);
  }
  if (purpose < Purpose.Judging) {
    for (let l = network.layerCount; l > 0; l--) if (network.layer(l - 1).normalization) passUpTo(team, end - (2 * l - 1));
  }
  team.from = team.to;
  team.to = end;
  together(team, Work.Rows);
  return purpose == Purpose.Answering ? 0 : lossOfPassed(network, first, rows, purpose);
}

/** Goes on to the normalisation at a place of the way, and through its columns. */
function passUpTo(team: Team, place: u32): void {
  team.from = team.to;
  team.to = place;
  together(team, Work.Rows);
  together(team, Work.Columns);
}

/** A thread's share of the units of the normalisation at the end of a part of the way. */
function passColumns(team: Team, network: Network, thread: u32): void {
  const turn: u32 = 2 * network.layerCount;
  const isBack = team.to > turn;
  const layer = network.layer((isBack ? 2 * turn - team.to : team.to) >> 1);
  const from = shareStart(layer.units, thread, team.threads, SHARE_PARAMETERS);
  const to = shareStart(layer.units, thread + 1, team.threads, SHARE_PARAMETERS);
  if (isBack) normalizeColumnsBackward(network, layer, team.rows, team.row > 0, team.purpose < Purpose.Thinking, from, to);
  else normalizeBatch(network, layer, team.rows, from, to);
}

/** `parameterGradient` by all threads. */
export function parameterGradientTogether(network: Network, x: usize, rows: usize, row: usize): void {
  const team = teamOf(network);
  team.x = x;
  team.rows = rows as u32;
  team.row = row as u32;
  together(team, Work.Gradient);
}

/** The largest magnitude of the gradient that was computed last, or something that is not finite. */
export function largestTogether(network: Network): f64 {
  const team = teamOf(network);
  let largest: f64 = 0;
  for (let thread: u32 = 0; thread < team.threads; thread++) largest = larger(largest, load<f64>(partOf(team, thread)));
  return largest;
}

/** The larger of two numbers that are not negative, or the one that is not finite. */
export function larger(a: f64, b: f64): f64 {
  return a >= b || !(a < Infinity) ? a : b;
}

/** `updateRange` of all parameters by all threads. */
export function updateTogether(network: Network): void {
  together(teamOf(network), Work.Update);
}
