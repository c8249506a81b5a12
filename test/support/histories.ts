import type { History, MetricName } from "feedforward";
import { expect } from "vitest";

/** The history of a run whose parts have these. */
export function joined(parts: readonly History[]): History {
  const first = parts[0] as History;
  const last = parts.at(-1) as History;
  const list = (name: "epoch" | "loss" | "validationLoss" | "learningRate") => parts.flatMap((part) => part[name]);
  const metrics = (name: "metrics" | "validationMetrics") =>
    Object.fromEntries(
      (Object.keys(first[name]) as MetricName[]).map((metric) => [metric, parts.flatMap((part) => part[name][metric] ?? [])]),
    );
  return {
    epoch: list("epoch"),
    loss: list("loss"),
    validationLoss: list("validationLoss"),
    learningRate: list("learningRate"),
    metrics: metrics("metrics"),
    validationMetrics: metrics("validationMetrics"),
    ...(last.bestEpoch !== undefined && { bestEpoch: last.bestEpoch }),
  };
}

/** Expects the same numbers, each bit of them, and lists of the same lengths. */
export function expectSameHistory(actual: History, expected: History): void {
  expect(actual).toEqual(expected);
  const { length } = expected.epoch;
  const lists = [expected.loss, expected.learningRate, ...Object.values(expected.metrics), ...Object.values(expected.validationMetrics)];
  for (const list of lists) expect(list).toHaveLength(length);
}
