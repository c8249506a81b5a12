// The benchmark is a program too: its opponents compute what the library computes, its report has the form that it promises, wrong options
// are refused. What it measures is asserted nowhere.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { NeuralNetwork } from "feedforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PlainNetwork } from "../bench/plain/general.js";
import { readReport } from "../bench/report.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feedforward-bench-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bench(...args: string[]) {
  return spawnSync(process.execPath, ["--import", "tsx", "bench/main.ts", ...args], { encoding: "utf8" });
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(expected[i] as number, 12);
}

test("plain-js trains what the library trains", () => {
  const layers = [
    { units: 9, activation: "tanh", bias: true },
    { units: 6, activation: "relu", bias: false },
    { units: 5, activation: "linear", bias: true },
    { units: 2, activation: "sigmoid", bias: true },
  ] as const;
  const random = Array.from({ length: 7 }, (_, row) => Array.from({ length: 3 }, (_, i) => Math.sin(1 + row * 3 + i)));
  const targets = random.map(([a, b, c]) => [Number((a as number) > (b as number)), (c as number) ** 2]);
  const ours = new NeuralNetwork({ inputs: 3, layers, reduction: "sum", optimizer: { name: "sgd", learningRate: 0.05 } });
  const plain = new PlainNetwork({ inputs: 3, layers, learningRate: 0.05 });
  plain.layers.forEach(({ weights }, l) => {
    weights.set(ours.layers[l]?.weights ?? []);
  });
  const before = ours.layers.map(({ weights }) => weights.slice());
  ours.train(random, targets, 50);
  plain.train(random, targets, 50);
  plain.layers.forEach((layer, l) => {
    const { weights, biases } = ours.layers[l] as (typeof ours.layers)[number];
    expectClose(layer.weights, weights);
    if (layer.biases) expectClose(layer.biases, biases);
    expect(weights.some((w, i) => Math.abs(w - (before[l]?.[i] as number)) > 1e-3)).toBe(true);
  });
  for (const row of random) expectClose(plain.think(row), ours.think(row));
});

