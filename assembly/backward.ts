import { multiplyBySlope } from "./kernels/activations";
import { columnSums } from "./kernels/columns";
import { product } from "./kernels/product";
import { Network } from "./layout";

/** Carries the last layer's dZ back through the layers. Owns rows. */
export function backward<T>(network: Network, rows: usize): void {
  const element: usize = sizeof<T>();
  for (let l = network.layerCount - 1; l > 0; l--) {
    const layer = network.layer(l);
    const before = network.layer(l - 1);
    const units = (layer.units as usize) * element;
    const inputs = (layer.inputs as usize) * element;
    const d = network.at(before.deltas);
    // dX = dZ · Wᵀ
    // biome-ignore format: a line for each matrix
    product<T>(
      network.at(layer.deltas), units, element,
      network.at(layer.weights), element, units,
      d, inputs,
      0, 0,
      rows, layer.units, layer.inputs,
      network.at(network.panel)
    );
    multiplyBySlope<T>(before.activation, d, network.at(before.outputs), rows * before.units);
  }
}

/**
 * The gradient of all parameters over `rows` rows, added to what stands there when `continues`, so that the chunks of a batch are summed in
 * row order as one. `x` (rows, inputs). Owns parameters.
 */
export function parameterGradient<T>(network: Network, x: usize, rows: usize, continues: bool): void {
  const element: usize = sizeof<T>();
  const toGradient = network.gradient - network.parameters;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const units = (layer.units as usize) * element;
    const inputs = (layer.inputs as usize) * element;
    const d = network.at(layer.deltas);
    const dW = network.at(layer.weights + toGradient);
    // dW = Xᵀ · dZ
    // biome-ignore format: a line for each matrix
    product<T>(
      x, element, inputs,
      d, units, element,
      dW, units,
      continues ? dW : 0, units,
      layer.inputs, rows, layer.units,
      network.at(network.panel)
    );
    // db = 1ᵀ · dZ
    if (layer.bias) columnSums<T>(d, network.at(layer.biases + toGradient), rows, layer.units, continues);
    x = network.at(layer.outputs);
  }
}
