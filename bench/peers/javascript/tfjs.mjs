// TensorFlow.js on the backend that the first argument names. Its core with `optimizer.minimize` and fused dense layers, over variables: a step
// is faster than one of LayersModel.trainOnBatch, which does the same through Keras' layers. Batches are tensors before the clock starts.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { batches, serve, versionOf } from "./protocol.mjs";

const backend = process.argv[2];

await serve(async (subject) => {
  const tf = await load();
  const { kind, parameters, loss, reduction, optimizer, rows, epochs, inputs, targets, outputs: width } = subject;
  const common = { precision: "float32", threads: 1, versions: { "tensorflow.js": versionOf("@tensorflow/tfjs") } };
  const variables = parameters.map(({ inputs, units, weights, biases, bias }) => ({
    weights: tf.variable(tf.tensor2d(Float32Array.from(weights), [inputs, units])),
    biases: bias ? tf.variable(tf.tensor1d(Float32Array.from(biases))) : undefined,
  }));
  const list = variables.flatMap(({ weights, biases }) => (biases ? [weights, biases] : [weights]));
  /** The last layer's sums where that is a softmax, else the outputs. */
  const forward = (x) => {
    let from = x;
    parameters.forEach(({ activation }, l) => {
      const { weights, biases } = variables[l];
      from = tf.fused.matMul({ a: from, b: weights, bias: biases, activation: activation === "softmax" ? "linear" : activation });
    });
    return from;
  };
  if (kind !== "train") {
    let outputs;
    const run = () => {
      outputs = tf.tidy(() => tf.softmax(forward(tf.tensor2d(inputs, [rows, parameters[0].inputs]))).dataSync());
    };
    return { ...common, run, result: () => outputs };
  }
  const data = batches(subject).map(([from, to]) => ({
    x: tf.tensor2d(Float32Array.from(slice(inputs, parameters[0].inputs, from, to)), [to - from, parameters[0].inputs]),
    t: tf.tensor2d(Float32Array.from(slice(targets, width, from, to)), [to - from, width]),
    scale: 0.5 / (reduction === "mean" ? to - from : 1),
  }));
  const lossOf = ({ x, t, scale }) =>
    loss === "crossEntropy" ? tf.losses.softmaxCrossEntropy(t, forward(x)) : tf.sum(tf.square(tf.sub(forward(x), t))).mul(scale);
  const make = () =>
    optimizer.name === "adam" ? tf.train.adam(optimizer.learningRate, 0.9, 0.999, 1e-8) : tf.train.sgd(optimizer.learningRate);
  let descent = make();
  return {
    ...common,
    reset: () => {
      descent.dispose();
      descent = make();
      parameters.forEach(({ weights, biases, inputs, units }, l) => {
        assign(tf, variables[l].weights, weights, [inputs, units]);
        if (variables[l].biases) assign(tf, variables[l].biases, biases, [units]);
      });
    },
    run: () => {
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const batch of data) descent.minimize(() => lossOf(batch), false, list);
      }
    },
    result: () => list.flatMap((variable) => [...variable.dataSync()]),
  };
});

/** The whole package, which registers the gradients, and the wasm backend beside it. */
async function load() {
  const tf = unwrap(await import("@tensorflow/tfjs"));
  if (backend === "wasm") {
    const { setWasmPaths } = unwrap(await import("@tensorflow/tfjs-backend-wasm"));
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  }
  await tf.setBackend(backend);
  await tf.ready();
  return tf;
}

/** A CommonJS module as Node hands it to `import`. */
function unwrap(module) {
  return module.default ?? module;
}

function assign(tf, variable, values, shape) {
  tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(values), shape)));
}

function slice(flat, width, from, to) {
  return flat.subarray(from * width, to * width);
}
