import { Reduction, Status } from "../src/abi";
import { copyLarge } from "./cuts";
import { addScaled, scale } from "./kernels/elementwise";
import { largestMagnitude } from "./kernels/magnitude";
import { dotOfBlocks, magnitudeOfBlocks } from "./kernels/sums";
import { DROPOUT, LBFGS_SETS, Network, STATISTICS } from "./layout";
import { addMeasures } from "./measures";
import { areStatisticsFinite, keepStatistics } from "./normalization";
import { failedLayer, objective, Purpose } from "./objective";

// Limited-memory BFGS (Nocedal 1980; Nocedal, Wright: "Numerical Optimization", algorithms 7.4, 3.5 and 3.6) with the constants of Schmidt's minFunc, which
// PyTorch's LBFGS has too; but that makes no more steps, and says nothing, once a slope is above −1e−9, where this one goes on until the gradient is small. A step is
// an iteration over all rows: a direction d = −H g from the last pairs s (step) and y (change of the gradient), and a line search for a length t that meets the strong
// Wolfe conditions. Sums over all parameters are f64, in blocks; vectors are of the network's precision.
//
// Moments: d · gradient before · parameters at the start of the line search · (s, y) for each pair. Curvatures: sᵀy of each pair, room for as many
// numbers, and the loss where the line search ended.

const DIRECTION: u32 = 0;
const GRADIENT_BEFORE: u32 = 1;
const START: u32 = 2;

/** The run is over when no derivative is larger. */
const GRADIENT_TOLERANCE: f64 = 1e-7;
/** A bracket that moves no parameter by more is not worth a look. */
const CHANGE_TOLERANCE: f64 = 1e-9;
/** A pair whose sᵀy is not larger would spoil the curvature. */
const LEAST_CURVATURE: f64 = 1e-10;
/** Of the Wolfe conditions: how much the loss has to fall, and the slope to flatten. */
const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const MOST_EVALUATIONS = 24;

/** One iteration over `rows` rows, all there are. Changes nothing unless loss and gradient are finite. */
export function quasiNewtonStep(network: Network, rows: u32): Status {
  const gradient = network.at(network.gradient);
  const count: usize = network.parameterCount;
  // The line search has mostly left the gradient where it ended; but measures and statistics are taken at the beginning of a step, which also drops other
  // units and takes the rows in another order.
  const isOther = network.measures != 0 || network.shuffle != 0 || (network.features & (STATISTICS | DROPOUT)) != 0;
  network.lastLoss = network.gradientReady && !isOther ? load<f64>(lossAhead(network)) : objective(network, rows, Purpose.Step);
  network.gradientReady = 0;
  const loss = network.lastLoss;
  if (!isFinite<f64>(loss)) return Status.NonFiniteLoss;
  if (network.features & STATISTICS && !areStatisticsFinite(network)) return Status.NonFiniteLoss;
  const largest = largestMagnitude(gradient, count, network.elementBytes);
  if (!isFinite<f64>(dotOfBlocks(gradient, gradient, count, network.elementBytes))) {
    network.failedLayer = failedLayer(network, rows);
    return Status.NonFiniteGradient;
  }
  network.largestGradient = max<f64>(network.largestGradient, largest);
  if (network.features & STATISTICS) keepStatistics(network);
  if (network.measures) addMeasures(network);
  network.epochSum += network.reduction == Reduction.Mean ? loss * (rows as f64) : loss;
  network.rate = network.learningRate;
  if (largest <= GRADIENT_TOLERANCE) {
    network.stopped = 1;
    return Status.Ok;
  }
  const isFirst = network.stepLength == 0;
  choose(network, isFirst);
  copyLarge(set(network, GRADIENT_BEFORE), gradient, count * network.elementBytes);
  const slope = dotOfBlocks(gradient, set(network, DIRECTION), count, network.elementBytes);
  if (!(slope < 0)) {
    network.stopped = 1;
    return Status.Ok;
  }
  const length = (isFirst ? min<f64>(1, 1 / magnitudeOfBlocks(gradient, count, network.elementBytes)) : 1) * network.learningRate;
  search(network, rows, length, loss, slope);
  return Status.Ok;
}

