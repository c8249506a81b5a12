import { Loss } from "../src/abi";
import { cut } from "./cuts";
import { read, rounded, write } from "./kernels/elements";
import { exponential } from "./kernels/exponential";
import { mul, spanBytes, splat, sub } from "./kernels/lanes";
import { logarithm, logOnePlus } from "./kernels/logarithm";
import { indexOfLargest } from "./kernels/softmax";
import { sumOf } from "./kernels/sums";
import { FUSED, Network } from "./layout";
import { targetOf } from "./measures";

// A loss is a pair: its value for one output, in f64, and its derivative by the output y, or by the sum z where it is fused with the
// activation. Values are summed over the units of a row, and over the rows of a chunk, each in four interleaved partial sums; chunks are added in
// ascending order. Nothing of that depends on how many threads or vectors there are.

/** ½ (y − t)², whose derivative is the tutorial's error with the sign turned. */
@unmanaged
class SquaredError {
  delta<T, V>(y: V, t: V, scale: T): V {
    return mul<T, V>(sub<T, V>(y, t), splat<T, V>(scale));
  }
}

/** The same by the sum of a sigmoid, whose slope is y (1 − y): the tutorial's pair, in one pass over its numbers instead of two. */
@unmanaged
class SquaredErrorOfSigmoid {
  delta<T, V>(y: V, t: V, scale: T): V {
    const slope = mul<T, V>(y, sub<T, V>(splat<T, V>(1 as T), y));
    return mul<T, V>(mul<T, V>(sub<T, V>(y, t), splat<T, V>(scale)), slope);
  }
}

/** The loss of an output y, or of the sum z where it is fused with the activation, and a target t. */
function valueOf(loss: Loss, y: f64, t: f64, parameter: f64): f64 {
  const size = Math.abs(y - t);
  switch (loss) {
    case Loss.SquaredError:
      return 0.5 * (size * size);
    case Loss.AbsoluteError:
      return size;
    case Loss.Huber:
      // ½ e² for |e| ≤ δ, δ (|e| − ½ δ) beyond. Huber 1964.
      return size <= parameter ? 0.5 * (size * size) : parameter * (size - 0.5 * parameter);
    default:
      // max(z, 0) − z t + log(1 + e^−|z|) for outputs that are sigmoids; smoothing moves t towards ½.
      return max<f64>(y, 0) - y * smoothed(t, parameter, 8) + logOnePlus<f64, f64>(exponential<f64>(-Math.abs(y)));
  }
}

function smoothed(t: f64, smoothing: f64, element: usize): f64 {
  return rounded(rounded(t * rounded(1 - smoothing, element), element) + 0.5 * smoothing, element);
}

/** The derivative of a loss that is not squared, before it is scaled. */
function slopeOf(loss: Loss, y: f64, t: f64, parameter: f64, element: usize): f64 {
  if (loss == Loss.BinaryCrossEntropy) return y - smoothed(t, parameter, element);
  const error = rounded(y - t, element);
  const most: f64 = loss == Loss.Huber ? Math.abs(error) : error != 0 ? 1 : 0;
  return copysign<f64>(loss == Loss.Huber ? min<f64>(most, parameter) : most, error);
}

/**
 * The sum of the losses of `rows` rows, each times its weight, neither scaled nor averaged. Where `scale` is not 0,
 * the derivative by each output, times `scale` and the row's weight, goes into the last layer's deltas. `t` (rows, target width). Owns rows.
 */
export function lossOf(network: Network, t: usize, weights: usize, rows: usize, scale: f64): f64 {
  if (network.elementBytes == 8) return lossAs<f64>(network, t, weights, rows, scale);
  return lossAs<f32>(network, t, weights, rows, scale as f32);
}

function lossAs<T>(network: Network, t: usize, weights: usize, rows: usize, scale: T): f64 {
  const loss = network.loss;
  if (loss == Loss.CrossEntropy) {
    if (scale != (0 as T)) crossEntropyDeltas(network, t, weights, rows, scale as f64, sizeof<T>());
    return crossEntropyLosses(network, t, weights, rows, sizeof<T>());
  }
  if (scale != (0 as T)) {
    if (loss != Loss.SquaredError) otherDeltas(network, t, weights, rows, scale as f64, sizeof<T>());
    else if (network.features & FUSED) deltas<SquaredErrorOfSigmoid, T>(network, t, weights, rows, scale);
    else deltas<SquaredError, T>(network, t, weights, rows, scale);
  }
  return rowLosses(network, t, weights, rows, sizeof<T>());
}

function deltas<L, T>(network: Network, t: usize, weights: usize, rows: usize, scale: T): void {
  const layer = network.lastLayer();
  const units: usize = layer.units;
  const bytes = units * sizeof<T>();
  let y = network.at(layer.outputs);
  let d = network.at(layer.deltas);
  if (!weights) return rowDeltas<L, T>(d, y, t, rows * units, scale);
  for (; rows > 0; rows--, d += bytes, y += bytes, t += bytes, weights += sizeof<T>()) {
    const factor = (scale * load<T>(weights)) as T;
    // A row may end within a vector, and the next row belong to another thread.
    if (ASC_FEATURE_THREADS) rowDeltasBy<L, T, T>(d, y, t, units, factor);
    else rowDeltas<L, T>(d, y, t, units, factor);
  }
}

