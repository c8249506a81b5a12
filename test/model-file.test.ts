// Model files: what is saved comes back, in every build and with every option, goes on with the same bits, and is what docs/model-file.md says. FC_SEED=… repeats a run.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { type History, type ModelFileError, type NetworkOptions, NeuralNetwork, TrainingError, type TrainOptions } from "feedforward";
import { toJson } from "feedforward/json";
import { toOnnx } from "feedforward/onnx";
import { toSource } from "feedforward/source";
import { afterAll, describe, expect, test } from "vitest";
import { Header, Status } from "../src/abi.js";
import { BUILDS } from "./support/builds.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { randomSource, randomTable } from "./support/data.js";
import { type Everything, everything, OPTIMIZERS, SCHEDULES } from "./support/everything.js";
import { FileCore, fileCores } from "./support/file-cores.js";
import { expectSameHistory, joined } from "./support/histories.js";
import { checksumOf, FIELDS, fieldOf, fileOf, headerFor, headerLength, headerOf, partsOf, tensorOf } from "./support/model-file.js";
import { findPython, need } from "./support/programs.js";
import { check, SEED } from "./support/property.js";

afterAll(() => console.info(`properties were checked with FC_SEED=${SEED}`));

const CORES = fileCores();

function expectSameFile(actual: Uint8Array, expected: Uint8Array): void {
  expectSameBits(Buffer.from(actual), Buffer.from(expected), "file");
}

function optionsOf({ train }: Everything): TrainOptions {
  return { ...train, historyInterval: 1 };
}

