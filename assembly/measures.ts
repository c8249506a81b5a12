import { Activation, Header, Measure } from "../src/abi";
import { cut } from "./cuts";
import { read, write } from "./kernels/elements";
import { indexOfLargest } from "./kernels/softmax";
import { isEither, Network } from "./layout";

// What the history has for each epoch besides the loss. A measure is a mean over rows, each times its weight: four sums are kept, the weights' and
// one for each measure, over the rows of a step and, of the steps that were made, over those of the epoch. Rows are added in ascending order.

const SUMS: usize = 4;
const EPOCH: usize = Header.EpochMeasures;
const BATCH: usize = Header.BatchMeasures;

/** Forgets the rows of the step before. */
export function clearMeasures(network: Network): void {
  memory.fill(changetype<usize>(network) + BATCH, 0, SUMS << 3);
}

/** Adds `rows` rows of the last layer's outputs and their targets `t` (rows, target width) to those of the step. */
export function measure(network: Network, t: usize, weights: usize, rows: usize): void {
  const layer = network.lastLayer();
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const sums = changetype<usize>(network) + BATCH;
  let y = network.at(layer.outputs);
  for (let row: usize = 0; row < rows; row++, y += units * element, t += (network.targetWidth as usize) * element) {
    const weight = weights ? read(weights + row * element, element) : 1;
    let right: f64 = 0,
      absolute: f64 = 0,
      squared: f64 = 0;
    for (let unit: usize = 0; unit < units; unit++) {
      const output = read(y + unit * element, element);
      const target = targetOf(network, t, unit);
      const error = output - target;
      absolute += Math.abs(error);
      squared += error * error;
      if (output >= 0.5 == target >= 0.5) right += 1;
    }
    if (layer.activation == Activation.Softmax) {
      right = indexOfLargest(y, units, element) == classOf(network, t) ? (units as f64) : 0;
    }
    store<f64>(sums, load<f64>(sums) + weight);
    addTo(sums + 8, (weight * right) / (units as f64));
    addTo(sums + 16, (weight * absolute) / (units as f64));
    addTo(sums + 24, (weight * squared) / (units as f64));
    cut(units << 2);
  }
}

function addTo(p: usize, x: f64): void {
  store<f64>(p, load<f64>(p) + x);
}

/** What output `unit` should be for the row of targets, or the class number, at `t`. */
export function targetOf(network: Network, t: usize, unit: usize): f64 {
  const element: usize = network.elementBytes;
  if (network.labels) return (read(t, element) as usize) == unit ? 1 : 0;
  return read(t + unit * element, element);
}

/** The class of the row of targets, or the class number, at `t`; with a single output the second of two classes from 0.5 on. */
export function classOf(network: Network, t: usize): usize {
  const element: usize = network.elementBytes;
  if (network.labels) return read(t, element) as usize;
  if (isEither(network)) return read(t, element) >= 0.5 ? 1 : 0;
  return indexOfLargest(t, network.lastLayer().units, element);
}

/** Multiplies the weights of the rows of class `k` by `factor` and answers how many there are. */
export function weighRows(network: Network, rows: u32, k: usize, factor: f64): u32 {
  const element: usize = network.elementBytes;
  let found: u32 = 0;
  let t = network.at(network.sampleTargets);
  let weight = network.at(network.sampleWeights);
  for (let row: u32 = 0; row < rows; row++, t += (network.targetWidth as usize) * element, weight += element) {
    if (classOf(network, t) != k) continue;
    write(weight, read(weight, element) * factor, element);
    found++;
  }
  return found;
}

/** Counts the rows of a step that was made to the epoch's. */
export function addMeasures(network: Network): void {
  const block = changetype<usize>(network);
  for (let i: usize = 0; i < SUMS; i++) addTo(block + EPOCH + (i << 3), load<f64>(block + BATCH + (i << 3)));
}

/** What the validation rows, the last that were measured, have come to. */
export function validationMeasures(network: Network): void {
  means(network, changetype<usize>(network) + BATCH, changetype<usize>(network) + Header.ValidationMeasures, 7);
}

/** Writes the measures that are asked for, the epoch's and then the validation rows', into an entry of the history. */
export function rememberMeasures(network: Network, entry: usize): void {
  const count = popcnt<u32>(network.measures) as usize;
  means(network, changetype<usize>(network) + EPOCH, entry, network.measures);
  let to = entry + (count << 3);
  for (let i: usize = 0; i < 3; i++) {
    if (!((network.measures >> (i as u32)) & 1)) continue;
    store<f64>(to, load<f64>(changetype<usize>(network) + Header.ValidationMeasures + (i << 3)));
    to += 8;
  }
}

/** Begins a new epoch. */
export function finishMeasures(network: Network): void {
  memory.fill(changetype<usize>(network) + EPOCH, 0, SUMS << 3);
}

/** The measures of `chosen` from four sums, one after the other. */
function means(network: Network, sums: usize, to: usize, chosen: u32): void {
  const weight = load<f64>(sums);
  for (let i: usize = 0; i < 3; i++) {
    if (!((chosen >> (i as u32)) & 1)) continue;
    const mean = load<f64>(sums + ((i + 1) << 3)) / weight;
    store<f64>(to, 1 << (i as u32) == Measure.RootMeanSquaredError ? sqrt<f64>(mean) : mean);
    to += 8;
  }
}
