// What every engine does, for its digests to be compared with those of the Node that runs the tests: no engine of its own in it, so that all can load it.

const INPUTS = Array.from({ length: 60 }, (_, i) => [((i * 7919) % 97) / 128, ((i * 104729) % 89) / 128]);
const TARGETS = INPUTS.map(([a, b]) => (a > b ? 1 : 0));
const RUN = { epochs: 60, batchSize: 8 };
const WAYS = { worker: { threads: 1 }, slices: { worker: false }, threads: { threads: 2 } };

const OPTIONS = {
  float64: { inputs: 2, layers: [{ units: 9, activation: "tanh", dropout: 0.1, normalization: "batch" }, { units: 1 }], optimizer: "adam" },
  float32: {
    inputs: 2,
    layers: [
      { units: 12, activation: "gelu", bias: "glorotUniform", normalization: "layer" },
      { units: 2, activation: "softmax" },
    ],
    optimizer: { name: "nadam", clipNorm: 1 },
    precision: "float32",
  },
};

/** SHA-256 of a network's whole state. */
async function digestOf(network) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", network.snapshot()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Trains by `train` and in the background, where that is; `options` besides choose a core. */
export async function task({ NeuralNetwork }, options = {}) {
  const digests = {};
  const capabilities = {};
  const Original = globalThis.Worker;
  let workers = 0;
  if (Original) {
    globalThis.Worker = class extends Original {
      constructor(...given) {
        super(...given);
        workers++;
      }
    };
  }
  for (const [name, each] of Object.entries(OPTIONS)) {
    const made = () => new NeuralNetwork({ ...each, ...options });
    const plain = made();
    plain.train(INPUTS, TARGETS, RUN);
    digests[`${name}, train`] = await digestOf(plain);
    // Cut in the midst of an epoch, saved, loaded and gone on with: to the same file, whose history and notes come along.
    const cut = made();
    cut.train(INPUTS, TARGETS, { ...RUN, onStep: ({ step }) => step < 100 });
    cut.notes.set("engine", "any \u00e9\ud83d\ude00");
    const loaded = NeuralNetwork.load(cut.save(), options);
    loaded.train(INPUTS, TARGETS, { ...RUN, resume: true });
    digests[`${name}, from a file`] = await digestOf(loaded);
    digests[`${name}, its file`] = await digestOf({ snapshot: () => loaded.save() });
    digests[`${name}, its file of weights`] = await digestOf(NeuralNetwork.load(loaded.save({ weightsOnly: true }), options));
    for (const [path, way] of Object.entries(WAYS)) {
      const network = made();
      const stop = new AbortController();
      const onEpoch = ({ epoch }) => void (epoch === 20 && stop.abort("enough"));
      const reason = await network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, signal: stop.signal, onEpoch }).catch((reason) => reason);
      if (reason !== "enough" || network.epoch !== 20) throw new Error(`not stopped: ${reason}, ${network.epoch}`);
      await network.trainAsync(INPUTS, TARGETS, { ...RUN, ...way, resume: true });
      digests[`${name}, trainAsync by ${path}`] = await digestOf(network);
      capabilities[path] = network.capabilities;
    }
  }
  const tutorial = new NeuralNetwork(options);
  let epochs = 0;
  for await (const { loss } of tutorial.training(
    [
      [0, 0, 1],
      [1, 1, 1],
      [1, 0, 1],
      [0, 1, 1],
    ],
    [0, 1, 1, 0],
    15_000,
  )) {
    epochs++;
    if (loss < 0.01) break;
  }
  digests[`the tutorial's, ${epochs} epochs`] = await digestOf(tutorial);

  async function* batches() {
    for (let at = 0; at < 60; at += 12) yield { inputs: INPUTS.slice(at, at + 12), targets: TARGETS.slice(at, at + 12) };
  }
  // Rows so many that they are read, sent and placed in pieces.
  const rows = 200_000;
  const many = { data: Float64Array.from({ length: 2 * rows }, (_, i) => ((i * 7919) % 1009) / 1024), rows };
  for (const [path, way] of Object.entries(WAYS)) {
    const network = new NeuralNetwork({ ...OPTIONS.float64, ...options });
    await network.trainAsync(batches, { epochs: 3, ...way });
    digests[`a stream by ${path}`] = await digestOf(network);
    const outputs = await network.thinkAsync(many, way);
    digests[`answers by ${path}`] = await digestOf({ snapshot: () => new Uint8Array(outputs.buffer) });
  }
  const started = workers;

  // Steps that take some 0.1 s, and a stop in the midst of the second.
  const long = {
    inputs: 2,
    layers: [{ units: 100, activation: "tanh" }, { units: 100, activation: "tanh" }, { units: 1 }],
    optimizer: "adam",
    precision: "float32",
  };
  const targets = Uint8Array.from({ length: rows }, (_, i) => i % 2);
  const part = { data: many.data.subarray(0, 40_000), rows: 20_000 };
  for (const [path, way] of Object.entries(WAYS)) {
    const network = new NeuralNetwork({ ...long, ...options });
    const stop = new AbortController();
    const run = network
      .trainAsync(part, targets.subarray(0, part.rows), { epochs: 3, ...way, signal: stop.signal })
      .catch((reason) => reason);
    while (network.step === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    stop.abort("enough");
    const reason = await run;
    if (reason instanceof Error) throw reason;
    if (reason === "enough") await network.trainAsync(part, targets.subarray(0, part.rows), { epochs: 3, ...way, resume: true });
    digests[`long steps by ${path}`] = await digestOf(network);
  }
  return { digests, capabilities, workers: started };
}