describe("a saved network", () => {
  test("goes out as the one that it was saved from, with everything", () => {
    check(60, [everything], (run) => {
      const network = new NeuralNetwork(run.network);
      network.train(run.inputs, run.targets, optionsOf(run));
      const loaded = NeuralNetwork.load(network.save());
      expectSameFile(toOnnx(loaded), toOnnx(network));
      expect(toJson(loaded)).toBe(toJson(network));
      expect(toSource(loaded, { language: "c" })).toBe(toSource(network, { language: "c" }));
    });
  });

  test("has what runs in the background have made, those too that were stopped in the midst of a step", async () => {
    const create = () => new NeuralNetwork({ inputs: 100, layers: [{ units: 300, activation: "tanh" }, { units: 1 }], optimizer: "adam" });
    const inputs = { data: Float64Array.from({ length: 8000 * 100 }, (_, i) => Math.sin(i)), rows: 8000 };
    const targets = Float64Array.from({ length: 8000 }, (_, i) => (i % 3) / 2);
    for (const way of [{ threads: 1 }, { threads: 2 }, { worker: false }]) {
      const [network, plain] = [create(), create()];
      const stop = new AbortController();
      const run = network.trainAsync(inputs, targets, { epochs: 6, ...way, signal: stop.signal }).catch((reason) => reason);
      while (network.epoch < 2) await new Promise((resolve) => setImmediate(resolve));
      stop.abort("enough");
      expect(await run).toBe("enough");
      const loaded = NeuralNetwork.load(network.save());
      expect(loaded.history.epoch).toEqual(Array.from({ length: network.epoch }, (_, i) => i + 1));
      await loaded.trainAsync(inputs, targets, { epochs: 6, ...way, resume: true });
      plain.train(inputs, targets, 6);
      expectSameFile(loaded.save(), plain.save());
    }
  });

  test("comes back in every build, goes on at any step with the same bits, and is saved as the same bytes, with everything", () => {
    let resumed = 0;
    check(120, [everything, fc.nat()], (run, seed) => {
      const [save, load] = seed % 2 ? [BUILDS[0], BUILDS[1]] : [BUILDS[1], BUILDS[0]];
      const whole = new NeuralNetwork({ ...run.network, ...save?.options });
      const history = whole.train(run.inputs, run.targets, optionsOf(run));
      const first = new NeuralNetwork({ ...run.network, ...save?.options });
      const cut = 1 + (seed % whole.step);
      const start = first.train(run.inputs, run.targets, { ...optionsOf(run), onStep: ({ step }) => step < cut });
      const file = first.save();

      const second = NeuralNetwork.load(file, load?.options);
      expectSameFile(second.save(), file);
      expect([second.epoch, second.step, second.seed, second.precision]).toEqual([first.epoch, first.step, first.seed, first.precision]);
      expect(second.summary()).toBe(first.summary());
      expectSameBits(bytesOf(second.think(run.inputs).flat()), bytesOf(first.think(run.inputs).flat()), "answers");
      if (cut < whole.step) {
        const rest = second.train(run.inputs, run.targets, { ...optionsOf(run), resume: true });
        expectSameHistory(joined([start, rest]), history);
        expect(rest.bestEpoch).toEqual(history.bestEpoch);
        resumed++;
        expectSameFile(second.save(), whole.save());
        expect(second.history).toEqual(whole.history);
      }
      for (const network of [second, whole]) network.train(run.inputs, run.targets, { ...optionsOf(run), epochs: 1, earlyStopping: false });
      if (cut < whole.step) expectSameFile(second.save(), whole.save());
    });
    expect(resumed).toBeGreaterThan(60);
  });

  test("goes on from any step with the same bits: every optimizer with every schedule and normalisation, on every build", async () => {
    const random = randomSource(SEED);
    const [inputs, targets] = [randomTable(1, 11, 3), Array.from({ length: 11 }, (_, row) => row % 2)];
    let cases = 0;
    for (const given of OPTIMIZERS) {
      const isLbfgs = given.name === "lbfgs";
      // Twelve steps: three an epoch, or one, since L-BFGS knows no batches.
      const run: TrainOptions = isLbfgs ? { epochs: 12 } : { epochs: 4, batchSize: 4, shuffle: true };
      for (const schedule of isLbfgs ? [undefined] : SCHEDULES) {
        for (const normalization of [undefined, "layer", "batch"] as const) {
          const optimizer = schedule === undefined ? given : ({ ...given, schedule } as typeof given);
          const create = () =>
            new NeuralNetwork({
              inputs: 3,
              layers: [{ units: 4, activation: "tanh", ...(normalization && { normalization }), dropout: 0.2 }, { units: 1 }],
              optimizer,
              precision: cases % 2 ? "float32" : "float64",
              seed: cases,
            });
          const [whole, first] = [create(), create()];
          whole.train(inputs, targets, run);
          const cut = 1 + Math.floor(random() * 11);
          first.train(inputs, targets, { ...run, onStep: ({ step }) => step < cut });
          const file = first.save();
          for (const { options } of BUILDS) {
            const second = NeuralNetwork.load(file, options);
            second.train(inputs, targets, { ...run, resume: true });
            expectSameFile(second.save(), whole.save());
          }
          const threaded = NeuralNetwork.load(file);
          await threaded.trainAsync(inputs, targets, { ...run, resume: true, threads: 2 });
          expect(threaded.capabilities.threads).toBe(2);
          expectSameFile(threaded.save(), whole.save());
          cases++;
        }
      }
    }
    expect(cases).toBeGreaterThan(200);
  });

  test("is read and written alike by the builds with SIMD, scalar and with threads", () => {
    check(60, [everything, fc.boolean()], (run, weightsOnly) => {
      const network = new NeuralNetwork(run.network);
      network.train(run.inputs, run.targets, optionsOf(run));
      const file = weightsOnly ? network.save({ weightsOnly }) : network.snapshot();
      for (const core of CORES) {
        const { status, block } = core.load(file);
        expect(status, core.name).toBe(Status.Ok);
        expectSameFile(core.save(block, weightsOnly), file);
      }
    });
    expect(CORES.map(({ name }) => name)).toEqual(["SIMD", "scalar", "threads"]);
  });

  test("with weights only answers alike, is smaller, and learns from its first step on", () => {
    check(60, [everything], (run) => {
      const network = new NeuralNetwork(run.network);
      network.train(run.inputs, run.targets, optionsOf(run));
      network.notes.set("columns", "a, b");
      const file = network.save({ weightsOnly: true });
      expect(file.length).toBeLessThan(network.save().length - 5000);
      const other = NeuralNetwork.load(file);
      expectSameBits(bytesOf(other.think(run.inputs).flat()), bytesOf(network.think(run.inputs).flat()), "answers");
      expectSameFile(other.save({ weightsOnly: true }), file);
      expect([other.epoch, other.step, other.history.epoch]).toEqual([0, 0, []]);
      expect([...other.notes]).toEqual([["columns", "a, b"]]);
      other.train(run.inputs, run.targets, optionsOf(run));
      expect(other.step).toBeGreaterThan(0);
      expect(() => NeuralNetwork.load(file).train(run.inputs, run.targets, { ...optionsOf(run), resume: true })).toThrow(/^resume: /);
    });
  });

  test("is made again as it was before it learned", () => {
    check(40, [everything], (run) => {
      const network = new NeuralNetwork(run.network);
      const fresh = network.save();
      network.train(run.inputs, run.targets, optionsOf(run));
      expectSameFile(NeuralNetwork.load(network.save(), { untrained: true }).save(), fresh);
      expectSameFile(NeuralNetwork.load(network.save({ weightsOnly: true }), { untrained: true }).save(), fresh);
    });
  });

  test("takes its weights along where they were written by hand", () => {
    const network = new NeuralNetwork();
    network.layers[0]?.weights.set([1, 2, 3]);
    expect(NeuralNetwork.load(network.save()).synapticWeights).toEqual([[1], [2], [3]]);
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      network.layers[0]?.weights.set([wrong], 1);
      expect(() => network.save()).toThrow(/^save: expected finite parameters, statistics and moments$/);
    }
    network.layers[0]?.weights.set([2], 1);
    expect(NeuralNetwork.load(network.save()).synapticWeights).toEqual([[1], [2], [3]]);
  });

  test("has one NaN only, whichever the host's operations give", () => {
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 3 }, { units: 1 }], optimizer: "adam" });
    network.train([[1, 2]], [[1]], { epochs: 1, validation: { inputs: [[1, 2]], targets: [[1]] } });
    const file = network.save();
    for (const core of CORES) {
      const files = [0x7ff8000000000000n, 0xfff8000000000000n, 0x7ff8000000000001n, 0xffffffffffffffffn].map((bits) => {
        const { block } = core.load(file);
        const view = new DataView(core.core.memory.buffer, block.base);
        for (const field of [Header.ValidationLoss, Header.EpochMeasures, Header.ValidationMeasures]) view.setBigUint64(field, bits, true);
        return core.save(block);
      });
      for (const other of files.slice(1)) expectSameFile(other, files[0] as Uint8Array);
    }
  });

  test("trains in the background as it did", async () => {
    const options: NetworkOptions = {
      inputs: 2,
      layers: [{ units: 3, activation: { name: "elu", alpha: 0.5 } }, { units: 1 }],
      optimizer: "nadam",
    };
    const inputs = randomTable(1, 9, 2);
    const targets = inputs.map((_, row) => [row % 2]);
    const network = new NeuralNetwork(options);
    network.train(inputs, targets, 3);
    const other = NeuralNetwork.load(network.save());
    await other.trainAsync(inputs, targets, { epochs: 5 });
    network.train(inputs, targets, 5);
    expectSameFile(other.save(), network.save());
    expect(other.history.epoch).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("can be saved in the midst of a run, with the history until then", () => {
    const network = new NeuralNetwork();
    const [inputs, targets] = [randomTable(1, 4, 3), [0, 1, 1, 0]];
    const files: Uint8Array[] = [];
    network.train(inputs, targets, { epochs: 4, onEpoch: () => void files.push(network.save()) });
    expect(files.map((file) => NeuralNetwork.load(file).history.epoch.length)).toEqual([1, 2, 3, 4]);
    const other = NeuralNetwork.load(files[1] as Uint8Array);
    other.train(inputs, targets, { epochs: 4, resume: true });
    expect(other.synapticWeights).toEqual(network.synapticWeights);
  });
});

