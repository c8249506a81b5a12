// `gradients`, `activations`, `summary` and views of layers. The gradient of the network as it thinks against central differences of its own loss, by parameters and
// inputs; that of a step against what a step does.

import {
  type ActivationName,
  type Gradients,
  type LayerOptions,
  type LossName,
  type NetworkOptions,
  NeuralNetwork,
  type Precision,
} from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS, type Build } from "./support/builds.js";
import { bytesOf, expectClose, expectSameBits } from "./support/compare.js";
import { randomSource, randomTable, reachableTable } from "./support/data.js";
import { everything } from "./support/everything.js";
import { check, SEED } from "./support/property.js";

console.log(`inspection.test.ts: FC_SEED=${SEED}`);

/** See test/gradients.test.ts. */
const STEP = 2 ** -23;
const TOLERANCE = { atol: 2e-5, rtol: 1e-4 };
const KINK = 2e-5;

const ACTIVATIONS = "sigmoid tanh relu leakyRelu elu selu gelu silu softplus softsign linear softmax".split(" ") as ActivationName[];
const LOSSES: readonly LossName[] = ["squaredError", "absoluteError", "huber", "binaryCrossEntropy", "crossEntropy"];
const NORMALIZATIONS = [undefined, "layer", "batch"] as const;
const PARTNERS: Partial<Record<LossName, ActivationName>> = { binaryCrossEntropy: "sigmoid", crossEntropy: "softmax" };

const CASES = ACTIVATIONS.flatMap((activation) =>
  LOSSES.filter((loss) => activation !== "softmax" || (PARTNERS[loss] ?? "softmax") === "softmax").map((loss) => ({ activation, loss })),
);

interface Instance {
  readonly options: NetworkOptions & { readonly inputs: number; readonly layers: readonly LayerOptions[] };
  readonly x: number[][];
  readonly t: number[][] | number[];
  readonly sampleWeights?: number[];
}

/** A network whose first layer goes around itself, with penalties, rows and weights for it. */
function draw(
  random: () => number,
  activation: ActivationName,
  loss: LossName,
  normalization: (typeof NORMALIZATIONS)[number],
  rows = 2 + Math.floor(random() * 4),
): Instance {
  const seed = Math.floor(random() * 2 ** 32);
  const yes = () => random() < 0.5;
  const last = PARTNERS[loss] ?? activation;
  const hidden = activation === "softmax" ? "tanh" : activation;
  const layerOf = (units: number, name: ActivationName): LayerOptions => ({
    units,
    activation: name,
    bias: yes(),
    initializer: "uniform",
    ...(normalization && { normalization }),
    ...(yes() && { l1: 0.01 }),
    ...(yes() && { l2: 0.1 }),
  });
  const outputs = last === "softmax" || normalization ? 4 : 1 + Math.floor(random() * 3);
  const t = randomTable(seed, rows, outputs).map((row) => row.map((value) => 0.1 + 0.8 * Math.abs(value)));
  const shares = t.map((row) => row.map((value) => value / row.reduce((sum, other) => sum + other)));
  const isClasses = loss === "crossEntropy";
  return {
    options: {
      inputs: 4,
      layers: [{ ...layerOf(4, hidden), residual: true }, layerOf(outputs, last)],
      loss,
      reduction: yes() ? "mean" : "sum",
      seed,
    },
    x: randomTable(seed + 1, rows, 4),
    t: isClasses ? (yes() ? shares.map((_, row) => row % outputs) : shares) : t,
    ...(yes() && { sampleWeights: t.map(() => 0.2 + 1.8 * random()) }),
  };
}

/** The network, with running statistics that are not the first ones. */
function learned({ options, x, t }: Instance, build: Build): NeuralNetwork {
  const network = new NeuralNetwork({ ...options, optimizer: { name: "sgd", learningRate: 1e-3 }, ...build.options });
  network.train(x, t as number[][], 20);
  return network;
}

/** All numbers that a gradient has by parameters, layer by layer. */
function flat(layers: Gradients["layers"] | NeuralNetwork["layers"]): number[] {
  return layers.flatMap(({ weights, biases, scales, shifts }) => [...weights, ...biases, ...scales, ...shifts]);
}

