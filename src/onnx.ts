/** Networks as ONNX models, for runtimes such as onnxruntime. */

import { readNetwork } from "./export/description.js";
import { Builder } from "./export/onnx/builder.js";
import { addLayer } from "./export/onnx/layers.js";
import { modelBytes } from "./export/onnx/model.js";
import { readScaling, type Scaling } from "./export/scaling.js";
import type { NeuralNetwork } from "./index.js";
import { or, record } from "./options/check.js";

export type { Scaling } from "./export/scaling.js";

export interface OnnxOptions {
  /** Scaling of the inputs that the model is to do. Default none: the model takes what the network takes. */
  scaling?: Scaling;
}

/**
 * The network as it thinks as an ONNX model of opset 17: `inputs` (rows, inputs) → `outputs` (rows, outputs), of any number of rows, in the network's precision.
 *
 * @throws TypeError, RangeError for what is no network, for options that cannot be used, and for what a model cannot hold: numbers that are not finite, numbers of a
 * normalisation that float32 cannot hold, 2 GiB and more
 */
export function toOnnx(network: NeuralNetwork, options?: OnnxOptions): Uint8Array {
  const { inputs, outputs, layers, precision } = readNetwork(network);
  const scaling = readScaling(record("options", or(options, {}), ["scaling"]).scaling, inputs, precision);
  const graph = new Builder(precision);
  let x: string = graph.input;
  if (scaling) {
    graph.begin("scaling");
    const centred = graph.node("Sub", [x, graph.tensor("mean", scaling.mean)]);
    x = graph.node("Div", [centred, graph.tensor("scale", scaling.scale)]);
  }
  layers.forEach((layer, i) => {
    x = addLayer(graph, layer, i, x);
  });
  return modelBytes(graph.graph("feedforward", inputs, outputs));
}
