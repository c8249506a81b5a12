// The bench against other libraries without those libraries: its options, its comparison of results, its tables and reports, and the library and
// plain JavaScript through the same workers that the others have. What it measures is asserted nowhere.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CASES, type WorkerCase } from "../bench/peers/cases.js";
import { expectSame } from "../bench/peers/check.js";
import { type Measured, measured } from "../bench/peers/measured.js";
import { PEERS } from "../bench/peers/peers.js";
import { markdown } from "../bench/peers/table.js";
import { lastLine } from "../bench/peers/worker.js";
import { readReport } from "../bench/report.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feedforward-bench-peers-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** With a Python that is not there, which is to be reported and to stop nothing else. */
function bench(...args: string[]) {
  const env = { ...process.env, FEEDFORWARD_PEERS_PYTHON: join(folder, "no-such-python") };
  return spawnSync(process.execPath, ["--import", "tsx", "bench/peers/main.ts", ...args], { encoding: "utf8", env });
}

const workerCase = (name: string): WorkerCase => CASES.find((subject) => subject.name === name) as WorkerCase;

describe("npm run bench:peers", () => {
  test("measures what computes the same, and says why the rest is not measured", { timeout: 120_000 }, () => {
    const file = join(folder, "some.json");
    const cases = ["seed", "xor", "tabular", "mnist-b256", "predict-1"].flatMap((name) => ["--case", name]);
    const peers = ["feedforward", "plain-js", "numpy"].flatMap((name) => ["--peer", name]);
    const { status, stdout, stderr } = bench("--quick", "--json", file, ...cases, ...peers);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { machine, results } = readReport(file);
    expect(results.map((result) => `${result.case} ${result.implementation} ${result.threads} ${result.unit}`)).toEqual([
      "seed feedforward 1 ms",
      "seed plain-js 1 ms",
      "xor feedforward 1 ms",
      "xor plain-js 1 ms",
      "mnist-b256 feedforward 1 samples/s",
      "mnist-b256 plain-js 1 samples/s",
      "tabular feedforward 1 ms",
      "tabular plain-js 1 ms",
      "predict-1 feedforward 1 µs",
      "predict-1 plain-js 1 µs",
    ]);
    expect(stdout).toContain(machine.cpu);
    expect(stdout).toContain("threads: 1");
    const failures = stdout.match(/^\| numpy \| could not run: .*no-such-python.*$/gm) ?? [];
    expect(failures.length).toBe(5);
  });

  test("starts a process for each sample of cold, and weighs what was bundled", { timeout: 60_000 }, () => {
    const file = join(folder, "processes.json");
    const peers = ["feedforward", "plain-js", "plain-js-one-neuron"].flatMap((name) => ["--peer", name]);
    const { status, stderr } = bench("--quick", "--json", file, "--case", "cold", "--case", "size", "--case", "load", ...peers);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readReport(file).results.map((result) => `${result.case} ${result.implementation} ${result.unit}`)).toEqual([
      "load feedforward ms",
      "load plain-js ms",
      "cold feedforward ms",
      "cold plain-js ms",
      "cold plain-js-one-neuron ms",
      "size feedforward bytes",
      "size plain-js bytes",
      "size plain-js-one-neuron bytes",
    ]);
  });

  test("knows all cases and peers by name", () => {
    const { status, stdout } = bench("--help");
    expect(status).toBe(0);
    for (const { name } of CASES) expect(stdout).toContain(name);
    for (const { implementation } of PEERS) expect(stdout).toContain(implementation);
  });

  test.each([
    [["--case", "nope"], /--case: expected one of seed, xor, .*, got "nope"/],
    [["--peer", "nope"], /--peer: expected one of feedforward, .*, got "nope"/],
    [["--threads", "2"], /--threads: expected 1 or default, got "2"/],
    [["--fast"], /--fast/],
    [["--json", "no/such/folder/file.json"], /no\/such\/folder/],
  ])("refuses %j in one line", (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^bench:peers: [^\n]*\n$/);
  });
});