describe("a file of a run under way", () => {
  const [inputs, targets] = [randomTable(1, 9, 3), randomTable(2, 9, 1).map(([x]) => Number((x as number) > 0))];
  const run: TrainOptions = { epochs: 4, batchSize: 4, metrics: ["accuracy"], validation: { split: 0.3 } };

  test("saved in onStep, after any step, goes on to the file of the run that was not cut", () => {
    const whole = new NeuralNetwork();
    const files: Uint8Array[] = [];
    whole.train(inputs, targets, { ...run, onStep: () => void files.push(whole.save()) });
    expect(files.length).toBe(8);
    files.slice(0, -1).forEach((file, step) => {
      const network = NeuralNetwork.load(file);
      expect(network.history.epoch.length).toBe(Math.floor((step + 1) / 2));
      network.train(inputs, targets, { ...run, resume: true });
      expectSameFile(network.save(), whole.save());
    });
  });

  test.each([{ worker: false }, { threads: 1 }, { threads: 2 }] as const)("saved in onEpoch of trainAsync: %j", async (way) => {
    const plain = new NeuralNetwork();
    plain.train(inputs, targets, run);
    const network = new NeuralNetwork();
    const files: Uint8Array[] = [];
    const lengths: number[] = [];
    const onEpoch = () => {
      files.push(network.save());
      lengths.push(network.history.epoch.length);
    };
    await network.trainAsync(inputs, targets, { ...run, ...way, onEpoch });
    expect(lengths).toEqual([1, 2, 3, 4]);
    expectSameFile(network.save(), plain.save());
    for (const file of files.slice(0, -1)) {
      const other = NeuralNetwork.load(file);
      other.train(inputs, targets, { ...run, resume: true });
      expectSameFile(other.save(), plain.save());
    }
  });

  test("saved in onEpoch of a stream has the epochs until then", async () => {
    const network = new NeuralNetwork();
    network.train(inputs, targets, 2);
    const epochs: number[][] = [];
    const onEpoch = () => void epochs.push(NeuralNetwork.load(network.save()).history.epoch);
    await network.trainAsync(() => [{ inputs, targets }], { epochs: 3, onEpoch });
    expect(epochs).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5],
    ]);
  });
});

