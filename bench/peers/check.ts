import type { Precision, WorkerCase } from "./cases.js";
import { DifferentResultError } from "./errors.js";

/**
 * Sees that a peer computed what the library did. Parameters after training are compared by the length of their difference, as a share of the
 * way from the first weights to where training led the library: a peer that had learned half of it would be off by 0.5, one that was right but for
 * rounding by some millionths. Outputs are compared one by one.
 *
 * @param expected the library's parameters or outputs
 * @param first the first weights, in training
 * @throws DifferentResultError
 */
export function expectSame(
  subject: WorkerCase,
  precision: Precision,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  first: ArrayLike<number>,
): void {
  if (got.length !== expected.length) throw new DifferentResultError(`${got.length} numbers in place of ${expected.length}`);
  const tolerance = subject.tolerance[precision];
  const off = subject.kind === "train" ? distance(got, expected) / distance(expected, first) : largestDifference(got, expected);
  // Written so that NaN is a difference too.
  if (!(off <= tolerance)) throw new DifferentResultError(`off by ${off.toPrecision(2)}, more than ${tolerance}`);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return difference;
    largest = Math.max(largest, difference);
  }
  return largest;
}
