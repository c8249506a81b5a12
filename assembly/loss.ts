import { Activation } from "../src/abi";
import { Linear, Relu, Sigmoid, Tanh } from "./kernels/activations";
import { mul, splat, sub, vectorBytes } from "./kernels/lanes";
import { Network } from "./layout";

// A loss is a pair: its value, and its derivative by the last layer's weighted sums, the first dZ.
// Values are summed in f64. A row's is the sum over its units in four interleaved partial sums; a chunk's the sum over its rows in the same way;
// chunks are added in ascending order. Nothing of that depends on how many threads or vectors there are.

/**
 * Squared error, ½ Σ (output − target)². Its derivative is the tutorial's error-weighted derivative with the sign turned:
 * dZ = (output − target) · scale · f′, into the last layer's deltas. `t` (rows, outputs).
 */
export function squaredErrorDeltas<T>(network: Network, t: usize, rows: usize, scale: T): void {
  const layer = network.layer(network.layerCount - 1);
  const y = network.at(layer.outputs);
  const d = network.at(layer.deltas);
  const count = rows * layer.units;
  switch (layer.activation) {
    case Activation.Sigmoid:
      return errorTimesSlope<Sigmoid, T>(d, y, t, scale, count);
    case Activation.Tanh:
      return errorTimesSlope<Tanh, T>(d, y, t, scale, count);
    case Activation.Relu:
      return errorTimesSlope<Relu, T>(d, y, t, scale, count);
    default:
      return errorTimesSlope<Linear, T>(d, y, t, scale, count);
  }
}

function errorTimesSlope<A, T>(d: usize, y: usize, t: usize, scale: T, count: usize): void {
  const f = changetype<A>(0);
  const end = d + count * sizeof<T>();
  if (ASC_FEATURE_SIMD) {
    const vectorEnd = d + vectorBytes<T>(count);
    for (; d < vectorEnd; d += sizeof<v128>(), y += sizeof<v128>(), t += sizeof<v128>()) {
      const output = load<v128>(y);
      const error = mul<T, v128>(sub<T, v128>(output, load<v128>(t)), splat<T, v128>(scale));
      store<v128>(d, f.timesSlope<T, v128>(error, output));
    }
  }
  for (; d < end; d += sizeof<T>(), y += sizeof<T>(), t += sizeof<T>()) {
    const output = load<T>(y);
    store<T>(d, f.timesSlope<T, T>(((output - load<T>(t)) * scale) as T, output));
  }
}

/** The sum of the squared errors of `rows` rows, neither scaled nor averaged. `t` (rows, outputs). */
export function squaredError<T>(network: Network, t: usize, rows: usize): f64 {
  const layer = network.layer(network.layerCount - 1);
  const units: usize = layer.units;
  const rowLosses = network.at(network.rowLosses);
  let y = network.at(layer.outputs);
  if (units == 1) {
    for (let p = rowLosses, end = p + (rows << 3); p < end; p += 8, y += sizeof<T>(), t += sizeof<T>()) {
      store<f64>(p, 0.5 * square<T>(y, t));
    }
    return sum(rowLosses, rows);
  }
  for (let row: usize = 0; row < rows; row++, y += units * sizeof<T>(), t += units * sizeof<T>()) {
    store<f64>(rowLosses + (row << 3), 0.5 * sumOfSquares<T>(y, t, units));
  }
  return sum(rowLosses, rows);
}

/** Σ (y − t)² over one row. */
function sumOfSquares<T>(y: usize, t: usize, units: usize): f64 {
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  const end = y + units * sizeof<T>();
  for (; y + 3 * sizeof<T>() < end; y += 4 * sizeof<T>(), t += 4 * sizeof<T>()) {
    s0 += square<T>(y, t);
    s1 += square<T>(y + sizeof<T>(), t + sizeof<T>());
    s2 += square<T>(y + 2 * sizeof<T>(), t + 2 * sizeof<T>());
    s3 += square<T>(y + 3 * sizeof<T>(), t + 3 * sizeof<T>());
  }
  if (y < end) s0 += square<T>(y, t);
  if (y + sizeof<T>() < end) s1 += square<T>(y + sizeof<T>(), t + sizeof<T>());
  if (y + 2 * sizeof<T>() < end) s2 += square<T>(y + 2 * sizeof<T>(), t + 2 * sizeof<T>());
  return s0 + s1 + (s2 + s3);
}

function square<T>(y: usize, t: usize): f64 {
  const difference = (load<T>(y) as f64) - (load<T>(t) as f64);
  return difference * difference;
}

/** The sum of `count` doubles in four interleaved partial sums. */
function sum(p: usize, count: usize): f64 {
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  const end = p + (count << 3);
  for (; p + 24 < end; p += 32) {
    s0 += load<f64>(p);
    s1 += load<f64>(p, 8);
    s2 += load<f64>(p, 16);
    s3 += load<f64>(p, 24);
  }
  if (p < end) s0 += load<f64>(p);
  if (p + 8 < end) s1 += load<f64>(p, 8);
  if (p + 16 < end) s2 += load<f64>(p, 16);
  return s0 + s1 + (s2 + s3);
}
