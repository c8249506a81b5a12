// The benchmark `accuracy` without a network: what it refuses, and what it says where there is no Python. CI runs all of it.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resultOf } from "../bench/accuracy/report.js";
import { testsData } from "../bench/accuracy/tests-data.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feedforward-bench-accuracy-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bench(python: string, ...args: string[]) {
  const env = { ...process.env, FEEDFORWARD_PYTHON: python };
  return spawnSync(process.execPath, ["--import", "tsx", "bench/accuracy/main.ts", ...args], { encoding: "utf8", env });
}

describe("npm run bench:accuracy", () => {
  test("says that scikit-learn could not be measured, and why", { timeout: 60_000 }, () => {
    const file = join(folder, "report.json");
    const python = join(folder, "no-python");
    const { status, stdout, stderr } = bench(python, "--quick", "--case", "digits", "--json", file);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^\| feedforward \| \d+\.\d\d % \|/m);
    expect(stdout).toMatch(/^\| scikit-learn \| not measured: .*no-python.*ENOENT/m);
    const { configurations, results, missing, machine, versions } = JSON.parse(readFileSync(file, "utf8"));
    expect(configurations["accuracy-digits"]).toMatchObject({ inputs: 64, epochs: 1, seeds: [0], trainRows: 1347, testRows: 450 });
    expect(results).toMatchObject([{ case: "accuracy-digits", implementation: "feedforward", threads: 1, unit: "ms", runs: 1 }]);
    // One epoch is little, but far more than guessing.
    expect(results[0].accuracy.mean).toBeGreaterThan(0.3);
    expect(missing.map(({ implementation }: { implementation: string }) => implementation)).toEqual([
      "scikit-learn",
      "scikit-learn, same first weights and orders",
    ]);
    expect(stdout).toContain(machine.cpu);
    expect(stdout).toContain(`feedforward ${versions.feedforward}`);
  });

  test.each([
    [["--case", "wine"], /expected one of iris, digits, mnist, got "wine"/],
    [["--seeds", "0"], /whole number from 1 to 10000, got "0"/],
    [["--fast"], /--fast/],
    [["iris"], /iris/],
    [["--json", "no/such/folder/file.json"], /no\/such\/folder/],
  ])("refuses %j in one line", (args, message) => {
    const { status, stdout, stderr } = bench("python3", ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^bench:accuracy: [^\n]*\n$/);
  });
});

test("a row has the mean, least and largest share of right answers and the median time", () => {
  const [subject] = testsData;
  if (subject === undefined) throw new Error("no data");
  const fits = [
    { correct: 8, milliseconds: 5 },
    { correct: 6, milliseconds: 1 },
    { correct: 7, milliseconds: 2 },
  ];
  const contender = { implementation: "one", threads: 2, fit: () => Promise.reject(new Error("not called")) };
  expect(resultOf(subject, contender, fits, 10)).toEqual({
    case: "accuracy-iris",
    implementation: "one",
    threads: 2,
    unit: "ms",
    median: 2,
    best: 1,
    runs: 3,
    accuracy: { mean: 0.7, min: 0.6, max: 0.8, bySeed: [0.8, 0.6, 0.7] },
  });
});