describe("results are compared", () => {
  const first = [0, 0, 0];
  const expected = [3, 4, 0];

  test("after training as a share of the way that the weights went", () => {
    const seed = workerCase("seed");
    const off = (by: number) => [3, 4 + 5 * by, 0];
    expect(() => expectSame(seed, "float64", off(seed.tolerance.float64 / 2), expected, first)).not.toThrow();
    expect(() => expectSame(seed, "float64", off(seed.tolerance.float64 * 2), expected, first)).toThrow("off by");
    expect(() => expectSame(seed, "float32", off(seed.tolerance.float64 * 2), expected, first)).not.toThrow();
    expect(() => expectSame(seed, "float32", [1.5, 2, 0], expected, first)).toThrow("off by 0.50");
  });

  test("outputs one by one", () => {
    const predict = workerCase("predict-1");
    expect(() => expectSame(predict, "float32", [3, 4 - 5e-6, 0], expected, first)).not.toThrow();
    expect(() => expectSame(predict, "float32", [3, 4, 2e-5], expected, first)).toThrow("off by");
  });

  test.each(["seed", "predict-1"])("%s: neither NaN nor another count is the same", (name) => {
    expect(() => expectSame(workerCase(name), "float32", [Number.NaN, 4, 0], expected, first)).toThrow("NaN");
    expect(() => expectSame(workerCase(name), "float32", [3, 4], expected, first)).toThrow("2 numbers in place of 3");
  });
});

describe("figures", () => {
  test("are a median with its spread, and the best is the largest where more is better", () => {
    const time = measured({ name: "seed", unit: "ms" }, "feedforward", 1, [3, 1, 2, 10]);
    expect(time).toMatchObject({ lowest: 1, highest: 10, result: { median: 2.5, best: 1, runs: 4 } });
    const rate = measured({ name: "mnist-b32", unit: "samples/s" }, "feedforward", 1, [3, 1, 2]);
    expect(rate).toMatchObject({ lowest: 1, highest: 3, result: { median: 2, best: 3, runs: 3 } });
  });

  test("become a report that every reader of reports accepts", () => {
    const file = join(folder, "report.json");
    const machine = { cpu: "a", cores: 1, memoryBytes: 1, system: "b" };
    const read = (result: object) => {
      writeFileSync(file, JSON.stringify({ machine, versions: { node: "20" }, results: [result] }));
      return readReport(file);
    };
    const { result } = measured({ name: "mnist-b32", unit: "samples/s" }, "jax-loop", 1, [3, 1, 2]);
    expect(read(result).results).toEqual([result]);
    expect(() => read({ ...result, best: 1 })).toThrow("results[0].best");
    expect(() => read({ ...result, unit: "ms" })).toThrow("results[0].best");
  });

  test("become a table in which a larger factor is better for the library, in time, rate and size", () => {
    const rows = (unit: Measured["result"]["unit"], theirs: number) => [
      measured({ name: "x", unit }, "feedforward", 1, [100]),
      measured({ name: "x", unit }, "numpy", 1, [theirs], "float64"),
      { implementation: "jax-js", reason: "could not run: no" },
    ];
    expect(markdown("x", "X", rows("ms", 250)).split("\n").slice(-3)).toEqual([
      "| feedforward |  | 1 | 100 | 100 … 100 | 1.00 | 1 |",
      "| numpy | f64 | 1 | 250 | 250 … 250 | 2.50 | 1 |",
      "| jax-js | could not run: no |  |  |  |  |  |",
    ]);
    expect(markdown("x", "X", rows("samples/s", 250))).toContain("| 250 … 250 | 0.400 |");
    expect(markdown("x", "X", rows("bytes", 250))).toContain("| 250 … 250 | 2.50 |");
  });

  test("of a worker that died come with its last error", () => {
    expect(lastLine("Traceback\n  File \"a.py\"\nModuleNotFoundError: No module named 'jax'\n")).toBe(
      "ModuleNotFoundError: No module named 'jax'",
    );
    expect(lastLine("node:internal\n\nError [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'\n    at y\n\nNode.js v20\n")).toMatch(/^Error/);
  });
});

test("the peers' versions are pinned, and their lock file has no addresses", () => {
  const read = (name: string) => readFileSync(`bench/peers/${name}`, "utf8");
  const { dependencies } = JSON.parse(read("package.json"));
  expect(Object.keys(dependencies).length).toBeGreaterThan(0);
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const requirements = read("requirements.txt")
    .split("\n")
    .filter((line) => /^\w/.test(line));
  expect(requirements.length).toBeGreaterThan(0);
  for (const line of requirements) expect(line).toMatch(/^[\w-]+==[\d.]+$/);
  expect(read("package-lock.json")).not.toContain('"resolved"');
});
