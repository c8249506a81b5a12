import { activate } from "./kernels/activations";
import { product } from "./kernels/product";
import { Network } from "./layout";

/** The outputs of every layer for `rows` rows of inputs, at most a chunk. `x` (rows, inputs). */
export function forward<T>(network: Network, x: usize, rows: usize): void {
  const element: usize = sizeof<T>();
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const inputs = (layer.inputs as usize) * element;
    const units = (layer.units as usize) * element;
    const y = network.at(layer.outputs);
    // Z = b + X · W
    // biome-ignore format: a line for each matrix
    product<T>(
      x, inputs, element,
      network.at(layer.weights), units, element,
      y, units,
      layer.bias ? network.at(layer.biases) : 0, 0,
      rows, layer.inputs, layer.units,
      network.at(network.panel)
    );
    activate<T>(layer.activation, y, rows * layer.units);
    x = y;
  }
}
