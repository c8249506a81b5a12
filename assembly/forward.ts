import { Activation, Normalization } from "../src/abi";
import { copyLarge } from "./cuts";
import { dropOut } from "./dropout";
import { activate } from "./kernels/activations";
import { addInto } from "./kernels/elementwise";
import { PACKED_FROM_ROW_BYTES, product } from "./kernels/product";
import { softmax } from "./kernels/softmax";
import { Layer, Network } from "./layout";
import { normalizeBatch, normalizeByStatistics, normalizeRows } from "./normalization";
import { isBetween, placeThere, STAGES, There } from "./way";

/**
 * Rows whose sums are activated as soon as they stand, while they are in the first-level cache: those of 128 units of f32 take 16 KiB. Whole vectors, whatever
 * the units. A B that is packed would be packed for each of them, so with it all rows are one.
 */
const FUSED_ROWS: usize = 32;

/**
 * The outputs of every layer for `rows` rows of inputs, at most a chunk: weighted sums, normalisation, activation, dropout, residual. `x` (rows,
 * inputs). When `training`, batch statistics are gathered and units dropped; `row` is the first row's place in the batch. With threads only the stages between two places of
 * the way (way.ts).
 */
export function forward(network: Network, x: usize, rows: usize, row: usize, training: bool, from: u32, to: u32): void {
  if (network.elementBytes == 8) forwardAs<f64>(network, x, rows, row, training, from, to);
  else forwardAs<f32>(network, x, rows, row, training, from, to);
}

function forwardAs<T>(network: Network, x: usize, rows: usize, row: usize, training: bool, from: u32, to: u32): void {
  const element: usize = sizeof<T>();
  let l: u32 = ASC_FEATURE_THREADS ? from / STAGES : 0;
  if (ASC_FEATURE_THREADS && l > 0) x = network.at(network.layer(l - 1).outputs);
  for (; l < network.layerCount; l++) {
    const place = placeThere(l);
    if (ASC_FEATURE_THREADS && place >= to) return;
    const layer = network.layer(l);
    const inputs = (layer.inputs as usize) * element;
    const units = (layer.units as usize) * element;
    const count = rows * (layer.units as usize);
    const z = network.at(layer.sums);
    const values = network.at(layer.values);
    // Where a part ends in front of the rest of a layer, all rows are one block: that is a layer with normalisation.
    const block = layer.normalization || units >= PACKED_FROM_ROW_BYTES ? rows : FUSED_ROWS;
    for (let row: usize = 0; row < rows; row += block) {
      const height = min(block, rows - row);
      const sums = z + row * units;
      if (isBetween(place + There.Sums, from, to)) weightedSums<T>(network, layer, x + row * inputs, sums, height, 0, layer.units);
      const gathers = training && layer.normalization == Normalization.Batch;
      if (gathers && isBetween(place + There.Statistics, from, to)) normalizeBatch(network, layer, rows, 0, layer.units);
      if (!isBetween(place + There.Rest, from, to)) return;
      if (layer.normalization == Normalization.Layer) normalizeRows(network, layer, rows);
      else if (layer.normalization && !training) normalizeByStatistics(network, layer, rows);
      const y = values + row * units;
      if (layer.activation == Activation.Softmax) softmax<T>(sums, y, height, layer.units);
      else activate<T>(layer.activation, layer.parameter as T, sums, y, height * (layer.units as usize));
    }
    const y = network.at(layer.outputs);
    if (y != values) copyLarge(y, values, count * element);
    if (training && layer.dropout > 0) dropOut(network, l, y, rows, row);
    if (layer.residual) addInto<T>(y, x, count);
    x = y;
  }
}

/** The weighted sums of layer `l` for units `from` … `to` − 1. `x` (rows, inputs). Owns columns. */
export function sumColumns(network: Network, l: u32, x: usize, rows: usize, from: u32, to: u32): void {
  const layer = network.layer(l);
  const z = network.at(layer.sums);
  if (network.elementBytes == 8) weightedSums<f64>(network, layer, x, z, rows, from, to);
  else weightedSums<f32>(network, layer, x, z, rows, from, to);
}

/** Z = b + X · W, of the units from `from` to `to`. `x` (rows, inputs), `z` (rows, units). */
function weightedSums<T>(network: Network, layer: Layer, x: usize, z: usize, rows: usize, from: u32, to: u32): void {
  const element: usize = sizeof<T>();
  const units = (layer.units as usize) * element;
  const first = (from as usize) * element;
  product<T>(
    x,
    (layer.inputs as usize) * element,
    element,
    network.at(layer.weights) + first,
    units,
    element,
    z + first,
    units,
    layer.bias ? network.at(layer.biases) + first : 0,
    0,
    rows,
    layer.inputs,
    to - from,
    network.at(network.panel),
  );
}
