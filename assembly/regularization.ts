import { cut } from "./cuts";
import { read, rounded, write } from "./kernels/elements";
import { sumOfMagnitudes, sumOfSquares } from "./kernels/sums";
import { Layer, Network } from "./layout";

// L1 |w| + ½ L2 w² for each weight, not for biases, as in Keras' kernel regularizers (whose L2 lacks the ½) and scikit-learn's alpha. It is added
// once to the loss of a batch, and its derivative to the gradient.

/** 2^−600, by which weights are multiplied whose squares are out of range. */
const TINY: f64 = 2.409919865102884e-181;

/** The penalty of all weights. */
export function penalty(network: Network): f64 {
  const element: usize = network.elementBytes;
  let sum: f64 = 0;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const count = (layer.inputs as usize) * (layer.units as usize);
    const w = network.at(layer.weights);
    if (layer.l1 > 0) sum += layer.l1 * sumOfMagnitudes(w, count, element);
    if (layer.l2 > 0) sum += 0.5 * layer.l2 * sumOfSquares(w, 0, count, element);
  }
  return sum;
}

/** dw ← dw + L1 sign(w) + L2 w. Owns parameters. */
export function addPenaltyGradient(network: Network): void {
  const element: usize = network.elementBytes;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    // A frozen layer has no derivative.
    if (!layer.trainable || (layer.l1 == 0 && layer.l2 == 0)) continue;
    let w = network.at(layer.weights);
    let g = network.at(layer.weights - network.parameters + network.gradient);
    const end = w + (layer.inputs as usize) * (layer.units as usize) * element;
    for (; w < end; w += element, g += element) {
      const weight = read(w, element);
      const sign: f64 = weight > 0 ? layer.l1 : weight < 0 ? -layer.l1 : 0;
      write(g, read(g, element) + (layer.l2 * weight + sign), element);
      cut(1);
    }
  }
}

/** Scales the weights into a unit down to the layer's largest norm (Srebro, Shraibman 2005). Owns columns. */
export function limitNorms(network: Network): void {
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.maxNorm == 0 || !layer.trainable) continue;
    for (let column: usize = 0; column < layer.units; column++) {
      limitNorm(network, layer, column);
      cut((layer.inputs as usize) << 3);
    }
  }
}

function limitNorm(network: Network, layer: Layer, column: usize): void {
  const element: usize = network.elementBytes;
  const stride = (layer.units as usize) * element;
  const first = network.at(layer.weights) + column * element;
  const end = first + (layer.inputs as usize) * stride;
  let unit: f64 = 1;
  let norm = normOf(first, end, stride, element, unit);
  if (norm == Infinity) {
    unit = TINY;
    norm = normOf(first, end, stride, element, unit);
  }
  if (norm <= layer.maxNorm * unit) return;
  const factor = rounded((layer.maxNorm * unit) / norm, element);
  for (let w = first; w < end; w += stride) write(w, read(w, element) * factor, element);
}

/** The root of the sum of the squares of what stands from `w` on, each times `unit`. */
function normOf(w: usize, end: usize, stride: usize, element: usize, unit: f64): f64 {
  let sum: f64 = 0;
  for (; w < end; w += stride) {
    const x = read(w, element) * unit;
    sum += x * x;
  }
  return sqrt<f64>(sum);
}
