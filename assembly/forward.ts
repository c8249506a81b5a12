import { Activation, Normalization } from "../src/abi";
import { copyLarge } from "./cuts";
import { dropOut } from "./dropout";
import { activate } from "./kernels/activations";
import { addInto } from "./kernels/elementwise";
import { PACKED_FROM_ROW_BYTES, product } from "./kernels/product";
import { softmax } from "./kernels/softmax";
import { Layer, Network } from "./layout";
import { normalizeBatch, normalizeByStatistics, normalizeRows } from "./normalization";

/**
 * Rows whose sums are activated as soon as they stand, while they are in the first-level cache: those of 128 units of f32 take 16 KiB. Whole vectors, whatever
 * the units. A B that is packed would be packed for each of them, so with it all rows are one.
 */
const FUSED_ROWS: usize = 32;

/**
 * The outputs of every layer for `rows` rows of inputs, at most a chunk: weighted sums, normalisation, activation, dropout, residual. `x` (rows,
 * inputs). When `training`, batch statistics are gathered and units dropped; `row` is the first row's place in the batch. With threads only the part between two places of
 * the way: 2 l is where layer l begins, 2 l + 1 behind its normalisation at the beginning of a part, and in front of it at the end.
 */
export function forward(network: Network, x: usize, rows: usize, row: usize, training: bool, begin: u32, end: u32): void {
  if (network.elementBytes == 8) forwardAs<f64>(network, x, rows, row, training, begin, end);
  else forwardAs<f32>(network, x, rows, row, training, begin, end);
}

function forwardAs<T>(network: Network, x: usize, rows: usize, row: usize, training: bool, begin: u32, end: u32): void {
  const element: usize = sizeof<T>();
  if (ASC_FEATURE_THREADS && begin > 1) x = network.at(network.layer((begin >> 1) - 1).outputs);
  for (let l: u32 = ASC_FEATURE_THREADS ? begin >> 1 : 0; l < network.layerCount; l++) {
    if (ASC_FEATURE_THREADS && l * 2 >= end) return;
    const isBegun: bool = ASC_FEATURE_THREADS ? l * 2 < begin : false;
    const layer = network.layer(l);
    const inputs = (layer.inputs as usize) * element;
    const units = (layer.units as usize) * element;
    const count = rows * (layer.units as usize);
    const z = network.at(layer.sums);
    const values = network.at(layer.values);
    const w = network.at(layer.weights);
    const b = layer.bias ? network.at(layer.biases) : 0;
    const block = layer.normalization || units >= PACKED_FROM_ROW_BYTES ? rows : FUSED_ROWS;
    for (let row: usize = 0; row < rows; row += block) {
      const height = min(block, rows - row);
      const sums = z + row * units;
      const to = values + row * units;
      if (!isBegun) {
        // Z = b + X · W
        product<T>(
          x + row * inputs,
          inputs,
          element,
          w,
          units,
          element,
          sums,
          units,
          b,
          0,
          height,
          layer.inputs,
          layer.units,
          network.at(network.panel),
        );
        if (ASC_FEATURE_THREADS && l * 2 + 1 == end) return;
        if (layer.normalization) normalize(network, layer, rows, training);
      }
      if (layer.activation == Activation.Softmax) softmax<T>(sums, to, height, layer.units);
      else activate<T>(layer.activation, layer.parameter as T, sums, to, height * (layer.units as usize));
    }
    const y = network.at(layer.outputs);
    if (y != values) copyLarge(y, values, count * element);
    if (training && layer.dropout > 0) dropOut(network, l, y, rows, row);
    if (layer.residual) addInto<T>(y, x, count);
    x = y;
  }
}

function normalize(network: Network, layer: Layer, rows: usize, training: bool): void {
  if (layer.normalization == Normalization.Layer) normalizeRows(network, layer, rows);
  else if (training) normalizeBatch(network, layer, rows, 0, layer.units);
  else normalizeByStatistics(network, layer, rows);
}
