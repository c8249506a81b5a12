// Typed arrays and loops without a library: ../../plain/general.ts, which `main.ts` bundles with this file.

import { PlainNetwork } from "../../plain/general.ts";
import { serve } from "./protocol.mjs";

await serve(async ({ kind, network, parameters, precision, reduction, optimizer, rows, epochs, batchSize, inputs, targets }) => {
  const plain = new PlainNetwork({
    ...network,
    precision,
    reduction,
    optimizer: optimizer.name,
    learningRate: optimizer.learningRate,
  });
  const reset = () => {
    plain.restart();
    plain.layers.forEach(({ weights, biases }, l) => {
      weights.set(parameters[l].weights);
      biases?.set(parameters[l].biases);
    });
  };
  reset();
  const common = { precision, threads: 1, versions: {} };
  if (kind !== "train") {
    let outputs;
    const run = () => {
      outputs = plain.thinkRows(inputs, rows);
    };
    return { ...common, run, result: () => outputs };
  }
  return {
    ...common,
    reset,
    run: () => plain.trainRows(inputs, targets, rows, batchSize, epochs),
    result: () => plain.layers.flatMap(({ weights, biases }) => [...weights, ...(biases ?? [])]),
  };
});