describe("the history", () => {
  const inputs = randomTable(1, 6, 2);
  const targets = [0, 1, 0, 1, 1, 0];
  const options: NetworkOptions = { inputs: 2, layers: [{ units: 1 }] };

  test("is that of all runs, with NaN where a run has not measured what another has", () => {
    const network = new NeuralNetwork(options);
    const runs: History[] = [];
    runs.push(network.train(inputs, targets, 2));
    runs.push(network.train(inputs, targets, { epochs: 2, metrics: ["accuracy"], validation: { split: 0.5 } }));
    runs.push(network.train(inputs, targets, { epochs: 1, metrics: ["rootMeanSquaredError"] }));
    const { NaN: none } = Number;
    const list = (key: "epoch" | "loss" | "learningRate") => runs.flatMap((run) => run[key]);
    const expected = {
      epoch: [1, 2, 3, 4, 5],
      loss: list("loss"),
      learningRate: list("learningRate"),
      validationLoss: [none, none, ...(runs[1] as History).validationLoss, none],
      metrics: {
        accuracy: [none, none, ...((runs[1] as History).metrics.accuracy as number[]), none],
        rootMeanSquaredError: [none, none, none, none, ...((runs[2] as History).metrics.rootMeanSquaredError as number[])],
      },
      validationMetrics: { accuracy: [none, none, ...((runs[1] as History).validationMetrics.accuracy as number[]), none] },
    };
    expect(network.history).toEqual(expected);
    const other = NeuralNetwork.load(network.save());
    expect(other.history).toEqual(expected);
    expectSameFile(other.save(), network.save());
    other.train(inputs, targets, 1);
    expect(other.history.epoch).toEqual([1, 2, 3, 4, 5, 6]);
    // Copies.
    network.history.epoch.push(9);
    expect(network.history.epoch).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps runs that ended with an error, whoever threw it", async () => {
    const network = new NeuralNetwork(options);
    const thrower = ({ epoch }: { epoch: number }) => {
      if (epoch === 3) throw new Error("mine");
    };
    expect(() => network.train(inputs, targets, { epochs: 5, onEpoch: thrower })).toThrow("mine");
    expect(network.history.epoch).toEqual([1, 2, 3]);
    const huge = new NeuralNetwork({
      inputs: 1,
      layers: [{ units: 1, activation: "linear" }],
      optimizer: { name: "sgd", learningRate: 1e60 },
    });
    await expect(huge.trainAsync([[1]], [1e3], { epochs: 50 })).rejects.toBeInstanceOf(TrainingError);
    expect(huge.history.epoch.length).toBeGreaterThan(0);
    expect(huge.history.epoch.length).toBe(huge.epoch);
  });

  test.each(["worker", "slices", "stream"])("keeps what was done until trainAsync was stopped: %s", async (way) => {
    const network = new NeuralNetwork(options);
    const controller = new AbortController();
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === 5) controller.abort();
    };
    const run = { epochs: 900, onEpoch, signal: controller.signal, worker: way !== "slices" };
    const running =
      way === "stream"
        ? network.trainAsync(() => [{ inputs, targets }], run)
        : network.trainAsync(inputs, targets, { ...run, metrics: ["accuracy"] });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(network.epoch).toBeGreaterThanOrEqual(5);
    expect(network.history.epoch).toEqual(Array.from({ length: network.epoch }, (_, i) => i + 1));
    expect(network.history.metrics.accuracy?.length).toBe(way === "stream" ? undefined : network.epoch);
  });

  test("is that of the file that restore is given, where it has one", () => {
    const [network, other] = [new NeuralNetwork(options), new NeuralNetwork(options)];
    network.train(inputs, targets, 5);
    other.train(inputs, targets, { epochs: 3, batchSize: 2, metrics: ["accuracy"] });
    network.notes.set("mine", "stays");
    network.restore(other.save());
    expect(network.history).toEqual(other.history);
    expect(network.notes.get("mine")).toBe("stays");
    network.train(inputs, targets, 1);
    expect(network.history.epoch).toEqual([1, 2, 3, 4]);
  });

  test("forgets what restore takes back", () => {
    const network = new NeuralNetwork(options);
    network.train(inputs, targets, 2);
    const snapshot = network.snapshot();
    const history = network.history;
    network.train(inputs, targets, 3);
    network.restore(snapshot);
    expect(network.history).toEqual(history);
    network.restore(NeuralNetwork.load(snapshot, { untrained: true }).save());
    expect(network.history).toEqual({ epoch: [], loss: [], validationLoss: [], learningRate: [], metrics: {}, validationMetrics: {} });
  });
});

