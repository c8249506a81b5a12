import { columnSums } from "./kernels/columns";
import { product } from "./kernels/product";
import { Network } from "./layout";

/**
 * The gradient of weights and biases over `rows` rows, added to what stands there when `continues`, so that the chunks of a batch are summed in
 * row order as one. `x` (rows, inputs). Owns parameters.
 */
export function parameterGradient(network: Network, x: usize, rows: usize, continues: bool): void {
  if (network.elementBytes == 8) parameterGradientAs<f64>(network, x, rows, continues);
  else parameterGradientAs<f32>(network, x, rows, continues);
}

function parameterGradientAs<T>(network: Network, x: usize, rows: usize, continues: bool): void {
  const element: usize = sizeof<T>();
  const toGradient = network.gradient - network.parameters;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const units = (layer.units as usize) * element;
    const inputs = (layer.inputs as usize) * element;
    const d = network.at(layer.deltas);
    const dW = network.at(layer.weights + toGradient);
    if (!layer.trainable) {
      // No derivative of a frozen layer may count in a norm.
      const count = (layer.inputs as usize) + (layer.bias ? 1 : 0) + (layer.normalization ? 2 : 0);
      memory.fill(dW, 0, count * units);
      x = network.at(layer.outputs);
      continue;
    }
    const start = continues ? dW : 0;
    // dW = Xᵀ · dZ
    product<T>(x, element, inputs, d, units, element, dW, units, start, units, layer.inputs, rows, layer.units, network.at(network.panel));
    // db = 1ᵀ · dZ
    if (layer.bias) columnSums<T>(d, network.at(layer.biases + toGradient), rows, layer.units, continues);
    x = network.at(layer.outputs);
  }
}
