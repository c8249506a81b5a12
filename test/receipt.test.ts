// feedforward/receipt: a network comes out again from its receipt and the data, bit for bit, and what is other than the receipt says is told.

import { readFileSync } from "node:fs";
import { type NetworkOptions, NeuralNetwork } from "feedforward";
import { type ReceiptOptions, receiptOf, trainWithReceipt, verify } from "feedforward/receipt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { randomTable } from "./support/data.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

const OPTIONS: NetworkOptions = {
  inputs: 3,
  layers: [
    { units: 5, activation: "tanh", normalization: "batch", dropout: 0.2 },
    { units: 2, activation: "softmax" },
  ],
  optimizer: { name: "adam", learningRate: 0.01 },
  precision: "float32",
  seed: 3,
};
const INPUTS = randomTable(1, 30, 3);
const TARGETS = INPUTS.map(([x]) => ((x as number) > 0 ? 1 : 0));
const VALIDATION = { inputs: randomTable(2, 6, 3), targets: [0, 1, 0, 1, 1, 0] };
const WEIGHTS = INPUTS.map((_, i) => 1 + (i % 2));

async function trained(run: number | ReceiptOptions): Promise<Uint8Array> {
  const network = new NeuralNetwork(OPTIONS);
  await trainWithReceipt(network, INPUTS, TARGETS, run);
  return network.save();
}

describe("a network with a receipt", () => {
  test("is what the same run without one makes of it, and its file holds the receipt", async () => {
    const [network, twin] = [new NeuralNetwork(OPTIONS), new NeuralNetwork(OPTIONS)];
    const run = { epochs: 4, batchSize: 7, metrics: ["accuracy"] } as const;
    const { history, receipt } = await trainWithReceipt(network, INPUTS, TARGETS, run);
    expect(history).toEqual(twin.train(INPUTS, TARGETS, run));
    expect(network.think(INPUTS)).toEqual(twin.think(INPUTS));
    expect(receipt).toMatchObject({ version, seed: 3, options: run });
    for (const name of ["configuration", "data", "start", "parameters"] as const) expect(receipt[name]).toMatch(/^[0-9a-f]{64}$/);
    for (const weightsOnly of [false, true]) expect(receiptOf(NeuralNetwork.load(network.save({ weightsOnly })))).toEqual(receipt);
    expect(receiptOf(twin)).toBeUndefined();
  });

  test.each<[name: string, run: number | ReceiptOptions]>([
    ["iterations", 12],
    ["batches in a random order", { epochs: 3, batchSize: 4 }],
    [
      "validation rows, early stopping and weights",
      { epochs: 9, validation: VALIDATION, earlyStopping: { patience: 2 }, sampleWeights: WEIGHTS },
    ],
    ["a split and weights of classes", { epochs: 3, validation: { split: 0.3 }, classWeights: Float64Array.of(1, 2) }],
  ])("comes out again: %s", async (_, run) => {
    const { validation, sampleWeights } = (typeof run === "number" ? {} : run) as ReceiptOptions;
    const more = { ...(validation && { validation }), ...(sampleWeights && { sampleWeights }) };
    const file = await trained(run);
    expect(await verify(file, INPUTS, TARGETS, more)).toMatchObject({ same: true, receipt: { version } });
    const flat = { data: Float64Array.from(INPUTS.flat()), rows: INPUTS.length };
    expect(await verify(file, flat, Uint8Array.from(TARGETS), { ...more, worker: false })).toMatchObject({ same: true });
    const weightsOnly = NeuralNetwork.load(file).save({ weightsOnly: true });
    expect(await verify(weightsOnly, INPUTS, TARGETS, more)).toMatchObject({ same: true });
    if (validation || sampleWeights) expect(await verify(file, INPUTS, TARGETS)).toMatchObject({ same: false, differs: "data" });
  });

  test("that went on from a file takes that file", async () => {
    const network = new NeuralNetwork(OPTIONS);
    network.train(INPUTS, TARGETS, { epochs: 2, batchSize: 4 });
    const start = network.save();
    await trainWithReceipt(network, INPUTS, TARGETS, { epochs: 2, batchSize: 4 });
    expect(await verify(network.save(), INPUTS, TARGETS)).toMatchObject({ same: false, differs: "start" });
    expect(await verify(network.save(), INPUTS, TARGETS, { start })).toMatchObject({ same: true });
  });
});

