// The ABI: everything a host can call. docs/abi.md is its page for readers; src/abi.ts holds the offsets and codes, shared with the wrapper.
//
// Numbers only cross here: addresses, counts, codes. `network` is the address of a block, a multiple of 16 at or above `heapBase()`.
// No export traps on a block that `layout` accepted; an address that is not a block, or memory that was not grown to the bytes that `layout`
// named, is undefined behaviour, as in C.

import { Abi, Activation, Evaluation, Function, Status } from "../src/abi";
import { evaluateRows } from "./evaluate";
import { drawParameters, startCounters } from "./initializers";
import { activate, slopesOf } from "./kernels/activations";
import { layOut, Network, STATISTICS } from "./layout";
import { weighRows } from "./measures";
import { loadModel, saveModel } from "./model-file";
import { objective, Purpose, thinkRows } from "./objective";
import { keepsSubnormals, runSelfTest, SELF_TEST_BYTES } from "./self-test";
import { isBroken } from "./team";
import { trainSteps } from "./train";
import { startOptimizer } from "./update";

/** Two vectors below the compiler's data (`memoryBase` in asconfig.json); `save` and `load` use what is behind them. No other memory outside of blocks is written. */
const SCRATCH: usize = 64;

/** The version of this page. */
export function abiVersion(): u32 {
  return Abi.Version;
}

/** The first address that a block may have. */
export function heapBase(): usize {
  return (__heap_base + Abi.Alignment - 1) & ~(Abi.Alignment - 1);
}

/** Bytes of memory that `selfTest` overwrites. */
export function selfTestBytes(): u32 {
  return SELF_TEST_BYTES;
}

/** Trains a known network at `base` and answers `Ok` only if every bit of it is as it must be. Overwrites `selfTestBytes()` bytes. */
export function selfTest(base: usize): Status {
  return runSelfTest(base);
}

/**
 * Computes the layout of the block from its `in` fields: the bytes it takes, or a negative status. If these bytes and the block's address
 * go beyond 4 GiB, nothing was written. What lies before the gradient stays where it is when only capacities change.
 */
export function layout(network: Network): f64 {
  return layOut(network);
}

/** Draws the first weights from the seed, sets biases to 0 and the counters to the start. Call once, after `layout`. */
export function initialize(network: Network): void {
  startCounters(network);
  drawParameters(network);
}

/** The outputs of the first `rows` ≤ SampleCapacity rows of inputs, written over the targets. */
export function think(network: Network, rows: u32): Status {
  if (rows > network.sampleCapacity) return Status.InvalidRun;
  thinkRows(network, rows);
  return outcome(network, Status.Ok);
}

/** Trains for at most `steps` steps: `Ok` when `EpochTarget` is reached, `More` when there is more to do, or an error. */
export function train(network: Network, steps: u32): Status {
  if (!isRunnable(network)) return Status.InvalidRun;
  if (!keepsSubnormals(network)) return Status.SubnormalsFlushed;
  if (network.step == 0) startOptimizer(network);
  return outcome(network, trainSteps(network, steps));
}

/** A status, unless a team was at work and broke. */
function outcome(network: Network, status: Status): Status {
  return ASC_FEATURE_THREADS && isBroken(network) ? Status.TeamBroken : status;
}

/**
 * The loss and, in the gradient's region, its gradient over the first `rows` ≤ SampleCapacity rows of samples, penalties included; where InputGradient is 1 the
 * derivatives by the inputs replace these. With `training` as the next step would have it, over all these rows as a batch, else as the network thinks.
 */
export function differentiate(network: Network, rows: u32, training: u32): Status {
  if (!network.training || rows == 0 || rows > network.sampleCapacity) return Status.InvalidRun;
  // Batch normalisation looks at a whole batch, for which the layout must have room.
  if (training && network.features & STATISTICS && rows > network.chunkRows) return Status.InvalidRun;
  network.gradientReady = 0;
  const team = leaveTeam(network);
  network.lastLoss = objective(network, rows, training ? Purpose.StepSeen : Purpose.Thinking);
  joinTeam(network, team);
  return Status.Ok;
}

/** What `Evaluation` asks for over the first `rows` ≤ SampleCapacity rows of samples, in the report. */
export function evaluate(network: Network, rows: u32): Status {
  if (network.evaluation == Evaluation.None || rows == 0 || rows > network.sampleCapacity) return Status.InvalidRun;
  const team = leaveTeam(network);
  evaluateRows(network, rows);
  joinTeam(network, team);
  return Status.Ok;
}

/** Makes a network one of no team, for what one thread does. Answers which it had. */
function leaveTeam(network: Network): u32 {
  if (!ASC_FEATURE_THREADS) return 0;
  const team = network.team;
  network.team = 0;
  return team;
}

function joinTeam(network: Network, team: u32): void {
  if (ASC_FEATURE_THREADS) network.team = team;
}

/** Multiplies the weights of those of the first `rows` samples that are of class `k` by `factor` and answers how many there are. */
export function weighClass(network: Network, rows: u32, k: u32, factor: f64): u32 {
  return weighRows(network, rows, k, factor);
}

/**
 * Writes the network's model file to `to`, a multiple of 16 behind the block, and answers its bytes, or a negative status; with `to` 0 nothing is written.
 * `weightsOnly` leaves out what only training needs. `textBytes` bytes of printable ASCII at `text` go along, and `columns` · `rows` doubles at `history`.
 */
export function save(
  network: Network,
  to: usize,
  weightsOnly: u32,
  text: usize,
  textBytes: usize,
  history: usize,
  columns: u32,
  rows: u32,
): f64 {
  return saveModel(network, to, weightsOnly, text, textBytes, history, columns, rows);
}

/**
 * Makes the network what the model file of `bytes` bytes at `from` says and answers 0; or a negative status; or how many bytes behind the network's address the file
 * must end at least: then nothing was done yet, and the file is to be moved. A network whose ElementBytes is 0 is made anew, another must have been made with the same
 * options. Of the file `given` bytes are there: all, or the first 4 MiB or more, which are enough to learn where it must stand. Its bytes are of no use afterwards.
 */
export function load(network: Network, from: usize, bytes: usize, given: usize): f64 {
  return loadModel(network, from, bytes, given);
}

function isRunnable(network: Network): bool {
  const rows = network.sampleRows;
  return (
    network.training != 0 &&
    rows > 0 &&
    rows <= network.sampleCapacity &&
    network.batchRows > 0 &&
    network.cursor < rows &&
    network.historyInterval >= 1
  );
}

/**
 * Applies `fn` in place to `count` numbers of `elementBytes` bytes each at `p`, a multiple of 16. What stands between the last of them and the next multiple of
 * 16 is lost.
 */
export function apply(fn: Function, elementBytes: u32, p: usize, count: usize): void {
  if (elementBytes == 8) applyTo<f64>(fn, p, count);
  else applyTo<f32>(fn, p, count);
}

function applyTo<T>(fn: Function, p: usize, count: usize): void {
  if (fn >= Function.Slope) slopesOf<T>((fn - Function.Slope) as Activation, 1 as T, p, count, SCRATCH);
  else activate<T>(fn as Activation, 1 as T, p, p, count);
}
