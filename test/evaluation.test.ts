// `evaluate` and the metrics of the history, beside each other and by their definitions; test/metrics.test.ts compares with scikit-learn.

import { type Evaluation, type History, type LayerOptions, type MetricName, NeuralNetwork, type TrainOptions } from "feedforward";
import { describe, expect, test } from "vitest";
import { BUILDS, type Build } from "./support/builds.js";
import { expectClose, expectSameBits } from "./support/compare.js";
import { randomSource, randomTable } from "./support/data.js";
import { type Everything, everything } from "./support/everything.js";
import { check, SEED } from "./support/property.js";

console.log(`evaluation.test.ts: FC_SEED=${SEED}`);

const [SIMD, SCALAR] = BUILDS as [Build, Build];

test("outputs that a residual is added to are values, not probabilities", () => {
  for (const activation of ["softmax", "sigmoid"] as const) {
    const network = new NeuralNetwork({ inputs: 2, layers: [{ units: 2, activation, residual: true }], loss: "squaredError" });
    const rows = [
      [1, -9],
      [2, 7],
    ];
    expect(
      network.evaluate(rows, [
        [1, 0],
        [0, 1],
      ]),
    ).toMatchObject({ kind: "values", rows: 2 });
    expect(() => network.train(rows, rows, { epochs: 1, classWeights: [1, 2] })).toThrow("classWeights: expected softmax outputs");
  }
});

const METRICS: readonly MetricName[] = ["accuracy", "meanAbsoluteError", "rootMeanSquaredError"];

/** The run's rows again and again, up to `rows` of them. */
function repeated<E>(list: readonly E[], rows: number): E[] {
  return Array.from({ length: rows }, (_, row) => list[row % list.length] as E);
}

test("evaluate gives the same bits in both builds, of more rows than a chunk, too, with everything", () => {
  const kinds = new Set<string>();
  check(120, [everything], (run) => {
    const rows = run.inputs.length > 30 ? 700 : run.inputs.length;
    const [inputs, targets] = [repeated(run.inputs, rows), repeated(run.targets as number[][], rows)];
    const evaluations = [SIMD, SCALAR].map(({ options }) => {
      const network = new NeuralNetwork({ ...run.network, ...options });
      network.train(run.inputs, run.targets, run.train);
      const before = network.snapshot();
      const weighting = run.train.sampleWeights ? { sampleWeights: inputs.map((row) => Math.abs(row[0] as number)) } : {};
      const evaluation = network.evaluate(inputs, targets, weighting);
      expectSameBits(Buffer.from(network.snapshot().buffer), Buffer.from(before.buffer), "snapshot");
      expect(network.evaluate(inputs, targets, weighting)).toEqual(evaluation);
      return evaluation;
    });
    expect(evaluations[1]).toEqual(evaluations[0]);
    expect(evaluations[0]?.rows).toBe(rows);
    kinds.add((evaluations[0] as Evaluation).kind);
  });
  expect(kinds).toContain("classes");
  expect(kinds).toContain("values");
});

