import { Loss } from "../abi.js";
import { wrongValue } from "../errors.js";
import { choice, or, positive, share } from "./check.js";
import type { LayerPlan } from "./layers.js";

/**
 * What training makes small, for outputs y and targets t, summed over the units of a row. squaredError ½ (y − t)², the tutorial's, whose gradient is
 * y − t: half of Keras' and PyTorch's mean squared error, and a sum over units where those take the mean. absoluteError |y − t|. huber ½ e² up to
 * |e| = delta, delta (|e| − ½ delta) beyond. binaryCrossEntropy −t log y − (1 − t) log(1 − y), for sigmoid outputs. crossEntropy −Σ t log y, for
 * softmax outputs, with rows that sum to 1 or class numbers as targets.
 */
export type LossName = keyof typeof LOSSES;

/** A name, or an object with the loss's options: `delta` (default 1), `labelSmoothing` (default 0). Both defaults are Keras' and PyTorch's. */
export type LossOption =
  | LossName
  | { name: "huber"; delta?: number }
  | { name: "binaryCrossEntropy"; labelSmoothing?: number }
  | { name: "crossEntropy"; labelSmoothing?: number };

export interface LossPlan {
  readonly name: LossName;
  readonly code: Loss;
  readonly parameter: number;
}

export const LOSSES = {
  squaredError: Loss.SquaredError,
  absoluteError: Loss.AbsoluteError,
  huber: Loss.Huber,
  binaryCrossEntropy: Loss.BinaryCrossEntropy,
  crossEntropy: Loss.CrossEntropy,
} as const;

const OPTIONS = { huber: ["delta"], binaryCrossEntropy: ["labelSmoothing"], crossEntropy: ["labelSmoothing"] } as const;

/** The outputs that a cross-entropy is computed together with. */
const PARTNERS: Partial<Record<LossName, string>> = { binaryCrossEntropy: "sigmoid", crossEntropy: "softmax" };

/** Checks the loss; by default the one that goes with the last layer's softmax, else the tutorial's. */
export function readLoss(given: unknown, last: LayerPlan): LossPlan {
  const { name, options } = choice("loss", or(given, last.activation === "softmax" ? "crossEntropy" : "squaredError"), LOSSES, OPTIONS);
  const partner = PARTNERS[name];
  if (partner && last.activation !== partner) {
    throw wrongValue("loss", `the last layer's activation to be ${partner} for ${name}, got ${last.activation}`);
  }
  if (partner && (last.dropout > 0 || last.residual)) {
    throw wrongValue("loss", `the last layer to have neither dropout nor residual for ${name}`);
  }
  const parameter =
    name === "huber" ? positive("loss.delta", or(options.delta, 1)) : share("loss.labelSmoothing", or(options.labelSmoothing, 0));
  return { name, code: LOSSES[name], parameter };
}