/** Slopes by each number of `values` around where `lossOf` is taken, and whether there is a kink. */
function centralDifferences(values: { [i: number]: number; readonly length: number }, lossOf: () => number) {
  const here = lossOf();
  return Array.from({ length: values.length }, (_, i) => {
    const value = values[i] as number;
    values[i] = value + STEP;
    const above = lossOf();
    values[i] = value - STEP;
    const below = lossOf();
    values[i] = value;
    const slope = (above - below) / (2 * STEP);
    return { slope, isKink: Math.abs(above - here - (here - below)) / STEP > KINK * (1 + Math.abs(slope)) };
  });
}

/** Expects the derivatives that are not at kinks, answers how many there were and how many of them are not 0. */
function expectSlopes(actual: ArrayLike<number>, expected: { slope: number; isKink: boolean }[], what: string) {
  expect(actual.length, what).toBe(expected.length);
  const smooth = expected.map((_, i) => i).filter((i) => !expected[i]?.isKink);
  const slopes = smooth.map((i) => expected[i]?.slope as number);
  expectClose(
    smooth.map((i) => actual[i] as number),
    slopes,
    TOLERANCE,
    what,
  );
  return { all: expected.length, smooth: smooth.length, steep: slopes.filter((slope) => Math.abs(slope) > 1e-3).length };
}

/** Compares both gradients of an instance with differences. */
function compare(instance: Instance, build: Build) {
  const network = learned(instance, build);
  const { x, t, sampleWeights } = instance;
  const options = sampleWeights ? { sampleWeights } : {};
  const before = network.snapshot();
  const { loss, layers, inputs } = network.gradients(x, t as number[][], options);
  const lossOf = () => network.evaluate(x, t as number[][], options).loss;
  expectClose([loss], [lossOf()], { atol: 0, rtol: 1e-14 }, "loss");
  expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");

  const byParameters = network.layers.flatMap(({ weights, biases, scales, shifts }) =>
    [weights, biases, scales, shifts].flatMap((part) => centralDifferences(part, lossOf)),
  );
  // Of so many rows a few will do.
  const some = x.length > 10 ? [0, 255, 256, 511, 512, x.length - 1] : x.map((_, row) => row);
  const byInputs = some.flatMap((row) => centralDifferences(x[row] as number[], lossOf));
  expect(inputs.length).toBe(x.length * 4);
  const found = some.flatMap((row) => [...inputs.subarray(4 * row, 4 * row + 4)]);
  return [expectSlopes(flat(layers), byParameters, "by parameters"), expectSlopes(found, byInputs, "by inputs")] as const;
}

describe.each(BUILDS)("$name build: gradients of the network as it thinks", (build) => {
  test.each(CASES)("$activation, $loss", ({ activation, loss }) => {
    const sums = [0, 1].map(() => ({ all: 0, smooth: 0, steep: 0 }));
    const random = randomSource(SEED);
    for (const normalization of NORMALIZATIONS) {
      compare(draw(random, activation, loss, normalization), build).forEach((found, i) => {
        const sum = sums[i] as (typeof sums)[number];
        for (const key of ["all", "smooth", "steep"] as const) sum[key] += found[key];
      });
    }
    for (const { all, smooth, steep } of sums) {
      // One of the three networks may stand at a kink with all its derivatives, which losses alone tell: no wrong gradient can hide there.
      expect(smooth / all, "share away from kinks").toBeGreaterThan(0.5);
      expect(steep / all, "share that is not 0").toBeGreaterThan(0.1);
    }
  });

  test.each(NORMALIZATIONS)("of 600 rows, normalization %s", (normalization) => {
    const random = randomSource(SEED);
    const instance = { ...draw(random, "gelu", "squaredError", normalization, 600) };
    const [byParameters] = compare({ ...instance, options: { ...instance.options, reduction: "mean" } }, build);
    expect(byParameters.smooth).toBe(byParameters.all);
  });

  test("float32 within its precision", () => {
    for (const normalization of NORMALIZATIONS) {
      const instance = draw(randomSource(SEED), "tanh", "squaredError", normalization, 5);
      const [exact, rounded] = (["float64", "float32"] as const).map((precision) => {
        const network = new NeuralNetwork({ ...instance.options, precision, ...build.options });
        return network.gradients(instance.x, instance.t as number[][]);
      }) as [Gradients, Gradients];
      expect(rounded.inputs).toBeInstanceOf(Float32Array);
      expect(rounded.layers[0]?.weights).toBeInstanceOf(Float32Array);
      const tolerance = { atol: 2e-5, rtol: 1e-4 };
      expectClose(flat(rounded.layers), flat(exact.layers), tolerance, "by parameters");
      expectClose(rounded.inputs, exact.inputs, tolerance, "by inputs");
      expectClose([rounded.loss], [exact.loss], tolerance, "loss");
    }
  });
});

