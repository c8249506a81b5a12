import { Activation, Normalization } from "../src/abi";
import { copyLarge } from "./cuts";
import { dropOut } from "./dropout";
import { multiplyBySlope, slopeNeedsSum } from "./kernels/activations";
import { product } from "./kernels/product";
import { softmaxBackward } from "./kernels/softmax";
import { FUSED, Layer, Network } from "./layout";
import { normalizeByStatisticsBackward, normalizeColumnsBackward, normalizeRowsBackward } from "./normalization";
import { Back, isBetween, placeBack, STAGES } from "./way";

/**
 * Carries the loss's derivative by the last layer's outputs back through the layers, until each layer's deltas hold its derivative by X · W + b,
 * and on to the inputs where `dInputs` (rows, inputs) is not 0. `row` is the first row's place in the batch; `training` is what `forward` was told. Normalisations add their gradient on
 * the way, since only here it can be seen. Owns rows, but for that. With threads only the stages between two places of the way (way.ts).
 */
export function backward(
  network: Network,
  rows: usize,
  row: usize,
  continues: bool,
  dInputs: usize,
  training: bool,
  from: u32,
  to: u32,
): void {
  if (network.elementBytes == 8) backwardAs<f64>(network, rows, row, continues, dInputs, training, from, to);
  else backwardAs<f32>(network, rows, row, continues, dInputs, training, from, to);
}

function backwardAs<T>(
  network: Network,
  rows: usize,
  row: usize,
  continues: bool,
  dInputs: usize,
  training: bool,
  from: u32,
  to: u32,
): void {
  const layers = network.layerCount;
  for (let l = ASC_FEATURE_THREADS ? 2 * layers - from / STAGES : layers; l > 0; l--) {
    const place = placeBack(l - 1, layers);
    if (ASC_FEATURE_THREADS && place >= to) return;
    const layer = network.layer(l - 1);
    const dX = l > 1 ? network.at(network.layer(l - 2).deltas) : dInputs;
    if (isBetween(place + Back.Activation, from, to)) {
      // The residual's share goes around the layer: the input gradient is added to it.
      if (layer.residual && dX) copyLarge(dX, network.at(layer.deltas), rows * (layer.units as usize) * sizeof<T>());
      throughActivation<T>(network, l - 1, rows, row, training);
    }
    if (layer.normalization) {
      if (isBetween(place + Back.Statistics, from, to)) {
        normalizeColumnsBackward(network, layer, rows, continues, training, 0, layer.units);
      }
      if (isBetween(place + Back.Normalization, from, to)) throughRows(network, layer, rows, training);
    }
    if (dX && isBetween(place + Back.InputGradient, from, to)) inputGradient<T>(network, layer, dX, rows, 0, layer.inputs);
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

/** What of a normalisation's way back owns rows, behind what owns columns. */
function throughRows(network: Network, layer: Layer, rows: usize, training: bool): void {
  if (layer.normalization == Normalization.Layer) normalizeRowsBackward(network, layer, rows);
  else if (!training) normalizeByStatisticsBackward(network, layer, rows);
}

/** Layer `l`'s share of the derivatives by the outputs of the layer before, `from` … `to` − 1 of its inputs. Owns columns. */
export function inputGradientColumns(network: Network, l: u32, rows: usize, from: u32, to: u32): void {
  const dX = network.at(network.layer(l - 1).deltas);
  if (network.elementBytes == 8) inputGradient<f64>(network, network.layer(l), dX, rows, from, to);
  else inputGradient<f32>(network, network.layer(l), dX, rows, from, to);
}

/** dX (rows, inputs) = dZ · Wᵀ, added to what goes around a residual layer, of the inputs from `from` to `to`. */
function inputGradient<T>(network: Network, layer: Layer, dX: usize, rows: usize, from: u32, to: u32): void {
  const element: usize = sizeof<T>();
  const units = (layer.units as usize) * element;
  const inputs = (layer.inputs as usize) * element;
  const first = dX + (from as usize) * element;
  product<T>(
    network.at(layer.deltas),
    units,
    element,
    network.at(layer.weights) + (from as usize) * units,
    element,
    units,
    first,
    inputs,
    layer.residual ? first : 0,
    inputs,
    rows,
    layer.units,
    to - from,
    network.at(network.panel),
  );
}
