import { Reduction } from "../src/abi";
import { backward } from "./backward";
import { forward } from "./forward";
import { parameterGradient } from "./gradient";
import { rounded } from "./kernels/elements";
import { largestMagnitude } from "./kernels/magnitude";
import { Network } from "./layout";
import { lossOf, lossOfParts } from "./loss";
import { clearMeasures, measure } from "./measures";
import { addPenaltyGradient, penalty } from "./regularization";
import { gather } from "./shuffle";
import { parameterGradientTogether, passRowsTogether } from "./teamwork";
import { endOf, turnOf } from "./way";

/** What rows are computed for. From `Judging` on nothing of it is carried back. */
export const enum Purpose {
  /** A step: units are dropped, batch statistics gathered, rows taken in the epoch's order. */
  Step,
  /** Someone who wants to see a step's gradient: the same, but rows as they stand. */
  StepSeen,
  /** The gradient of the network as it thinks: nothing dropped, running statistics, rows as they stand. */
  Thinking,
  /** The loss of the network as it thinks. */
  Judging,
  /** The outputs alone: there are no targets. */
  Answering,
}

/** The factor of each row's gradient. */
export function scaleOf(network: Network, rows: u32): f64 {
  return network.reduction == Reduction.Mean ? rounded(1 / (rows as f64), network.elementBytes) : 1;
}

/** Where the inputs of a chunk stand whose first row is `first`, when they were not gathered; their targets; their weights, or 0 where rows have none. */
export function inputsOf(network: Network, first: usize, gathered: bool): usize {
  return gathered ? network.at(network.chunkInputs) : network.at(network.sampleInputs) + first * network.inputs * network.elementBytes;
}

function targetsOf(network: Network, first: usize, gathered: bool): usize {
  return gathered
    ? network.at(network.chunkTargets)
    : network.at(network.sampleTargets) + first * network.targetWidth * network.elementBytes;
}

function weightsOf(network: Network, first: usize, gathered: bool): usize {
  if (!network.weighted) return 0;
  return gathered ? network.at(network.chunkWeights) : network.at(network.sampleWeights) + first * network.elementBytes;
}

/** Whether rows are taken in the epoch's order, and so brought together first. */
export function isGathered(network: Network, purpose: Purpose): bool {
  return network.shuffle != 0 && purpose == Purpose.Step;
}

/** Where derivatives by the inputs go: over the inputs themselves; 0 where they are not asked for. */
function inputDeltas(network: Network, purpose: Purpose): usize {
  return network.inputGradient && purpose != Purpose.Step ? network.at(network.chunkInputs) : 0;
}

/**
 * Passes `rows` rows of samples, at most a chunk, through the network from `first` on, and, if they are to be learned from, back: to each layer's deltas. Answers the sum of
 * their losses. `row` is the first row's place in the batch. Owns rows. With threads only the stages between two places of the way (way.ts).
 */
export function passRows(network: Network, first: usize, rows: usize, row: usize, scale: f64, purpose: Purpose, from: u32, to: u32): f64 {
  const gathered = isGathered(network, purpose);
  if (gathered && (!ASC_FEATURE_THREADS || from == 0)) gather(network, first, rows);
  const training = purpose < Purpose.Thinking;
  const turn = turnOf(network.layerCount);
  let loss: f64 = 0;
  if (!ASC_FEATURE_THREADS || from < turn) {
    forward(network, inputsOf(network, first, gathered), rows, row, training, from, to);
    if (purpose == Purpose.Answering || (ASC_FEATURE_THREADS && to < turn)) return 0;
    loss = lossOf(network, targetsOf(network, first, gathered), weightsOf(network, first, gathered), rows, scale);
  }
  if (purpose < Purpose.Judging) {
    backward(network, rows, row, row > 0, inputDeltas(network, purpose), training, max(from, turn), to);
  }
  return loss;
}

/** The loss of rows that were passed in parts. */
export function lossOfPassed(network: Network, first: usize, rows: usize, purpose: Purpose): f64 {
  const gathered = isGathered(network, purpose);
  return lossOfParts(network, targetsOf(network, first, gathered), weightsOf(network, first, gathered), rows);
}

/** `passRows`, by the team where the network has one. */
function pass(network: Network, first: usize, rows: usize, row: usize, scale: f64, purpose: Purpose): f64 {
  if (ASC_FEATURE_THREADS && network.team) return passRowsTogether(network, first, rows, row, scale, purpose);
  return passRows(network, first, rows, row, scale, purpose, 0, endOf(network.layerCount));
}

