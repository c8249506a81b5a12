// onnxruntime, the package that the first argument names: a session over the model file that python/model.py writes. For prediction only.

import { serve, Unsupported, versionOf } from "./protocol.mjs";

const name = process.argv[2];

await serve(async ({ kind, rows, inputs, parameters, modelFile }, { threads }) => {
  if (kind === "train") throw new Unsupported("it runs models and does not train");
  const ort = await import(name);
  const options = {};
  if (name === "onnxruntime-web") {
    if (threads !== undefined) ort.env.wasm.numThreads = threads;
    options.executionProviders = ["wasm"];
  } else if (threads !== undefined) {
    options.intraOpNumThreads = threads;
    options.interOpNumThreads = threads;
  }
  const session = await ort.InferenceSession.create(modelFile, options);
  let outputs;
  return {
    precision: "float32",
    threads: threads ?? (await defaultThreads(ort)),
    versions: { [name]: versionOf(name) },
    runAsync: async () => {
      const result = await session.run({ x: new ort.Tensor("float32", inputs, [rows, parameters[0].inputs]) });
      outputs = result.y.data;
    },
    result: () => outputs,
  };
});

/** onnxruntime-web says what it took; onnxruntime-node takes one for each core. */
async function defaultThreads(ort) {
  if (ort.env.wasm.numThreads) return ort.env.wasm.numThreads;
  const { availableParallelism } = await import("node:os");
  return availableParallelism();
}
