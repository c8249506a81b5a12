// The library as its README uses it: rows as one flat typed array, which `train` copies inside of the timed part. Where each peer may take the threads that it takes by itself,
// `trainAsync`, which hands data and network over to its workers, inside of the timed part as well.

import { availableParallelism } from "node:os";
import { serve } from "./protocol.mjs";

await serve(async (subject, { threads }) => {
  const { NeuralNetwork } = await import("../../../dist/index.js");
  const { kind, network, parameters, precision, loss, reduction, optimizer, rows, epochs, batchSize, inputs, targets } = subject;
  const make = () => {
    const made = new NeuralNetwork({
      inputs: network.inputs,
      layers: network.layers,
      loss,
      reduction,
      optimizer,
      precision,
    });
    setParameters(made);
    return made;
  };
  const setParameters = (made) => {
    made.layers.forEach(({ weights, biases }, l) => {
      weights.set(parameters[l].weights);
      biases.set(parameters[l].biases);
    });
  };
  let ours = make();
  const isAlone = threads === 1;
  const common = { precision, threads: isAlone || kind !== "train" ? 1 : availableParallelism(), versions: {} };
  if (kind !== "train") {
    let outputs;
    const input = rows === 1 ? inputs : { data: inputs, rows };
    const run = () => {
      outputs = ours.think(input);
    };
    return { ...common, run, result: () => outputs };
  }
  const x = { data: inputs, rows };
  const t = { data: targets, rows };
  const options = { epochs, batchSize, shuffle: false };
  return {
    ...common,
    reset: () => {
      if (optimizer.name === "sgd") return setParameters(ours);
      // Moments and step count start anew only in a new network.
      ours.dispose();
      ours = make();
    },
    ...(isAlone ? { run: () => ours.train(x, t, options) } : { runAsync: () => ours.trainAsync(x, t, options) }),
    result: () => ours.layers.flatMap(({ weights, biases }) => [...weights, ...biases]),
  };
});