/** Adds what a chunk's rows, which were passed, say of the network to the measures. */
function measureRows(network: Network, first: usize, rows: usize, purpose: Purpose): void {
  const gathered = isGathered(network, purpose);
  measure(network, targetsOf(network, first, gathered), weightsOf(network, first, gathered), rows);
}

/**
 * The loss of `batch` rows from `from` on, each row's times its weight, and the gradient of `scale` times that. Derivatives by the inputs replace
 * these where they are asked for.
 */
export function lossAndGradient(network: Network, from: u32, batch: u32, scale: f64, purpose: Purpose): f64 {
  if (network.measures) clearMeasures(network);
  network.failedLayer = network.layerCount;
  const dInputs = inputDeltas(network, purpose);
  let loss: f64 = 0;
  for (let row: usize = 0; row < batch; row += network.chunkRows) {
    const rows = min<usize>((batch as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    const chunkLoss = pass(network, first, rows, row, scale, purpose);
    loss += chunkLoss;
    if (!isFinite<f64>(chunkLoss)) network.failedLayer = min(firstNonFinite(network, rows), network.layerCount - 1);
    if (network.measures) measureRows(network, first, rows, purpose);
    const x = inputsOf(network, first, isGathered(network, purpose));
    if (ASC_FEATURE_THREADS && network.team) parameterGradientTogether(network, x, rows, row);
    else parameterGradient(network, x, rows, row > 0, 0, 1, 1);
    if (dInputs) memory.copy(x, dInputs, rows * network.inputs * network.elementBytes);
  }
  return loss;
}

/** The loss of the first `rows` rows, summed or averaged, with penalties, and the gradient of that. */
export function objective(network: Network, rows: u32, purpose: Purpose): f64 {
  const loss = lossAndGradient(network, 0, rows, scaleOf(network, rows), purpose);
  addPenaltyGradient(network);
  return (network.reduction == Reduction.Mean ? loss / (rows as f64) : loss) + penalty(network);
}

/** The first layer with an output that is not finite, or the number of layers. */
function firstNonFinite(network: Network, rows: usize): u32 {
  let l: u32 = 0;
  for (; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (!(largestMagnitude(network.at(layer.outputs), rows * (layer.units as usize), network.elementBytes) < Infinity)) break;
  }
  return l;
}

/** Where the gradient of a batch of `batch` rows has failed: the first layer that is not finite, there or on the way back, or else that with the largest derivative. */
export function failedLayer(network: Network, batch: u32): u32 {
  const first = firstNonFinite(network, ((batch - 1) % network.chunkRows) + 1);
  if (first < network.layerCount) return first;
  const element = network.elementBytes;
  let end = network.gradient + network.parameterCount * element;
  let most: f64 = -1;
  let steepest: u32 = 0;
  for (let l = network.layerCount; l > 0 && most < Infinity; l--) {
    const from = network.layer(l - 1).weights - network.parameters + network.gradient;
    const largest = largestMagnitude(network.at(from), (end - from) / element, element);
    if (!(largest <= most)) {
      most = largest;
      steepest = l - 1;
    }
    end = from;
  }
  return steepest;
}

/**
 * The loss of `count` rows of samples from `from` on, as the network stands: nothing is dropped, statistics are the running ones. The outputs
 * are left at `outputs` (count, outputs) where that is not 0.
 */
export function lossOfRows(network: Network, from: u32, count: u32, outputs: usize): f64 {
  const outputBytes = (network.outputs as usize) * network.elementBytes;
  if (network.measures) clearMeasures(network);
  let loss: f64 = 0;
  for (let row: usize = 0; row < count; row += network.chunkRows) {
    const rows = min<usize>((count as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    loss += pass(network, first, rows, row, 0, Purpose.Judging);
    if (network.measures) measureRows(network, first, rows, Purpose.Judging);
    if (outputs) memory.copy(outputs + row * outputBytes, network.at(network.lastLayer().outputs), rows * outputBytes);
  }
  const penalties = penalty(network);
  return network.reduction == Reduction.Mean ? loss / (count as f64) + penalties : loss + penalties;
}

/** The network's outputs for the first `rows` rows of the input samples, written where their targets would stand. */
export function thinkRows(network: Network, rows: u32): void {
  const outputBytes = (network.outputs as usize) * network.elementBytes;
  for (let row: usize = 0; row < rows; row += network.chunkRows) {
    const chunk = min<usize>((rows as usize) - row, network.chunkRows);
    pass(network, row, chunk, row, 0, Purpose.Answering);
    memory.copy(network.at(network.sampleTargets) + row * outputBytes, network.at(network.lastLayer().outputs), chunk * outputBytes);
  }
}