function rowDeltas<L, T>(d: usize, y: usize, t: usize, count: usize, scale: T): void {
  if (ASC_FEATURE_SIMD) rowDeltasBy<L, T, v128>(d, y, t, count, scale);
  else rowDeltasBy<L, T, T>(d, y, t, count, scale);
}

function rowDeltasBy<L, T, V>(d: usize, y: usize, t: usize, count: usize, scale: T): void {
  const f = changetype<L>(0);
  const end = d + spanBytes<T, V>(count);
  for (; d < end; d += sizeof<V>(), y += sizeof<V>(), t += sizeof<V>()) store<V>(d, f.delta<T, V>(load<V>(y), load<V>(t), scale));
}

/** The same for the other losses of single outputs, one by one. */
function otherDeltas(network: Network, t: usize, weights: usize, rows: usize, scale: f64, element: usize): void {
  const layer = network.lastLayer();
  const units: usize = layer.units;
  const parameter = rounded(network.lossParameter, element);
  let y = network.at(layer.outputs);
  let d = network.at(layer.deltas);
  for (let row: usize = 0; row < rows; row++) {
    const factor = weights ? rounded(scale * read(weights + row * element, element), element) : scale;
    for (let unit: usize = 0; unit < units; unit++, y += element, d += element, t += element) {
      write(d, rounded(slopeOf(network.loss, read(y, element), read(t, element), parameter, element), element) * factor, element);
    }
    cut(units << 2);
  }
}

/** y − t′ with the smoothed target t′ = t (1 − s) + s / units, by the sum z. */
function crossEntropyDeltas(network: Network, t: usize, weights: usize, rows: usize, scale: f64, element: usize): void {
  const layer = network.lastLayer();
  const units: usize = layer.units;
  const smoothing = network.lossParameter;
  const share = smoothing / (units as f64);
  let y = network.at(layer.outputs);
  let d = network.at(layer.deltas);
  for (; rows > 0; rows--) {
    const factor = weights ? scale * read(weights, element) : scale;
    for (let unit: usize = 0; unit < units; unit++, y += element, d += element) {
      const target = targetOf(network, t, unit) * (1 - smoothing) + share;
      write(d, (read(y, element) - target) * factor, element);
    }
    cut(units << 1);
    t += (network.targetWidth as usize) * element;
    if (weights) weights += element;
  }
}

/** What `lossOf` answers for rows of which it was asked in parts, in the order of the rows. */
export function lossOfParts(network: Network, t: usize, weights: usize, rows: usize): f64 {
  const layer = network.lastLayer();
  if (layer.units > 1 || weights || network.loss == Loss.CrossEntropy) return sumOf(network.at(network.rowLosses), rows, 8);
  return rowLosses(network, t, weights, rows, network.elementBytes);
}

function rowLosses(network: Network, t: usize, weights: usize, rows: usize, element: usize): f64 {
  const layer = network.lastLayer();
  const units: usize = layer.units;
  const bytes = units * element;
  const losses = network.at(network.rowLosses);
  let y = network.at(network.loss == Loss.BinaryCrossEntropy ? layer.sums : layer.outputs);
  // Rows of one unit are summed as a row of that many units would be: in the same order, without a store for each.
  if (units == 1 && !weights) return rowLoss(network, y, t, rows, element);
  for (let row: usize = 0; row < rows; row++, y += bytes, t += bytes) {
    const loss = rowLoss(network, y, t, units, element);
    store<f64>(losses + (row << 3), weights ? loss * read(weights + row * element, element) : loss);
    cut(units << 3);
  }
  return sumOf(losses, rows, 8);
}

/** The sum over a row's units, in four sums that take turns as in sums.ts. */
function rowLoss(network: Network, y: usize, t: usize, units: usize, element: usize): f64 {
  const parameter = network.lossParameter;
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  const padded = (units + 3) & ~3;
  for (let unit: usize = 0; unit < padded; unit++, y += element, t += element) {
    const sum = unit < units ? s0 + valueOf(network.loss, read(y, element), read(t, element), parameter) : s0;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
  }
  return s0 + s1 + (s2 + s3);
}

/** −Σ t′ log y of each row, as Σ t′ (L − z) with L = log Σ e^z: no logarithm of a number that has rounded to 0. */
function crossEntropyLosses(network: Network, t: usize, weights: usize, rows: usize, element: usize): f64 {
  const layer = network.lastLayer();
  const units: usize = layer.units;
  const bytes = units * element;
  const losses = network.at(network.rowLosses);
  const smoothing = network.lossParameter;
  const share = smoothing / (units as f64);
  let z = network.at(layer.sums);
  let y = network.at(layer.outputs);
  for (let row: usize = 0; row < rows; row++, z += bytes, y += bytes, t += (network.targetWidth as usize) * element) {
    const largest = indexOfLargest(z, units, element) * element;
    const logSum = read(z + largest, element) - logarithm(read(y + largest, element));
    let loss: f64 = 0;
    for (let unit: usize = 0; unit < units; unit++) {
      const target = targetOf(network, t, unit) * (1 - smoothing) + share;
      if (target != 0) loss += target * (logSum - read(z + unit * element, element));
    }
    store<f64>(losses + (row << 3), weights ? loss * read(weights + row * element, element) : loss);
    cut(units << 3);
  }
  return sumOf(losses, rows, 8);
}
