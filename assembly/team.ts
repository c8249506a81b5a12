// The build with threads: several threads over one memory make each step of a network together. `owner computes`: the rows of a chunk are passed by the threads that
// own them, then each parameter's gradient is summed over all rows, in their order, by the thread that owns it, which updates it too. Nothing is reduced between
// threads but a maximum, so the bits are those of one thread. No other build has any of this: `ASC_FEATURE_THREADS` is decided when it is compiled.
//
// Thread 0 leads: it calls `train` and `think` as in the other builds, and these call `together` for each piece of work (teamwork.ts). The others are in `assist`. Each has a share of a piece, in
// parts (shares.ts), and who is done with his own takes parts of others': so nobody waits for long for one whose core is slower or has something else to do.

import { Abi, Header } from "../src/abi";
import { panelBytes } from "./kernels/product";
import { Network } from "./layout";
import { Purpose } from "./objective";
import { patienceWith } from "./shares";
import { performPart } from "./teamwork";

export const enum Work {
  Rows,
  Columns,
  Gradient,
  Update,
}

/** Loads of a number before a thread lets the operating system take its core, where the host does not say how many: some 20 µs, longer than what the leader does between two pieces of work. */
const SPINS: u32 = 20000;

/** So long a thread sleeps before it looks again whether the team is still whole: 0.1 s. */
const NAP: i64 = 100_000_000;

/** What stands at the head of a team's memory, which begins with zeros. The host shares the first four numbers. */
@unmanaged
export class Team {
  /** Counts pieces of work, over all runs. Threads sleep on it. */
  generation: u32;
  /** Counts runs: the host counts on when one is over, so that those who assist in it return. */
  run: u32;
  /** The host writes 1 when a thread has died: what is under way cannot end well. */
  broken: u32;
  /** The host may write how many loads a thread that has a core to itself waits, at least, before it sleeps. */
  spins: u32;
  threads: u32;

  /** What is to be done, and of how many pages the memory is, written before the generation counts. */
  work: Work;
  pages: u32;
  network: usize;
  /** Parts that each thread's share of the work has. */
  each: u32;
  /** Loads that a part takes with some to spare. */
  patience: u32;
  /** Of all but `Update`: the chunk's first sample, its number of rows, the first one's place in the batch. */
  first: u32;
  rows: u32;
  row: u32;
  purpose: Purpose;
  scale: f64;
  /** Of `Rows`: the part of the way. `Columns` are of the stage at its beginning. */
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

/** Of what belongs to one thread: how many parts of its share are taken; what the network looks like to it, and its panel. */
const TAKEN: usize = 8;
export const VIEW: usize = 64;

export function viewBytes(layers: u32): usize {
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
  const spins = team.spins ? max(team.spins, team.patience) : SPINS;
  for (let i: u32 = 0; atomic.load<u32>(p) == seen; i++) {
    if (i < spins) continue;
    if (isOver(team, run) || atomic.load<u32>(changetype<usize>(team), offsetof<Team>("broken"))) return false;
    atomic.wait<u32>(p, seen, NAP);
  }
  // Only now: the next run may have begun, whose work is none of those who are still in this one.
  return !isOver(team, run);
}

function isOver(team: Team, run: u32): bool {
  return atomic.load<u32>(changetype<usize>(team), offsetof<Team>("run")) != run;
}

/** Has all threads do the work that stands in the head, `multiplications` in `each` parts for each of them, and waits for them. */
export function together(team: Team, work: Work, each: u32, multiplications: u64): void {
  const arrived = changetype<usize>(team) + ARRIVED;
  team.work = work;
  team.each = each;
  team.patience = patienceWith(multiplications / ((team.threads * each) as u64));
  team.pages = memory.size();
  for (let thread: u32 = 0; thread < team.threads; thread++) store<u32>(partOf(team, thread), 0, TAKEN);
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

/** Does the parts of a thread's own share, which may be in its core's cache, and then those that others have not come to. */
function perform(team: Team, thread: u32): void {
  const each = team.each;
  if (team.work == Work.Gradient) store<f64>(partOf(team, thread), 0);
  for (let i: u32 = 0; i < team.threads; i++) {
    const owner = (thread + i) % team.threads;
    const taken = partOf(team, owner) + TAKEN;
    while (atomic.load<u32>(taken) < each) {
      const part = atomic.add<u32>(taken, 1);
      if (part < each) performPart(team, thread, owner * each + part);
    }
  }
}

/** What belongs to a thread. It begins with the largest magnitude of the derivatives that it has computed. */
export function partOf(team: Team, thread: u32): usize {
  return team.parts + (thread as usize) * team.partBytes;
}
