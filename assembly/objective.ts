import { Reduction } from "../src/abi";
import { backward } from "./backward";
import { forward } from "./forward";
import { parameterGradient } from "./gradient";
import { rounded } from "./kernels/elements";
import { largestMagnitude } from "./kernels/magnitude";
import { Network } from "./layout";
import { lossOf } from "./loss";
import { clearMeasures, measure } from "./measures";
import { addPenaltyGradient, penalty } from "./regularization";
import { gather } from "./shuffle";

/** What `lossAndGradient` is computed for. */
export const enum Purpose {
  /** A step: units are dropped, batch statistics gathered, rows taken in the epoch's order. */
  Step,
  /** Someone who wants to see a step's gradient: the same, but rows as they stand. */
  StepSeen,
  /** The gradient of the network as it thinks: nothing dropped, running statistics, rows as they stand. */
  Thinking,
}

/** The factor of each row's gradient. */
export function scaleOf(network: Network, rows: u32): f64 {
  return network.reduction == Reduction.Mean ? rounded(1 / (rows as f64), network.elementBytes) : 1;
}

/**
 * The loss of `batch` rows from `from` on, each row's times its weight, and the gradient of `scale` times that. Derivatives by the inputs replace
 * these where they are asked for.
 */
export function lossAndGradient(network: Network, from: u32, batch: u32, scale: f64, purpose: Purpose): f64 {
  const element: usize = network.elementBytes;
  const inputBytes = (network.inputs as usize) * element;
  const training = purpose != Purpose.Thinking;
  const dInputs = network.inputGradient && purpose != Purpose.Step ? network.at(network.chunkInputs) : 0;
  const targetBytes = (network.targetWidth as usize) * element;
  if (network.measures) clearMeasures(network);
  network.failedLayer = network.layerCount;
  let loss: f64 = 0;
  for (let row: usize = 0; row < batch; row += network.chunkRows) {
    const rows = min<usize>((batch as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    let x = network.at(network.sampleInputs) + first * inputBytes;
    let t = network.at(network.sampleTargets) + first * targetBytes;
    let weights = network.weighted ? network.at(network.sampleWeights) + first * element : 0;
    if (network.shuffle && purpose == Purpose.Step) {
      gather(network, first, rows);
      x = network.at(network.chunkInputs);
      t = network.at(network.chunkTargets);
      if (weights) weights = network.at(network.chunkWeights);
    }
    forward(network, x, rows, row, training);
    const chunkLoss = lossOf(network, t, weights, rows, scale);
    loss += chunkLoss;
    if (!isFinite<f64>(chunkLoss)) network.failedLayer = min(firstNonFinite(network, rows), network.layerCount - 1);
    if (network.measures) measure(network, t, weights, rows);
    backward(network, rows, row, row > 0, dInputs, training);
    parameterGradient(network, x, rows, row > 0);
    if (dInputs) memory.copy(x, dInputs, rows * inputBytes);
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
  const element: usize = network.elementBytes;
  const inputBytes = (network.inputs as usize) * element;
  const outputBytes = (network.outputs as usize) * element;
  const targetBytes = (network.targetWidth as usize) * element;
  if (network.measures) clearMeasures(network);
  let loss: f64 = 0;
  for (let row: usize = 0; row < count; row += network.chunkRows) {
    const rows = min<usize>((count as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    forward(network, network.at(network.sampleInputs) + first * inputBytes, rows, row, false);
    const weights = network.weighted ? network.at(network.sampleWeights) + first * element : 0;
    const t = network.at(network.sampleTargets) + first * targetBytes;
    loss += lossOf(network, t, weights, rows, 0);
    if (network.measures) measure(network, t, weights, rows);
    if (outputs) memory.copy(outputs + row * outputBytes, network.at(network.lastLayer().outputs), rows * outputBytes);
  }
  const penalties = penalty(network);
  return network.reduction == Reduction.Mean ? loss / (count as f64) + penalties : loss + penalties;
}