describe("a receipt", () => {
  test("is of the options as they were when the run began", async () => {
    const network = new NeuralNetwork(OPTIONS);
    const earlyStopping = { patience: 2 };
    const running = trainWithReceipt(network, INPUTS, TARGETS, { epochs: 9, validation: VALIDATION, earlyStopping, resume: false });
    earlyStopping.patience = 50;
    const { receipt } = await running;
    expect(receipt.options).toEqual({ epochs: 9, earlyStopping: { patience: 2 } });
    expect(await verify(network.save(), INPUTS, TARGETS, { validation: VALIDATION })).toMatchObject({ same: true });
  });

  test.each(["float32", "float64"] as const)("is of the numbers that the network takes, in its precision: %s", async (precision) => {
    const network = new NeuralNetwork({ ...OPTIONS, precision });
    const thirds = INPUTS.map((row) => row.map((x) => x / 3));
    await trainWithReceipt(network, thirds, TARGETS, 2);
    const rows = thirds.map((row) => Float32Array.from(row));
    const { same } = await verify(network.save(), rows, Uint8Array.from(TARGETS));
    expect(same).toBe(precision === "float32");
  });

  test("is of data of several pieces, and holds nobody while it is made", async () => {
    const [rows, width] = [500, 300];
    const table = randomTable(3, rows, width);
    const create = () => new NeuralNetwork({ inputs: width, layers: [{ units: 2 }] });
    const network = create();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const targets = randomTable(4, rows, 2).map((row) => row.map(Math.abs));
    const { receipt } = await trainWithReceipt(network, table, targets, 1);
    const before = turns;
    const flat = { data: Float64Array.from(table.flat()), rows };
    expect(await verify(network.save(), flat, targets)).toMatchObject({ same: true });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(before);
    // The last number of the last piece counts.
    flat.data[rows * width - 1] = 0;
    expect(await verify(network.save(), flat, targets)).toMatchObject({ same: false, differs: "data" });
    expect(receipt.data).not.toBe(receipt.parameters);
  });

  test("that went on from a network without its moments begins otherwise", async () => {
    const network = new NeuralNetwork(OPTIONS);
    network.train(INPUTS, TARGETS, 2);
    const start = network.save({ weightsOnly: true });
    await trainWithReceipt(network, INPUTS, TARGETS, 2);
    expect(await verify(network.save(), INPUTS, TARGETS, { start })).toMatchObject({ same: false, differs: "start" });
  });

  test("hands over nothing but what a receipt has, and no other seed than the file's", async () => {
    const network = NeuralNetwork.load(await trained(3));
    const receipt = receiptOf(network);
    network.notes.set("receipt", JSON.stringify({ ...receipt, author: "evil" }));
    expect(receiptOf(network)).toEqual(receipt);
    network.notes.set("receipt", JSON.stringify({ ...receipt, seed: 99 }));
    expect(await verify(network.save(), INPUTS, TARGETS)).toMatchObject({ same: false, differs: "configuration" });
  });
});

