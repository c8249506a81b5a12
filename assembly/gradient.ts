import { clearLarge } from "./cuts";
import { columnSums } from "./kernels/columns";
import { largestMagnitude } from "./kernels/magnitude";
import { product } from "./kernels/product";
import { Network } from "./layout";
import { larger, SHARE_ROWS, shareStart } from "./team";

/**
 * The gradient of weights and biases over `rows` rows, added to what stands there when `continues`, so that the chunks of a batch are summed in
 * row order as one. `x` (rows, inputs). Owns parameters. With threads only share `part` of `parts`, whose largest magnitude it answers while it is in the cache.
 */
export function parameterGradient(network: Network, x: usize, rows: usize, continues: bool, part: u32, parts: u32): f64 {
  if (network.elementBytes == 8) return parameterGradientAs<f64>(network, x, rows, continues, part, parts);
  return parameterGradientAs<f32>(network, x, rows, continues, part, parts);
}

function parameterGradientAs<T>(network: Network, x: usize, rows: usize, continues: bool, part: u32, parts: u32): f64 {
  const element: usize = sizeof<T>();
  const toGradient = network.gradient - network.parameters;
  let largest: f64 = 0;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const units = (layer.units as usize) * element;
    const inputs = (layer.inputs as usize) * element;
    const d = network.at(layer.deltas);
    // A share of the rows of weights; the last thread has the biases too.
    const first: usize = ASC_FEATURE_THREADS ? shareStart(layer.inputs, part, parts, SHARE_ROWS) : 0;
    const end: usize = ASC_FEATURE_THREADS ? shareStart(layer.inputs, part + 1, parts, SHARE_ROWS) : layer.inputs;
    const count = end - first;
    const isLast = !ASC_FEATURE_THREADS || part + 1 == parts;
    const dW = network.at(layer.weights + toGradient) + first * units;
    if (!layer.trainable) {
      // No derivative of a frozen layer may count in a norm.
      clearLarge(dW, (count + (isLast ? (layer.bias ? 1 : 0) + (layer.normalization ? 2 : 0) : 0)) * units);
      x = network.at(layer.outputs);
      continue;
    }
    // dW = Xᵀ · dZ
    if (!ASC_FEATURE_THREADS || count) {
      product<T>(
        x + first * element,
        element,
        inputs,
        d,
        units,
        element,
        dW,
        units,
        continues ? dW : 0,
        units,
        count,
        rows,
        layer.units,
        network.at(network.panel),
      );
    }
    // db = 1ᵀ · dZ
    if (layer.bias && isLast) columnSums<T>(d, network.at(layer.biases + toGradient), rows, layer.units, continues);
    if (ASC_FEATURE_THREADS) {
      // With the last row of weights come the biases, and scales and shifts, which follow it.
      const rest: usize = isLast ? (layer.bias ? 1 : 0) + (layer.normalization ? 2 : 0) : 0;
      largest = larger(largest, largestMagnitude(dW, (count + rest) * layer.units, element));
    }
    x = network.at(layer.outputs);
  }
  return largest;
}