describe("npm run bench", () => {
  test("measures every case and writes the report", { timeout: 60_000 }, () => {
    const threads = [...new Set([1, availableParallelism()])];
    const training = (name: string) => [
      `threads-${name} feedforward 1 samples/s`,
      ...threads.map((n) => `threads-${name} feedforward-async ${n} samples/s`),
    ];
    const file = join(folder, "all.json");
    const { status, stdout, stderr } = bench("--quick", "--json", file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { machine, versions, results } = readReport(file);
    expect(results.map((result) => `${result.case} ${result.implementation} ${result.threads} ${result.unit}`)).toEqual([
      "seed feedforward 1 ms",
      "seed plain-js 1 ms",
      "seed plain-js-one-neuron 1 ms",
      "iteration-2-4-1 feedforward 1 ns",
      "iteration-2-4-1 plain-js 1 ns",
      "think-1x3 feedforward 1 ns",
      "think-1x3 plain-js 1 ns",
      "think-1x3 plain-js-one-neuron 1 ns",
      "think-1x784 feedforward 1 µs",
      "construct feedforward 1 µs",
      "save feedforward 1 GB/s",
      "save slice-of-the-bytes 1 GB/s",
      "load feedforward 1 GB/s",
      "load slice-of-the-bytes 1 GB/s",
      "load-digits feedforward 1 ms",
      "peak-f32 probe 1 GFLOP/s",
      "peak-f64 probe 1 GFLOP/s",
      ...["f32", "f64"].flatMap((type) =>
        [
          "32x784x128",
          "256x784x128",
          "256x1024x1024",
          "1x784x128",
          "33x17x5",
          "32x10x2",
          "32x10x3",
          "32x10x4",
          "4x3x2",
          "4x3x3",
          "4x3x4",
        ].flatMap((shape) =>
          ["forward", "weight-gradient", "input-gradient"].map((product) => `${product}-${shape}-${type} feedforward 1 GFLOP/s`),
        ),
      ),
      ...["b32", "b256", "wide"].flatMap(training),
      "threads-wide-steps feedforward 1 ms",
      ...threads.map((n) => `threads-wide-steps feedforward-async ${n} ms`),
      `threads-wide-steps feedforward-apart ${availableParallelism()} ms`,
      ...["batch", "layer", "small-10", "small-32", "small-128"].flatMap(training),
      ...threads.map((n) => `threads-start feedforward-async ${n} ms`),
      ...["threads-pause", "threads-pause-large", "threads-pause-steps"].flatMap((name) => [
        ...threads.map((n) => `${name} feedforward-async ${n} ms`),
        `${name} feedforward-slices 1 ms`,
        `${name} idle 1 ms`,
      ]),
    ]);
    for (const text of [machine.cpu, ...Object.entries(versions).map((pair) => pair.join(" ")), "median", "best", "of the peak"])
      expect(stdout).toContain(text);
  });

  test("measures the chosen cases only", { timeout: 60_000 }, () => {
    const file = join(folder, "some.json");
    expect(bench("--quick", "--case", "construct", "--case", "think-1x3", "--json", file).status).toBe(0);
    expect(new Set(readReport(file).results.map((result) => result.case))).toEqual(new Set(["think-1x3", "construct"]));
  });

  test("measures one product beside the peak", { timeout: 60_000 }, () => {
    const { status, stdout } = bench("--quick", "--case", "peak-f64", "--case", "forward-33x17x5-f64");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ *peak-f64 .* 100 % /m);
    expect(stdout).toMatch(/^ *forward-33x17x5-f64 .* GFLOP\/s .* \d+ % /m);
  });

  test("says no share of a peak that it has not measured", { timeout: 60_000 }, () => {
    const { status, stdout } = bench("--quick", "--case", "forward-33x17x5-f32");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ *forward-33x17x5-f32 .* GFLOP\/s/m);
    expect(stdout).not.toContain("%");
  });

  test.each([
    [
      ["--case", "nope"],
      /expected one of seed, iteration-2-4-1, think-1x3, think-1x784, construct, save, load, load-digits, limit, threads, .* got "nope"/,
    ],
    [["--fast"], /--fast/],
    [["seed"], /seed/],
    [["--json"], /--json/],
    [["--json", "no/such/folder/file.json"], /no\/such\/folder/],
  ])("refuses %j in one line", (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^bench: [^\n]*\n$/);
  });

  test("refuses to read what is no report", () => {
    const result = { case: "seed", implementation: "feedforward", threads: 1, unit: "ms", median: 2, best: 1, runs: 3 };
    const report = { machine: { cpu: "a", cores: 1, memoryBytes: 1, system: "b" }, versions: { node: "20" }, results: [result] };
    const read = (value: unknown) => {
      const file = join(folder, "broken.json");
      writeFileSync(file, JSON.stringify(value));
      return readReport(file);
    };
    expect(read(report)).toEqual(report);
    expect(() => read({ ...report, results: [] })).toThrow("results");
    expect(() => read({ ...report, machine: "a" })).toThrow("machine");
    expect(() => read({ ...report, versions: { node: 20 } })).toThrow("versions.node");
    expect(() => read({ ...report, results: [{ ...result, unit: "hours" }] })).toThrow("results[0].unit");
    expect(() => read({ ...report, results: [{ ...result, best: 3 }] })).toThrow("results[0].best");
    const rate = { ...result, unit: "GFLOP/s", best: 3 };
    expect(read({ ...report, results: [rate] }).results).toEqual([rate]);
    expect(() => read({ ...report, results: [{ ...rate, best: 1 }] })).toThrow("results[0].best");
    expect(() => read({ ...report, results: [{ ...result, more: 1 }] })).toThrow("results[0]");
  });
});