describe("the bytes of a file", () => {
  const file = new NeuralNetwork().save();

  test("may be of another realm, and may not be detached", () => {
    const other = runInNewContext("Uint8Array.from(file)", { file });
    expect(other instanceof Uint8Array).toBe(false);
    expectSameFile(NeuralNetwork.load(other).save(), file);
    const gone = file.slice();
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => NeuralNetwork.load(gone)).toThrow(/^load: expected numbers, got a typed array whose buffer was transferred$/);
  });

  test("go into a Blob and a Response as they are", async () => {
    const network = new NeuralNetwork();
    expect(new Blob([network.save(), network.snapshot()]).size).toBe(2 * file.length);
    expectSameFile(new Uint8Array(await new Response(network.save()).arrayBuffer()), file);
  });
});

test("damage to a file of more than 4 MiB is told as that, too", () => {
  const network = new NeuralNetwork({ inputs: 1000, layers: [{ units: 600 }], optimizer: "adam" });
  const file = network.save();
  expect(file.length).toBeGreaterThan(4 * 2 ** 20);
  const codeOf = (bytes: Uint8Array) => {
    try {
      return NeuralNetwork.load(bytes) && "";
    } catch (error) {
      return (error as ModelFileError).code;
    }
  };
  const head = 8 + headerLength(file);
  expect(codeOf(file.slice(0, file.length - 4096))).toBe("damaged");
  expect(codeOf(Buffer.concat([file, new Uint8Array(4)]))).toBe("damaged");
  for (let at = 130; at < head + 400; at += 7) {
    const flipped = file.slice();
    flipped[at] = (flipped[at] as number) ^ 16;
    expect(codeOf(flipped), `byte ${at}`).toBe("damaged");
  }
  // In a network that is there, as well.
  expect(() => network.restore(file.slice(0, -4096))).toThrow(expect.objectContaining({ code: "damaged" }));
});

test("what is no file at all takes no room in a network that is there", () => {
  const network = new NeuralNetwork();
  const bytes = network.layers[0]?.weights.buffer.byteLength as number;
  expect(() => network.restore(new Uint8Array(1e8))).toThrow(expect.objectContaining({ code: "notModelFile" }));
  expect(network.layers[0]?.weights.buffer.byteLength).toBeLessThan(bytes + 5 * 2 ** 20);
});

