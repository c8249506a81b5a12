import { Activation, Normalization } from "../src/abi";
import { dropOut } from "./dropout";
import { activate } from "./kernels/activations";
import { addInto } from "./kernels/elementwise";
import { product } from "./kernels/product";
import { softmax } from "./kernels/softmax";
import { Layer, Network } from "./layout";
import { normalizeBatch, normalizeByStatistics, normalizeRows } from "./normalization";

/**
 * The outputs of every layer for `rows` rows of inputs, at most a chunk: weighted sums, normalisation, activation, dropout, residual. `x` (rows,
 * inputs). When `training`, batch statistics are gathered and units dropped; `row` is the first row's place in the batch.
 */
export function forward(network: Network, x: usize, rows: usize, row: usize, training: bool): void {
  if (network.elementBytes == 8) forwardAs<f64>(network, x, rows, row, training);
  else forwardAs<f32>(network, x, rows, row, training);
}

function forwardAs<T>(network: Network, x: usize, rows: usize, row: usize, training: bool): void {
  const element: usize = sizeof<T>();
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const inputs = (layer.inputs as usize) * element;
    const units = (layer.units as usize) * element;
    const count = rows * (layer.units as usize);
    const z = network.at(layer.sums);
    const w = network.at(layer.weights);
    const b = layer.bias ? network.at(layer.biases) : 0;
    // Z = b + X · W
    product<T>(x, inputs, element, w, units, element, z, units, b, 0, rows, layer.inputs, layer.units, network.at(network.panel));
    if (layer.normalization) normalize(network, layer, rows, training);
    const values = network.at(layer.values);
    if (layer.activation == Activation.Softmax) softmax<T>(z, values, rows, layer.units);
    else activate<T>(layer.activation, layer.parameter as T, z, values, count);
    const y = network.at(layer.outputs);
    if (y != values) memory.copy(y, values, count * element);
    if (training && layer.dropout > 0) dropOut(network, l, y, rows, row);
    if (layer.residual) addInto<T>(y, x, count);
    x = y;
  }
}

function normalize(network: Network, layer: Layer, rows: usize, training: bool): void {
  if (layer.normalization == Normalization.Layer) normalizeRows(network, layer, rows);
  else if (training) normalizeBatch(network, layer, rows);
  else normalizeByStatistics(network, layer, rows);
}
