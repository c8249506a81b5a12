import type { MetricName } from "../options/training.js";
import type { History } from "../training.js";
import type { Image } from "./image.js";

// A history as it is told from where a run is to where its network is: each time what has come since.

/** A network between two steps. */
export interface Known {
  /** An image of it. */
  readonly state: Image;
  /** How it went from what was known before until then. */
  readonly news: History;
}

/** A history of no epochs. */
export function empty(): History {
  return { epoch: [], loss: [], validationLoss: [], learningRate: [], metrics: {}, validationMetrics: {} };
}

/** What answers how it has gone since it was asked before. */
export function newsOf(history: History): () => History {
  let epochs = 0;
  return () => {
    const from = epochs;
    epochs = history.epoch.length;
    const since = (list: number[]) => list.slice(from);
    const metrics = (lists: History["metrics"]) => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, since(list)]));
    return {
      epoch: since(history.epoch),
      loss: since(history.loss),
      validationLoss: since(history.validationLoss),
      learningRate: since(history.learningRate),
      metrics: metrics(history.metrics),
      validationMetrics: metrics(history.validationMetrics),
    };
  };
}

/** Puts news behind what was known. */
export function add(known: History, news: History): void {
  const join = (to: number[], list: readonly number[]) => {
    for (const x of list) to.push(x);
  };
  join(known.epoch, news.epoch);
  join(known.loss, news.loss);
  join(known.validationLoss, news.validationLoss);
  join(known.learningRate, news.learningRate);
  for (const kind of ["metrics", "validationMetrics"] as const) {
    for (const [name, list] of Object.entries(news[kind])) {
      known[kind][name as MetricName] ??= [];
      join(known[kind][name as MetricName] as number[], list);
    }
  }
}