describe.each(BUILDS)("$name build: gradients of a step", (build) => {
  const RATE = 0.25;

  test.each(["float64", "float32"] as const)("are what a step of sgd takes, and its loss, with everything (%s)", (precision) => {
    let checked = 0;
    check(100, [everything], (run) => {
      const { optimizer: _, ...shape } = run.network;
      const layers = shape.layers.map(({ maxNorm: _, ...layer }) => layer);
      const network = new NeuralNetwork({ ...shape, layers, precision, optimizer: { name: "sgd", learningRate: RATE }, ...build.options });
      const { sampleWeights } = run.train;
      const options = sampleWeights ? { sampleWeights } : {};
      // Not the very first step, so that the masks of dropout are of later ones.
      network.train(run.inputs, run.targets, { epochs: 2, ...options });
      const before = network.snapshot();
      const { loss, layers: derivatives } = network.gradients(run.inputs, run.targets, { ...options, training: true });
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
      const parameters = flat(network.layers);
      const losses: number[] = [];
      network.train(run.inputs, run.targets, { epochs: 1, ...options, onStep: (report) => void losses.push(report.loss) });
      expect([loss]).toEqual(losses);
      const by = flat(derivatives);
      const round = precision === "float32" ? Math.fround : (x: number) => x;
      flat(network.layers).forEach((after, i) => {
        // The rate is a power of two.
        if (!Object.is(after, round((parameters[i] as number) - RATE * (by[i] as number)))) {
          expect.unreachable(`parameter ${i} is ${after}, was ${parameters[i]}, derivative ${by[i]}`);
        }
      });
      network.layers.forEach(({ units }, l) => {
        if (layers[l]?.trainable !== false) return;
        expect(flat([derivatives[l] as Gradients["layers"][number]]).every((x) => x === 0)).toBe(true);
        expect(units).toBeGreaterThan(0);
      });
      if (by.some((x) => x !== 0)) checked++;
    });
    expect(checked).toBeGreaterThan(70);
  });

  test("differ by dropout and the batch's statistics from those of thinking", () => {
    for (const layer of [{ dropout: 0.5 }, { normalization: "batch" }] as const) {
      const layers = [{ units: 8, activation: "tanh", ...layer }, { units: 1 }] as const;
      const network = new NeuralNetwork({ inputs: 3, layers, ...build.options });
      const x = randomTable(1, 6, 3);
      const t = reachableTable(2, 6, 1, "sigmoid");
      const [thinking, step] = [false, true].map((training) => network.gradients(x, t, { training })) as [Gradients, Gradients];
      expect(step.loss).not.toBe(thinking.loss);
      expect(step.layers).not.toEqual(thinking.layers);
      expect(network.gradients(x, t)).toEqual(thinking);
      expect(network.gradients(x, t, { training: true })).toEqual(step);
      network.train(x, t, 1);
      if ("dropout" in layer) expect(network.gradients(x, t, { training: true }).loss).not.toBe(step.loss);
    }
  });

  test("are the caller's own", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], ...build.options });
    const x = randomTable(1, 6, 3);
    const t = reachableTable(2, 6, 1, "sigmoid");
    const found = network.gradients(x, t);
    const copy = structuredClone(found);
    network.train(x, t, 3);
    network.think(randomTable(3, 1000, 3));
    expect(found).toEqual(copy);
    expect(found.layers[0]?.scales).toHaveLength(0);
  });
});