test("a history of 300,000 epochs comes back", () => {
  const network = new NeuralNetwork();
  network.train([[0, 0, 1]], [1], { epochs: 300_000, historyInterval: 1 });
  const { epoch, loss } = network.history;
  expect(epoch.length).toBe(300_000);
  const other = NeuralNetwork.load(network.save());
  expect(other.history.epoch).toEqual(epoch);
  expect(other.history.loss).toEqual(loss);
});

describe("notes", () => {
  test("are any texts, and come back", () => {
    const network = new NeuralNetwork();
    const strings = ["", '"', "\\", "\\u0041", "é", "😀", "\ud800", "\u0000\n\u007f", "__proto__", "constructor", "]]", "x".repeat(5000)];
    for (const text of strings) network.notes.set(text, text);
    network.notes.set("last", "one");
    const file = network.save();
    const other = NeuralNetwork.load(file);
    expect([...other.notes]).toEqual([...network.notes]);
    expectSameFile(other.save(), file);
    expect(/^[ -~]*$/.test(headerOf(file))).toBe(true);
  });

  test("that are too long, or none, are refused by name", () => {
    const network = new NeuralNetwork();
    network.notes.set("a", "\u0000".repeat(200_000));
    expect(() => network.save()).toThrow(
      expect.objectContaining({ code: "tooLarge", message: "save: expected notes and names up to 1 MiB and a network up to 4 GiB" }),
    );
    network.notes.set("a", 5 as unknown as string);
    expect(() => network.save()).toThrow(new TypeError("notes: expected strings by strings, got 5"));
    network.notes.clear();
    network.notes.set(7 as unknown as string, "a");
    expect(() => network.save()).toThrow(new TypeError("notes: expected strings by strings, got 7"));
    network.notes.clear();
    expect(NeuralNetwork.load(network.save()).notes.size).toBe(0);
  });
});

describe("docs/model-file.md", () => {
  const words = (part: keyof typeof FIELDS) => {
    const last = FIELDS[part].at(-1) as string[];
    return Number(last[0]) + (last[1] === "f64" ? 2 : 1);
  };

  test("has tables without gaps", () => {
    for (const rows of Object.values(FIELDS)) {
      rows.forEach(([word, type], i) => {
        const next = rows[i + 1]?.[0];
        if (next !== undefined) expect(Number(next)).toBe(Number(word) + (type === "f64" ? 2 : 1));
      });
    }
    expect([words("Configuration"), words("Layers"), words("Run")]).toEqual([36, 26, 56]);
  });

  test("says what a file is: sizes, header, checksum, tensors and fields, with everything", () => {
    check(80, [everything], (run) => {
      const network = new NeuralNetwork(run.network);
      network.train(run.inputs, run.targets, optionsOf(run));
      const file = network.save();
      const parts = partsOf(file);
      expect(file.length % 4).toBe(0);
      expect(headerLength(file) % 8).toBe(0);
      // Its header and its checksum are those that the page gives to these tensors.
      expectSameFile(fileOf(parts), file);
      expect(headerOf(file)).toContain(`"checksum":"${checksumOf(file)}"`);
      expect(headerFor(parts).length).toBeGreaterThan(headerLength(file) - 8);
      const get = (field: string) => fieldOf(file, "Configuration", field);
      expect([get("Inputs"), get("LayerCount"), get("Seed"), get("ElementBytes")]).toEqual([
        network.inputs,
        network.layers.length,
        network.seed,
        network.precision === "float64" ? 8 : 4,
      ]);
      expect([fieldOf(file, "Run", "Epoch"), fieldOf(file, "Run", "Step")]).toEqual([network.epoch, network.step]);
      network.layers.forEach((layer, l) => {
        expect(fieldOf(file, "Layers", "Units", l)).toBe(layer.units);
        expect(tensorOf(file, `layers.${l}.weights`).shape).toEqual(layer.shape);
        for (const name of ["weights", "biases", "scales", "shifts", "means", "variances"] as const) {
          const tensor = parts.tensors.find((each) => each.name === `layers.${l}.${name}`);
          expectSameBits(Buffer.from(tensor?.bytes ?? []), bytesOf(layer[name]), `${name} of layer ${l}`);
        }
      });
      const moments = parts.tensors.filter(({ name }) => name.startsWith("optimizer.moments."));
      const optimizer = get("Optimizer");
      expect(moments.length).toBe([0, 1, 1, 1, 1, 2, 3, 2, 1, 3 + 2 * get("PairCapacity")][optimizer]);
    });
  });
});

