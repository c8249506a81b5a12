import { clearLarge } from "./cuts";
import { columnSums } from "./kernels/columns";
import { largestMagnitude } from "./kernels/magnitude";
import { product } from "./kernels/product";
import { Network } from "./layout";
import { columnsStart, GRADIENT_CUTS, isSharedByColumns, SHARE_ROWS, shareStart } from "./shares";
import { larger } from "./teamwork";

/**
 * The gradient of weights and biases over `rows` rows, added to what stands there when `continues`, so that the chunks of a batch are summed in
 * row order as one. `x` (rows, inputs). Owns parameters. With `threads` threads only share `part` of `parts`, whose largest magnitude it answers while it is in the cache.
 */
export function parameterGradient(network: Network, x: usize, rows: usize, continues: bool, part: u32, parts: u32, threads: u32): f64 {
  if (network.elementBytes == 8) return parameterGradientAs<f64>(network, x, rows, continues, part, parts, threads);
  return parameterGradientAs<f32>(network, x, rows, continues, part, parts, threads);
}

function parameterGradientAs<T>(network: Network, x: usize, rows: usize, continues: bool, part: u32, parts: u32, threads: u32): f64 {
  const element: usize = sizeof<T>();
  const toGradient = network.gradient - network.parameters;
  let largest: f64 = 0;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const units = (layer.units as usize) * element;
    const inputs = (layer.inputs as usize) * element;
    const isShared = ASC_FEATURE_THREADS && parts > 1;
    const byColumns = isShared && layer.trainable && isSharedByColumns(layer.units * network.elementBytes);
    // A share of the rows of weights, and of the units where they are many. The last rows' has biases, scales and shifts too.
    let first: usize = 0;
    let end: usize = layer.inputs;
    let from: usize = 0;
    let columns: usize = layer.units;
    let hasRest = true;
    if (isShared) {
      const cuts = byColumns ? GRADIENT_CUTS : parts;
      const cut = part % cuts;
      first = shareStart(layer.inputs, cut, cuts, SHARE_ROWS);
      end = shareStart(layer.inputs, cut + 1, cuts, SHARE_ROWS);
      hasRest = cut + 1 == cuts;
      if (byColumns) {
        const each = parts / cuts / threads;
        from = columnsStart(layer.units, part / cuts, threads, each, network.elementBytes);
        columns = columnsStart(layer.units, part / cuts + 1, threads, each, network.elementBytes) - (from as u32);
      }
    }
    const count = end - first;
    const rest: usize = hasRest ? (layer.bias ? 1 : 0) + (layer.normalization ? 2 : 0) : 0;
    const at = network.at(layer.weights + toGradient) + first * units + from * element;
    if (!layer.trainable) {
      // No derivative of a frozen layer may count in a norm.
      clearLarge(at, (count + rest) * units);
      x = network.at(layer.outputs);
      continue;
    }
    const dZ = network.at(layer.deltas) + from * element;
    // dW = Xᵀ · dZ
    if (!isShared || (count && columns)) {
      product<T>(
        x + first * element,
        element,
        inputs,
        dZ,
        units,
        element,
        at,
        units,
        continues ? at : 0,
        units,
        count,
        rows,
        columns,
        network.at(network.panel),
      );
    }
    // db = 1ᵀ · dZ
    if (layer.bias && hasRest) columnSums<T>(dZ, units, network.at(layer.biases + toGradient) + from * element, rows, columns, continues);
    if (byColumns)
      for (let row: usize = 0; row < count + rest; row++) largest = larger(largest, largestMagnitude(at + row * units, columns, element));
    else if (ASC_FEATURE_THREADS) largest = larger(largest, largestMagnitude(at, (count + rest) * layer.units, element));
    x = network.at(layer.outputs);
  }
  return largest;
}