describe.each(BUILDS)("$name build: activations", ({ options }) => {
  test("are what each layer answers, the last what think does, with everything", () => {
    let hidden = 0;
    check(80, [everything], (run) => {
      const network = new NeuralNetwork({ ...run.network, ...options });
      network.train(run.inputs, run.targets, run.train);
      const before = network.snapshot();
      const found = network.activations(run.inputs);
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
      expect(found).toHaveLength(network.layers.length);
      found.forEach((outputs, l) => {
        const { layers: all, loss: _, optimizer: _optimizer, ...shape } = run.network;
        const layers = all.slice(0, l + 1);
        const first = new NeuralNetwork({ ...shape, layers, loss: "squaredError", ...options });
        // Statistics can be written, too.
        first.layers.forEach((layer, i) => {
          for (const name of ["weights", "biases", "scales", "shifts", "means", "variances"] as const) {
            layer[name].set(network.layers[i]?.[name] as Float64Array);
          }
        });
        expectSameBits(bytesOf(outputs.flat()), bytesOf(first.think(run.inputs).flat()), `layer ${l}`);
        if (l > 0) hidden++;
      });
      expectSameBits(bytesOf((found.at(-1) as number[][]).flat()), bytesOf(network.think(run.inputs).flat()), "answers");
    });
    expect(hidden).toBeGreaterThan(30);
  });

  test.each<Precision>(["float64", "float32"])("come in the form of the inputs, for more rows than a chunk, too (%s)", (precision) => {
    const layers = [{ units: 4, activation: "gelu" }, { units: 2 }] as const;
    const network = new NeuralNetwork({ inputs: 3, layers, precision, ...options });
    const table = randomTable(1, 600, 3);
    const rows = network.activations(table);
    expect(rows.map((layer) => layer.map((row) => row.length))).toEqual([new Array(600).fill(4), new Array(600).fill(2)]);
    expect(rows.at(-1)).toEqual(network.think(table));
    const Type = precision === "float64" ? Float64Array : Float32Array;
    const typed = network.activations(table.map((row) => Type.from(row)));
    expect(typed.flat().every((row) => row instanceof Type)).toBe(true);
    expect(typed.map((layer) => layer.map((row) => Array.from(row)))).toEqual(rows);
    const flatRows = network.activations({ data: Type.from(table.flat()), rows: 600 });
    expect(flatRows.every((layer) => layer instanceof Type)).toBe(true);
    expect(flatRows.map((layer) => Array.from(layer))).toEqual(rows.map((layer) => layer.flat()));
    for (const r of [0, 255, 256, 599]) {
      const row = table[r] as number[];
      expect(network.activations(row)).toEqual(rows.map((layer) => layer[r]));
      expect(network.activations(Type.from(row))).toEqual(rows.map((layer) => Type.from(layer[r] as number[])));
    }
    // Of the caller's own.
    const copy = structuredClone(flatRows);
    network.activations(randomTable(2, 600, 3));
    expect(flatRows).toEqual(copy);
  });
});

describe("summary", () => {
  test("of the tutorial's network", () => {
    expect(new NeuralNetwork().summary()).toBe(
      [
        "layer  activation  shape  parameters  bytes", //
        "0      sigmoid     3 × 1           3     24",
        "total  float64                     3     24",
      ].join("\n"),
    );
  });

  test("of one with everything", () => {
    const network = new NeuralNetwork({
      inputs: 784,
      layers: [
        { units: 128, activation: "relu", normalization: "batch", dropout: 0.2 },
        { units: 128, activation: { name: "leakyRelu", slope: 0.1 }, residual: true, normalization: "layer", trainable: false },
        { units: 10, activation: "softmax", bias: false },
      ],
      precision: "float32",
    });
    // 784 · 128 + 3 · 128 = 100736, 128 · 128 + 3 · 128 = 16768, 1280.
    expect(network.summary()).toBe(
      [
        "layer  activation                                        shape      parameters   bytes",
        "0      relu, batch normalization, dropout 0.2            784 × 128      100736  402944",
        "1      leakyRelu, layer normalization, residual, frozen  128 × 128       16768   67072",
        "2      softmax                                           128 × 10         1280    5120",
        "total  float32, 102016 trainable                                        118784  475136",
      ].join("\n"),
    );
  });
});