/** The address of one of the sets of moments. */
function set(network: Network, index: u32): usize {
  return network.at(network.moments) + (index as usize) * (network.setBytes as usize);
}

/** The address of the loss where the line search ended. */
function lossAhead(network: Network): usize {
  return network.at(network.curvatures) + ((network.pairCapacity as usize) << 4);
}

/** Takes the last step into the pairs and leaves the direction −H g. */
function choose(network: Network, isFirst: bool): void {
  const gradient = network.at(network.gradient);
  const d = set(network, DIRECTION);
  const count: usize = network.parameterCount;
  const element: usize = network.elementBytes;
  const size: f64 = isFirst ? 1 : takePair(network, gradient, d);
  copyLarge(d, gradient, count * element);
  scale(d, -1, count, network.elementBytes);
  const pairs = network.pairCount;
  const capacity = network.pairCapacity;
  const products = network.at(network.curvatures);
  const shares = products + ((capacity as usize) << 3);
  // From the newest pair to the oldest, and back.
  for (let i: u32 = 0; i < pairs; i++) {
    const pair = (network.pairNewest + capacity - i) % capacity;
    const share = dotOfBlocks(step(network, pair), d, count, element) / load<f64>(products + (pair << 3));
    store<f64>(shares + (pair << 3), share);
    addScaled(d, d, change(network, pair), -share, count, network.elementBytes);
  }
  scale(d, size, count, network.elementBytes);
  for (let i = pairs; i > 0; i--) {
    const pair = (network.pairNewest + capacity - (i - 1)) % capacity;
    const share = dotOfBlocks(change(network, pair), d, count, element) / load<f64>(products + (pair << 3));
    addScaled(d, d, step(network, pair), load<f64>(shares + (pair << 3)) - share, count, network.elementBytes);
  }
}

function step(network: Network, pair: u32): usize {
  return set(network, LBFGS_SETS + 2 * pair);
}

function change(network: Network, pair: u32): usize {
  return set(network, LBFGS_SETS + 2 * pair + 1);
}

/**
 * Remembers s = t d and y = g − gradient before, if they tell of a curvature, and answers the size of the diagonal that H is built on, sᵀy / yᵀy of the
 * newest pair.
 */
function takePair(network: Network, gradient: usize, d: usize): f64 {
  const count: usize = network.parameterCount;
  const bytes = count * network.elementBytes;
  const capacity = network.pairCapacity;
  const s = set(network, START);
  const y = set(network, GRADIENT_BEFORE);
  copyLarge(s, d, bytes);
  scale(s, network.stepLength, count, network.elementBytes);
  addScaled(y, gradient, y, -1, count, network.elementBytes);
  const product = dotOfBlocks(y, s, count, network.elementBytes);
  const products = network.at(network.curvatures);
  if (product > LEAST_CURVATURE) {
    const pair = network.pairCount == 0 ? 0 : (network.pairNewest + 1) % capacity;
    copyLarge(step(network, pair), s, bytes);
    copyLarge(change(network, pair), y, bytes);
    store<f64>(products + (pair << 3), product);
    network.pairNewest = pair;
    network.pairCount = min(network.pairCount + 1, capacity);
  }
  if (network.pairCount == 0) return 1;
  const newest = change(network, network.pairNewest);
  return load<f64>(products + (network.pairNewest << 3)) / dotOfBlocks(newest, newest, count, network.elementBytes);
}

/**
 * Moves the parameters along the direction by a length that meets the strong Wolfe conditions, beginning with `t`, or by the best that was found. First
 * the length grows until a minimum lies between it and the one before, then that bracket shrinks.
 */