describe("what is done with a network while its receipt is made", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  /** Lets `before` come first whenever something is hashed. */
  function watchHashes(before: () => void): void {
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "digest").mockImplementation(async (...given) => {
      before();
      return digest(...given);
    });
  }

  test("is refused until the run is over, from the call on", async () => {
    const network = new NeuralNetwork(OPTIONS);
    const snapshot = network.snapshot();
    let refused = 0;
    const tries = [
      () => network.restore(snapshot),
      () => network.train(INPUTS, TARGETS, 1),
      () => trainWithReceipt(network, INPUTS, TARGETS, 1),
    ];
    const tryAll = async () => {
      for (const each of tries) {
        await expect((async () => each())()).rejects.toThrow(/: expected no training to be under way/);
        refused++;
      }
    };
    const running = trainWithReceipt(network, INPUTS, TARGETS, { epochs: 2, batchSize: 4 });
    await tryAll();
    await running;
    expect(refused).toBe(tries.length);
    expect(network.epoch).toBe(2);
    expect(await verify(network.save(), INPUTS, TARGETS)).toMatchObject({ same: true });
  });

  test.each<[what: string, change: (network: NeuralNetwork, start: Uint8Array) => void, isNoted: boolean]>([
    ["nothing", () => {}, true],
    ["questions", (network) => network.evaluate(INPUTS, TARGETS), true],
    ["training", (network) => network.train(INPUTS, TARGETS, 1), false],
    ["restore", (network, start) => network.restore(start), false],
    ["a weight that is written", (network) => network.layers[1]?.weights.fill(-0, 3, 4), false],
    ["dispose", (network) => network.dispose(), false],
  ])("changes no receipt after the run: %s", async (_, change, isNoted) => {
    const create = () => {
      const network = new NeuralNetwork(OPTIONS);
      network.layers[1]?.weights.fill(0, 3, 4);
      return network;
    };
    // Without steps that change them, so that 0 stays 0.
    const run = { epochs: 3, batchSize: 4, classWeights: [0, 0] };
    const { receipt: expected } = await trainWithReceipt(create(), INPUTS, TARGETS, run);
    const network = create();
    const start = new NeuralNetwork(OPTIONS).save();
    let changes = 0;
    let isOver = false;
    const trainAsync = network.trainAsync.bind(network) as (...given: unknown[]) => Promise<never>;
    network.trainAsync = async (...given: unknown[]) => {
      const history = await trainAsync(...given);
      isOver = true;
      return history;
    };
    watchHashes(() => {
      if (isOver && changes++ === 0) change(network, start);
    });
    const { receipt } = await trainWithReceipt(network, INPUTS, TARGETS, run);
    expect(changes).toBeGreaterThan(0);
    expect(receipt).toEqual(expected);
    expect(receiptOf(network)).toEqual(isNoted ? receipt : undefined);
  });

  test("is the run's own error, if that fails, whatever becomes of the hashes", async () => {
    vi.spyOn(crypto.subtle, "digest").mockRejectedValue(new Error("no hash"));
    const network = new NeuralNetwork(OPTIONS);
    await expect(trainWithReceipt(network, [[1, 2]], [0], 1)).rejects.toThrow(/^inputs\[0\]: /);
    await expect(trainWithReceipt(network, INPUTS, TARGETS, { epochs: 9, signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await expect(trainWithReceipt(network, INPUTS, TARGETS, 1)).rejects.toThrow("no hash");
    expect(receiptOf(network)).toBeUndefined();
  });

  test("is not begun where there is nothing to hash with", async () => {
    vi.stubGlobal("crypto", undefined);
    const network = new NeuralNetwork(OPTIONS);
    await expect(trainWithReceipt(network, INPUTS, TARGETS, 1)).rejects.toThrow(/^crypto\.subtle: /);
    expect(network.step).toBe(0);
  });
});

describe("what is other than the receipt says is told", () => {
  test("data, however little they differ", async () => {
    const file = await trained(3);
    const inputs = INPUTS.map((row) => [...row]);
    (inputs[29] as number[])[2] = Math.fround(((inputs[29] as number[])[2] as number) + 1e-6);
    expect(await verify(file, inputs, TARGETS)).toMatchObject({ same: false, differs: "data" });
    expect(
      await verify(
        file,
        INPUTS,
        TARGETS.map((t) => 1 - t),
      ),
    ).toMatchObject({ same: false, differs: "data" });
    expect(await verify(file, INPUTS.slice(1), TARGETS.slice(1))).toMatchObject({ same: false, differs: "data" });
  });

  test("parameters that were written by hand, or learned more", async () => {
    const network = NeuralNetwork.load(await trained(3));
    network.train(INPUTS, TARGETS, 1);
    expect(await verify(network.save(), INPUTS, TARGETS)).toMatchObject({ same: false, differs: "parameters" });
  });

  test("another configuration, and a result that no run gives", async () => {
    const file = await trained(3);
    const other = new NeuralNetwork({ ...OPTIONS, seed: 4 });
    other.notes.set("receipt", NeuralNetwork.load(file).notes.get("receipt") as string);
    expect(await verify(other.save(), INPUTS, TARGETS)).toMatchObject({ same: false, differs: "configuration" });
    const forged = NeuralNetwork.load(file);
    const receipt = receiptOf(forged);
    forged.notes.set("receipt", JSON.stringify({ ...receipt, options: { epochs: 4 } }));
    expect(await verify(forged.save(), INPUTS, TARGETS)).toMatchObject({ same: false, differs: "result" });
  });
});

describe("refused by name", () => {
  test.each(["onEpoch", "onStep", "resume"])("%s in a run with a receipt", async (name) => {
    const network = new NeuralNetwork(OPTIONS);
    const run = { epochs: 1, [name]: name === "resume" ? true : () => true };
    await expect(trainWithReceipt(network, INPUTS, TARGETS, run)).rejects.toThrow(
      new RegExp(`^${name}: expected none in a run with a receipt`),
    );
    expect(network.step).toBe(0);
  });

  test("files without a receipt, or with something else for one", async () => {
    const network = new NeuralNetwork(OPTIONS);
    await expect(verify(network.save(), INPUTS, TARGETS)).rejects.toEqual(
      new RangeError("file: expected a receipt in the network's notes, got none"),
    );
    const { receipt } = await trainWithReceipt(network, INPUTS, TARGETS, 1);
    const wrong = ["", "{", "null", "[]", "5", "{}", JSON.stringify({ ...receipt, data: 5 }), JSON.stringify({ ...receipt, options: [] })];
    for (const text of wrong) {
      network.notes.set("receipt", text);
      await expect(verify(network.save(), INPUTS, TARGETS), text).rejects.toEqual(
        new RangeError("file: expected a receipt in the note of that name"),
      );
    }
    network.notes.set("receipt", JSON.stringify({ ...receipt, options: { epochs: 1, worker: "http://elsewhere" } }));
    await expect(verify(network.save(), INPUTS, TARGETS)).rejects.toEqual(
      new RangeError('file: expected a receipt of known options, got "worker"'),
    );
    network.notes.set("receipt", JSON.stringify({ ...receipt, options: { epochs: -1 } }));
    await expect(verify(network.save(), INPUTS, TARGETS)).rejects.toThrow(/^epochs: /);
    await expect(trainWithReceipt({} as NeuralNetwork, INPUTS, TARGETS, 1)).rejects.toEqual(
      new TypeError("network: expected a NeuralNetwork, got an object"),
    );
  });

  test.each<[what: string, call: (file: Uint8Array) => Promise<unknown>, message: string]>([
    [
      "no data",
      (file) => verify(file, undefined as never, []),
      "inputs: expected an array of rows, of numbers, or { data, rows }, got undefined",
    ],
    [
      "no rows",
      (file) => verify(file, INPUTS, {} as never),
      "targets: expected an array of rows, of numbers, or { data, rows }, got an object",
    ],
    [
      "options of the run",
      (file) => verify(file, INPUTS, TARGETS, { epochs: 3 } as never),
      'options: unknown option "epochs"; known are sampleWeights, validation, start, signal, threads, worker, onProgress',
    ],
    ["no options", (file) => verify(file, INPUTS, TARGETS, 5 as never), "options: expected an object, got 5"],
    ["null for options", (file) => verify(file, INPUTS, TARGETS, null as never), "options: expected an object, got null"],
    [
      "no validation",
      (file) => verify(file, INPUTS, TARGETS, { validation: 5 as never }),
      "validation: expected { split } or { inputs, targets }, got 5",
    ],
    [
      "no weights",
      (file) => verify(file, INPUTS, TARGETS, { sampleWeights: 5 as never }),
      "sampleWeights: expected an array of rows, of numbers, or { data, rows }, got 5",
    ],
    ["no network", async () => receiptOf({} as never), "network: expected a NeuralNetwork, got an object"],
  ])("%s", async (_, call, message) => {
    await expect(call(await trained(1))).rejects.toEqual(new TypeError(message));
  });

  test("batches, before anything is learned from them", async () => {
    const network = new NeuralNetwork(OPTIONS);
    const batches = async function* () {
      yield { inputs: INPUTS, targets: TARGETS };
    };
    await expect(trainWithReceipt(network, batches as never, undefined as never, { epochs: 1 })).rejects.toThrow(
      /^inputs: expected an array of rows/,
    );
    expect(network.step).toBe(0);
  });

  test("data that train refuses", async () => {
    await expect(trainWithReceipt(new NeuralNetwork(OPTIONS), [[1, 2]], [0], 1)).rejects.toThrow(/^inputs\[0\]: /);
  });
});