describe("views and counters", () => {
  const layers = [{ units: 4, activation: "tanh", normalization: "batch" }, { units: 3, normalization: "layer" }, { units: 2 }] as const;

  test("of normalisations are there, as long as their layer is wide, and are views", () => {
    for (const precision of ["float64", "float32"] as const) {
      const network = new NeuralNetwork({ inputs: 3, layers, precision });
      const Type = precision === "float64" ? Float64Array : Float32Array;
      const [batch, layer, plain] = network.layers as [...NeuralNetwork["layers"]];
      expect(batch?.scales).toEqual(Type.of(1, 1, 1, 1));
      expect(batch?.shifts).toEqual(Type.of(0, 0, 0, 0));
      expect(batch?.means).toEqual(Float64Array.of(0, 0, 0, 0));
      expect(batch?.variances).toEqual(Float64Array.of(1, 1, 1, 1));
      expect(layer?.scales).toEqual(Type.of(1, 1, 1));
      expect(layer?.shifts).toEqual(Type.of(0, 0, 0));
      for (const empty of [layer?.means, layer?.variances, plain?.scales, plain?.shifts, plain?.means, plain?.variances]) {
        expect(empty).toHaveLength(0);
      }
      const row = [1, -1, 0.5];
      const before = network.think(row);
      for (const name of ["scales", "shifts", "means", "variances"] as const) {
        const view = batch?.[name] as Float64Array;
        const old = view[1] as number;
        view[1] = old + 2;
        expect(network.think(row), name).not.toEqual(before);
        view[1] = old;
        expect(network.think(row), name).toEqual(before);
      }
    }
  });

  test("say what a layer computes besides", () => {
    const network = new NeuralNetwork({
      inputs: 2,
      layers: [
        { units: 2, activation: { name: "leakyRelu", slope: 0.25 }, normalization: { name: "batch", epsilon: 0.5 }, residual: true },
        { units: 2, activation: { name: "elu", alpha: 3 }, normalization: "layer" },
        { units: 1, activation: "leakyRelu" },
      ],
    });
    const said = network.layers.map(({ activation, parameter, epsilon, residual }) => ({ activation, parameter, epsilon, residual }));
    expect(said).toEqual([
      { activation: "leakyRelu", parameter: 0.25, epsilon: 0.5, residual: true },
      { activation: "elu", parameter: 3, epsilon: 1e-5, residual: false },
      { activation: "leakyRelu", parameter: 0.01, epsilon: 0, residual: false },
    ]);
  });

  test("of batch normalisation gather what batches are", () => {
    const network = new NeuralNetwork({
      inputs: 1,
      layers: [{ units: 1, activation: "linear", bias: false, normalization: { name: "batch", momentum: 0.75 } }],
    });
    (network.layers[0]?.weights as Float64Array)[0] = 2;
    network.train([[1], [2], [6]], [[0], [0], [0]], 1);
    // Sums 2, 4, 12: mean 6, unbiased variance 28.
    expect(network.layers[0]?.means).toEqual(Float64Array.of(0.25 * 6));
    expect(network.layers[0]?.variances).toEqual(Float64Array.of(0.75 + 0.25 * 28));
  });

  test("count epochs and steps over the network's life", () => {
    const network = new NeuralNetwork({ inputs: 3, layers });
    const x = randomTable(1, 10, 3);
    const t = reachableTable(2, 10, 2, "sigmoid");
    expect([network.epoch, network.step]).toEqual([0, 0]);
    network.train(x, t, { epochs: 3, batchSize: 4, shuffle: false });
    expect([network.epoch, network.step]).toEqual([3, 9]);
    network.train(x, t, { epochs: 5, batchSize: 4, shuffle: false, onStep: ({ step }) => step < 11 });
    expect([network.epoch, network.step]).toEqual([3, 11]);
    network.train(x, t, 2);
    expect([network.epoch, network.step]).toEqual([5, 13]);
  });
});
