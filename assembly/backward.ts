import { Activation, Normalization } from "../src/abi";
import { copyLarge } from "./cuts";
import { dropOut } from "./dropout";
import { multiplyBySlope, slopeNeedsSum } from "./kernels/activations";
import { product } from "./kernels/product";
import { softmaxBackward } from "./kernels/softmax";
import { FUSED, Layer, Network } from "./layout";
import { normalizeByStatisticsBackward, normalizeColumnsBackward, normalizeRowsBackward } from "./normalization";

/**
 * Carries the loss's derivative by the last layer's outputs back through the layers, until each layer's deltas hold its derivative by X · W + b,
 * and on to the inputs where `dInputs` (rows, inputs) is not 0. `row` is the first row's place in the batch; `training` is what `forward` was told. Normalisations add their gradient on
 * the way, since only here it can be seen. Owns rows, but for the normalisations, which own columns. With threads only the part between two of `forward`'s places, from the later
 * one back to the earlier: at 2 l + 1 a part begins behind what owns columns, and ends in front of it.
 */
export function backward(
  network: Network,
  rows: usize,
  row: usize,
  continues: bool,
  dInputs: usize,
  training: bool,
  begin: u32,
  end: u32,
): void {
  if (network.elementBytes == 8) backwardAs<f64>(network, rows, row, continues, dInputs, training, begin, end);
  else backwardAs<f32>(network, rows, row, continues, dInputs, training, begin, end);
}

function backwardAs<T>(
  network: Network,
  rows: usize,
  row: usize,
  continues: bool,
  dInputs: usize,
  training: bool,
  begin: u32,
  end: u32,
): void {
  for (let l = ASC_FEATURE_THREADS ? (begin + 1) >> 1 : network.layerCount; l > 0; l--) {
    if (ASC_FEATURE_THREADS && l * 2 <= end) return;
    const layer = network.layer(l - 1);
    const dX = l > 1 ? network.at(network.layer(l - 2).deltas) : dInputs;
    if (ASC_FEATURE_THREADS && l * 2 > begin) {
      throughRows(network, layer, rows, training);
    } else {
      // The residual's share goes around the layer: the input gradient is added to it.
      if (layer.residual && dX) copyLarge(dX, network.at(layer.deltas), rows * (layer.units as usize) * sizeof<T>());
      throughActivation<T>(network, l - 1, rows, row, training);
      if (ASC_FEATURE_THREADS && l * 2 - 1 == end) return;
      if (layer.normalization) throughNormalization(network, layer, rows, continues, training);
    }
    if (dX) inputGradient<T>(network, layer, dX, rows);
  }
}

/** From the derivative by the layer's outputs to that by its sums, in place in its deltas. */
function throughActivation<T>(network: Network, l: u32, rows: usize, row: usize, training: bool): void {
  const layer = network.layer(l);
  const d = network.at(layer.deltas);
  if (training && layer.dropout > 0) dropOut(network, l, d, rows, row);
  if (l + 1 == network.layerCount && network.features & FUSED) return;
  if (layer.activation == Activation.Softmax) return softmaxBackward<T>(d, network.at(layer.values), rows, layer.units);
  const source = slopeNeedsSum(layer.activation) ? layer.sums : layer.values;
  multiplyBySlope<T>(layer.activation, layer.parameter as T, d, network.at(source), rows * (layer.units as usize));
}

function throughNormalization(network: Network, layer: Layer, rows: usize, continues: bool, training: bool): void {
  normalizeColumnsBackward(network, layer, rows, continues, training, 0, layer.units);
  throughRows(network, layer, rows, training);
}

/** What of a normalisation's way back owns rows, behind what owns columns. */
function throughRows(network: Network, layer: Layer, rows: usize, training: bool): void {
  if (layer.normalization == Normalization.Layer) normalizeRowsBackward(network, layer, rows);
  else if (!training) normalizeByStatisticsBackward(network, layer, rows);
}

/** dX (rows, inputs) = dZ · Wᵀ, added to what goes around a residual layer. */
function inputGradient<T>(network: Network, layer: Layer, dX: usize, rows: usize): void {
  const element: usize = sizeof<T>();
  const units = (layer.units as usize) * element;
  const inputs = (layer.inputs as usize) * element;
  product<T>(
    network.at(layer.deltas),
    units,
    element,
    network.at(layer.weights),
    element,
    units,
    dX,
    inputs,
    layer.residual ? dX : 0,
    inputs,
    rows,
    layer.units,
    layer.inputs,
    network.at(network.panel),
  );
}
