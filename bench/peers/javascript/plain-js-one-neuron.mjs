// JavaScript written for the tutorial's one neuron and nothing else: ../../plain/one-neuron.ts, which `main.ts` bundles with this file.

import { OneNeuron } from "../../plain/one-neuron.ts";
import { serve, Unsupported } from "./protocol.mjs";

await serve(async ({ name, parameters, inputs, targets, rows, epochs, network }) => {
  if (name !== "seed") throw new Unsupported("written for the tutorial's neuron only");
  const neuron = new OneNeuron();
  const width = network.inputs;
  const x = Array.from({ length: rows }, (_, row) => [...inputs.subarray(row * width, (row + 1) * width)]);
  const t = Array.from(targets, (target) => [target]);
  return {
    precision: "float64",
    threads: 1,
    versions: {},
    reset: () => neuron.weights.set(parameters[0].weights),
    run: () => neuron.train(x, t, epochs),
    result: () => neuron.weights,
  };
});