function search(network: Network, rows: u32, t: f64, loss: f64, slope: f64): void {
  const count: usize = network.parameterCount;
  const start = set(network, START);
  const d = set(network, DIRECTION);
  const element: usize = network.elementBytes;
  copyLarge(start, network.at(network.parameters), count * element);
  const spread = largestMagnitude(d, count, element);
  // The end of the bracket with the lower loss, or the length before; and the other end.
  let low: f64 = 0,
    lossLow = loss,
    slopeLow = slope,
    high: f64 = 0,
    lossHigh = loss,
    slopeHigh = slope;
  let isBracketed = false;
  let wasNearEnd = false;
  let last: f64 = 0;
  for (let evaluations = 1; evaluations <= MOST_EVALUATIONS; evaluations++) {
    addScaled(network.at(network.parameters), start, d, t, count, element);
    const here = objective(network, rows, Purpose.Step);
    const lossHere: f64 = isFinite<f64>(here) ? here : Infinity;
    const slopeHere = dotOfBlocks(network.at(network.gradient), d, count, element);
    last = t;
    const isHigher = lossHere > loss + SUFFICIENT_DECREASE * t * slope || ((isBracketed || evaluations > 2) && lossHere >= lossLow);
    const isFlat = !isHigher && Math.abs(slopeHere) <= -CURVATURE * slope;
    if (isHigher || (!isFlat && !isBracketed && slopeHere >= 0)) {
      (high = t), (lossHigh = lossHere), (slopeHigh = slopeHere);
      isBracketed = true;
    } else {
      const before = low;
      if (isBracketed && slopeHere * (high - low) >= 0) (high = low), (lossHigh = lossLow), (slopeHigh = slopeLow);
      if (!isBracketed && !isFlat) {
        t = minimumBetween(low, lossLow, slopeLow, t, lossHere, slopeHere, t + 0.01 * (t - before), t * 10);
        (low = last), (lossLow = lossHere), (slopeLow = slopeHere);
        continue;
      }
      (low = t), (lossLow = lossHere), (slopeLow = slopeHere);
    }
    if (isFlat || Math.abs(high - low) * spread < CHANGE_TOLERANCE) break;
    if (lossHigh < lossLow) {
      const lossX = lossLow,
        slopeX = slopeLow;
      (t = low), (low = high), (high = t);
      (lossLow = lossHigh), (lossHigh = lossX);
      (slopeLow = slopeHigh), (slopeHigh = slopeX);
    }
    const least = min<f64>(low, high);
    const most = max<f64>(low, high);
    t = minimumBetween(low, lossLow, slopeLow, high, lossHigh, slopeHigh, least, most);
    // A minimum at an end of the bracket twice in a row would let it shrink too slowly.
    const margin = 0.1 * (most - least);
    const isNearEnd = min<f64>(most - t, t - least) < margin;
    const moves = isNearEnd && (wasNearEnd || t >= most || t <= least);
    if (moves) t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
    wasNearEnd = isNearEnd && !moves;
  }
  // Whatever was tried, no step is worse than none.
  if (lossLow > loss) (low = 0), (lossLow = loss);
  // Nor will the next search along the same direction find another.
  if (low == 0) network.stopped = 1;
  network.stepLength = low;
  store<f64>(lossAhead(network), lossLow);
  network.gradientReady = low == last ? 1 : 0;
  if (low != last) addScaled(network.at(network.parameters), start, d, low, count, element);
}

/** Where the cubic through two losses and slopes has its minimum, within bounds, or the middle of these where it has none (Nocedal, Wright: 3.59). */
function minimumBetween(a: f64, lossA: f64, slopeA: f64, b: f64, lossB: f64, slopeB: f64, least: f64, most: f64): f64 {
  if (a > b) return minimumBetween(b, lossB, slopeB, a, lossA, slopeA, least, most);
  const d1 = slopeA + slopeB - (3 * (lossA - lossB)) / (a - b);
  const square = d1 * d1 - slopeA * slopeB;
  const d2 = sqrt<f64>(square);
  const t = b - (b - a) * ((slopeB + d2 - d1) / (slopeB - slopeA + 2 * d2));
  // No root, or a loss that is not finite.
  if (!(square >= 0) || isNaN<f64>(t)) return (least + most) / 2;
  return min<f64>(max<f64>(t, least), most);
}
