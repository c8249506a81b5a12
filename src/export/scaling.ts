import { wrongKind, wrongValue } from "../errors.js";
import { record } from "../options/check.js";
import type { Precision } from "../options/network.js";
import { checkAttached, checkLength, isNumericArray, isUsable, type NumericArray, numberError } from "../rows.js";

/** What is done to a row before it is the network's input: (x − mean) / scale, column by column, as by scikit-learn's StandardScaler. */
export interface Scaling {
  /** One for each input. */
  readonly mean: readonly number[] | NumericArray;
  /** One for each input, none of them 0. */
  readonly scale: readonly number[] | NumericArray;
}

/** Scaling whose numbers were checked. */
export interface ScalingPlan {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

export function readScaling(given: unknown, inputs: number, precision: Precision): ScalingPlan | undefined {
  if (given === undefined) return undefined;
  const { mean, scale } = record("scaling", given, ["mean", "scale"]);
  const plan = { mean: numbers("scaling.mean", mean, inputs, precision), scale: numbers("scaling.scale", scale, inputs, precision) };
  const zero = plan.scale.findIndex((x) => (precision === "float32" ? Math.fround(x) : x) === 0);
  if (zero >= 0) throw wrongValue(`scaling.scale[${zero}]`, "a number other than 0", plan.scale[zero]);
  return plan;
}

function numbers(name: string, given: unknown, count: number, precision: Precision): readonly number[] {
  if (!Array.isArray(given) && !isNumericArray(given)) throw wrongKind(name, `an array of ${count} numbers, one for each input`, given);
  checkAttached(name, given);
  checkLength(name, given, count);
  return Array.from(given as ArrayLike<unknown>, (x, i) => {
    if (!isUsable(x, precision)) throw numberError(`${name}[${i}]`, x, precision);
    return x;
  });
}