describe.each(BUILDS)("$name build", ({ options }) => {
  test.each([
    { activation: "sigmoid", units: 1, targets: [0, 1, 1] },
    { activation: "softmax", units: 2, targets: [0, 1, 1] },
    {
      activation: "sigmoid",
      units: 2,
      targets: [
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    },
  ] as const)("outputs that are no numbers have no area and no loss: $activation of $units units", ({ activation, units, targets }) => {
    for (const precision of ["float64", "float32"] as const) {
      const network = new NeuralNetwork({ inputs: 1, layers: [{ units, activation }], precision, ...options });
      network.layers[0]?.weights.fill(Number.NaN);
      const evaluation = network.evaluate([[1], [2], [3]], targets as never);
      if (evaluation.kind === "values") expect.unreachable();
      else expect([evaluation.loss, evaluation.logLoss, evaluation.macroRocAuc, ...evaluation.rocAuc].every(Number.isNaN)).toBe(true);
    }
  });

  const make = (run: Everything) => new NeuralNetwork({ ...run.network, ...options });

  /** What `metric` is of an evaluation, where it is in it. */
  function measured(evaluation: Evaluation, metric: MetricName, outputs: number): number | undefined {
    if (metric === "accuracy") return evaluation.kind === "values" ? undefined : evaluation.accuracy;
    if (evaluation.kind !== "values") return undefined;
    // Of several outputs the history has the root of all, evaluate the mean of the roots.
    return metric === "meanAbsoluteError" ? evaluation.meanAbsoluteError : outputs === 1 ? evaluation.rootMeanSquaredError : undefined;
  }

  test("the validation loss and metrics after each epoch are evaluate's of these rows", () => {
    const compared = new Map<string, number>();
    const count = (name: string) => compared.set(name, (compared.get(name) ?? 0) + 1);
    check(100, [everything], (run) => {
      const { sampleWeights: _, earlyStopping: _stopping, classWeights: _class, ...train } = run.train;
      const network = make(run);
      const validation = { inputs: run.inputs.slice(0, 300), targets: run.targets.slice(0, 300) as number[][] };
      const { activation, residual } = (run.network.layers as LayerOptions[]).at(-1) as LayerOptions;
      const probable = (activation === "softmax" || activation === "sigmoid") && !residual;
      const metrics = METRICS.filter((metric) => metric !== "accuracy" || probable);
      const history = network.train(run.inputs, run.targets, {
        ...train,
        validation,
        metrics,
        onEpoch: ({ validationLoss, validationMetrics }) => {
          const evaluation = network.evaluate(validation.inputs, validation.targets);
          // Batch normalisation may look at other parts of the rows at once.
          expectClose([validationLoss as number], [evaluation.loss], { atol: 0, rtol: 1e-13 }, "loss");
          count("loss");
          for (const metric of metrics) {
            const expected = measured(evaluation, metric, network.outputs);
            if (expected === undefined) continue;
            expectClose([validationMetrics?.[metric] as number], [expected], { atol: 1e-14, rtol: 1e-12 }, metric);
            count(metric);
          }
        },
      });
      const twin = make(run);
      expect(twin.train(run.inputs, run.targets, { ...train, validation, metrics })).toEqual(history);
    });
    for (const name of ["loss", "accuracy", "meanAbsoluteError"]) expect(compared.get(name), name).toBeGreaterThan(20);
  });

  test("so is the root mean squared error of a single output", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 1, activation: "linear" }], ...options });
    const [inputs, targets] = [randomTable(6, 20, 3), randomTable(7, 20, 1)];
    const found: number[] = [];
    const { validationMetrics } = network.train(inputs, targets, {
      epochs: 3,
      validation: { inputs, targets },
      metrics: ["rootMeanSquaredError"],
      onEpoch: () => {
        const evaluation = network.evaluate(inputs, targets);
        if (evaluation.kind === "values") found.push(evaluation.rootMeanSquaredError);
      },
    });
    expectClose(validationMetrics.rootMeanSquaredError as number[], found, { atol: 0, rtol: 1e-14 }, "root mean squared error");
    expect(new Set(found).size).toBe(3);
  });

  test("evaluate's loss of the rows of a split is the history's, bit for bit", () => {
    const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 5, activation: "tanh" }, { units: 2 }], ...options });
    const inputs = randomTable(1, 900, 3);
    const targets = randomTable(2, 900, 2).map((row) => row.map(Math.abs));
    const { validationLoss } = network.train(inputs, targets, { epochs: 3, batchSize: 64, shuffle: false, validation: { split: 0.5 } });
    expect(network.evaluate(inputs.slice(450), targets.slice(450)).loss).toBe(validationLoss.at(-1));
  });

  describe("metrics of the rows that are learned from", () => {
    const inputs = randomTable(3, 11, 3);
    const random = randomSource(4);
    const sampleWeights = inputs.map(() => 0.5 + random());
    const ENDS = [
      { activation: "softmax", units: 3, targets: inputs.map((_, row) => row % 3) },
      { activation: "sigmoid", units: 2, targets: inputs.map((_, row) => [row % 2, (row >> 1) % 2]) },
      { activation: "sigmoid", units: 1, targets: inputs.map((_, row) => [row % 2]) },
      { activation: "linear", units: 2, targets: randomTable(5, 11, 2) },
    ] as const;

    /** The weighted means over the rows, each as it was answered before the step that learned from it. */
    function expected(
      answers: number[][],
      targets: readonly (number | readonly number[])[],
      weights: readonly number[],
      isClasses: boolean,
    ) {
      const sums = { accuracy: 0, meanAbsoluteError: 0, rootMeanSquaredError: 0 };
      let total = 0;
      answers.forEach((y, row) => {
        const given = targets[row] as number | number[];
        const t = typeof given === "number" ? y.map((_, k) => Number(k === given)) : given;
        const weight = weights[row] as number;
        const mean = (of: (output: number, target: number) => number) =>
          y.reduce((sum, output, k) => sum + of(output, t[k] as number), 0) / y.length;
        sums.accuracy +=
          weight *
          (isClasses ? Number(y.indexOf(Math.max(...y)) === given) : mean((output, target) => Number(output >= 0.5 === target >= 0.5)));
        sums.meanAbsoluteError += weight * mean((output, target) => Math.abs(output - target));
        sums.rootMeanSquaredError += weight * mean((output, target) => (output - target) ** 2);
        total += weight;
      });
      return {
        accuracy: sums.accuracy / total,
        meanAbsoluteError: sums.meanAbsoluteError / total,
        rootMeanSquaredError: Math.sqrt(sums.rootMeanSquaredError / total),
      };
    }

    test.each(ENDS.flatMap((end) => [false, true].map((weighted) => ({ ...end, weighted }))))(
      "$activation of $units units, weighted: $weighted",
      ({ activation, units, targets, weighted }) => {
        const layers = [
          { units: 4, activation: "tanh" },
          { units, activation },
        ] as const;
        const optimizer = { name: "sgd", learningRate: 0.5 } as const;
        const [network, twin] = [0, 1].map(() => new NeuralNetwork({ inputs: 3, layers, optimizer, ...options })) as [
          NeuralNetwork,
          NeuralNetwork,
        ];
        const weights = weighted ? sampleWeights : inputs.map(() => 1);
        const metrics = METRICS.filter((metric) => metric !== "accuracy" || activation !== "linear");
        const run: TrainOptions = { epochs: 3, batchSize: 4, shuffle: false, metrics, ...(weighted && { sampleWeights }) };
        const history = network.train(inputs, targets as number[][], run);
        expect(Object.keys(history.metrics)).toEqual(metrics);
        for (let epoch = 0; epoch < 3; epoch++) {
          const answers: number[][] = [];
          for (let from = 0; from < 11; from += 4) {
            const part = inputs.slice(from, from + 4);
            answers.push(...twin.think(part));
            const partTargets = targets.slice(from, from + 4) as number[][];
            twin.train(part, partTargets, { epochs: 1, ...(weighted && { sampleWeights: weights.slice(from, from + 4) }) });
          }
          const means = expected(answers, targets, weights, activation === "softmax");
          for (const metric of metrics) {
            expectClose([history.metrics[metric]?.[epoch] as number], [means[metric]], { atol: 1e-15, rtol: 1e-13 }, `${metric}, ${epoch}`);
          }
        }
        expect(new Set(history.metrics.meanAbsoluteError).size).toBe(3);
      },
    );

    test("come in the order of their names' list, once each, and only those asked for", () => {
      const network = new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], ...options });
      const targets = inputs.map((_, row) => [row % 2]);
      const all = new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], ...options });
      const { metrics } = all.train(inputs, targets, { epochs: 2, metrics: METRICS });
      const asked: MetricName[] = ["rootMeanSquaredError", "accuracy", "rootMeanSquaredError"];
      const reports: unknown[] = [];
      const some: History = network.train(inputs, targets, {
        epochs: 2,
        metrics: asked,
        onEpoch: (report) => void reports.push(report.metrics),
      });
      const { accuracy, rootMeanSquaredError } = metrics;
      expect(some.metrics).toEqual({ accuracy, rootMeanSquaredError });
      expect(some.validationMetrics).toEqual({});
      expect(reports).toEqual([0, 1].map((i) => ({ accuracy: accuracy?.[i], rootMeanSquaredError: rootMeanSquaredError?.[i] })));
      expect(network.train(inputs, targets, 1).metrics).toEqual({});
    });
  });

  test("a softmax of one unit has one class, which is always right", () => {
    const network = new NeuralNetwork({ inputs: 1, layers: [{ units: 1, activation: "softmax" }], ...options });
    for (const targets of [
      [0, 0],
      [[1], [1]],
    ]) {
      expect(network.evaluate([[1], [2]], targets as number[][])).toEqual({
        kind: "classes",
        rows: 2,
        loss: 0,
        accuracy: 1,
        topKAccuracy: 1,
        logLoss: 0,
        precision: [1],
        recall: [1],
        f1: [1],
        support: [2],
        macroF1: 1,
        rocAuc: [Number.NaN],
        macroRocAuc: Number.NaN,
        confusionMatrix: [[2]],
      });
      const { loss, metrics } = network.train([[1], [2]], targets as number[][], { epochs: 1, classWeights: [2], metrics: ["accuracy"] });
      expect([loss, metrics.accuracy]).toEqual([[0], [1]]);
    }
  });
});