test("files of version 1 keep loading", () => {
  const file = readFileSync("test/fixtures/model-v1.safetensors");
  const { answers, history, inputs, targets, next } = JSON.parse(readFileSync("test/fixtures/model-v1.json", "utf8"));
  for (const { options } of BUILDS) {
    const network = NeuralNetwork.load(file, options);
    expect(network.think(inputs)).toEqual(answers);
    expect(network.history).toEqual(history);
    expect([...network.notes]).toEqual([["columns", "länge,breite"]]);
    expectSameFile(network.save(), file);
    network.train(inputs, targets, {
      epochs: 6,
      batchSize: 2,
      shuffle: true,
      validation: { split: 0.25 },
      metrics: ["accuracy"],
      resume: true,
    });
    expect(network.think(inputs)).toEqual(next);
  }
});

test("loading takes as much memory as the network or the file, not both", () => {
  const core = new FileCore("SIMD", "feedforward.wasm");
  const network = new NeuralNetwork({ inputs: 1000, layers: [{ units: 1000 }, { units: 10 }], optimizer: "adam", precision: "float32" });
  network.train(randomTable(1, 2, 1000), [new Array(10).fill(0), new Array(10).fill(1)], 2);
  for (const weightsOnly of [true, false]) {
    const file = network.save({ weightsOnly });
    expect(file.length).toBeGreaterThan(weightsOnly ? 4e6 : 12e6);
    const fresh = weightsOnly ? new FileCore("SIMD", "feedforward.wasm") : core;
    const { status, block } = fresh.load(file);
    expect(status).toBe(Status.Ok);
    const size = fresh.core.layout(block.base);
    expect(fresh.memoryBytes).toBeLessThan(Math.max(size, file.length) + 2 ** 19);
    expect(fresh.memoryBytes).toBeLessThan(2 * file.length);
  }
});

test("Python's safetensors opens a file and gives the weights by name", (context) => {
  const python = need(context, findPython("safetensors.numpy"), "there is no Python with safetensors (python3 or FEEDFORWARD_PYTHON)");
  const network = new NeuralNetwork({
    inputs: 3,
    layers: [{ units: 5, activation: "tanh", normalization: "batch" }, { units: 2 }],
    optimizer: "adam",
    precision: "float32",
  });
  network.notes.set("ü", '"');
  network.train(
    randomTable(1, 6, 3),
    randomTable(2, 6, 2).map((row) => row.map(Math.abs)),
    { epochs: 3, earlyStopping: true },
  );
  const folder = mkdtempSync(join(tmpdir(), "feedforward-"));
  try {
    for (const weightsOnly of [false, true]) {
      const path = join(folder, "model.safetensors");
      writeFileSync(path, network.save({ weightsOnly }));
      const program = `
import json, sys
from safetensors import safe_open
from safetensors.numpy import load_file
tensors = load_file(sys.argv[1])
with safe_open(sys.argv[1], framework="np") as file:
    metadata = file.metadata()
print(json.dumps({"metadata": metadata, "tensors": {name: [str(t.dtype), list(t.shape), t.ravel().tolist()] for name, t in tensors.items()}}))`;
      const { metadata, tensors } = JSON.parse(execFileSync(python, ["-c", program, path], { encoding: "utf8" }));
      expect(metadata.format).toBe("feedforward");
      expect(metadata.version).toBe("1");
      network.layers.forEach((layer, l) => {
        expect(tensors[`layers.${l}.weights`]).toEqual(["float32", [...layer.shape], Array.from(layer.weights)]);
        expect(tensors[`layers.${l}.biases`]).toEqual(["float32", [layer.units], Array.from(layer.biases)]);
      });
      expect(tensors["layers.0.means"]).toEqual(["float64", [5], Array.from(network.layers[0]?.means as Float64Array)]);
      expect(tensors["optimizer.moments.1"] === undefined).toBe(weightsOnly);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
