// What the languages have in common: the expressions of activations, the numbers, and what a comment says of a layer.

import type { ActivationName } from "../../options/layers.js";
import { ROOT_HALF, SELU_BELOW, SELU_SCALE } from "../constants.js";
import type { Description, LayerDescription } from "../description.js";
import type { ScalingPlan } from "../scaling.js";

/** What is to be written: a network, the checked name of its function, what is done to the inputs. */
export interface Program extends Description {
  readonly name: string;
  readonly scaling: ScalingPlan | undefined;
}

/** How a language writes expressions. */
export interface Syntax {
  number(x: number): string;
  call(fn: MathFunction, argument: string): string;
  select(condition: string, yes: string, no: string): string;
}

export type MathFunction = "exp" | "expm1" | "log1p" | "tanh" | "erf" | "abs";

/** Activations that are functions of one number; of these, those that are not the number itself. */
export type Scalar = Exclude<ActivationName, "softmax" | "linear">;

type Expression = (syntax: Syntax, parameter: number) => string;

/** f(z) of a number z. No exponential overflows, which Python would throw for. */
const EXPRESSIONS: Readonly<Record<Scalar, Expression>> = {
  sigmoid: logistic,
  tanh: ({ call }) => call("tanh", "z"),
  relu: ({ select, number }) => select("z > 0", "z", number(0)),
  leakyRelu: ({ select, number }, slope) => select("z < 0", `${number(slope)} * z`, "z"),
  elu: ({ select, number, call }, alpha) => select("z < 0", `${number(alpha)} * ${call("expm1", "z")}`, "z"),
  selu: ({ select, number, call }) => select("z < 0", `${number(SELU_BELOW)} * ${call("expm1", "z")}`, `${number(SELU_SCALE)} * z`),
  gelu: ({ number, call }) => `z * (${number(0.5)} * (${number(1)} + ${call("erf", `${number(ROOT_HALF)} * z`)}))`,
  silu: (syntax) => `z * (${logistic(syntax)})`,
  softplus: ({ select, number, call }) => `(${select("z > 0", "z", number(0))}) + ${call("log1p", call("exp", `-${call("abs", "z")}`))}`,
  softsign: ({ number, call }) => `z / (${number(1)} + ${call("abs", "z")})`,
};

function logistic({ select, number, call }: Syntax): string {
  const small = call("exp", "z");
  return select("z < 0", `${small} / (${number(1)} + ${small})`, `${number(1)} / (${number(1)} + ${call("exp", "-z")})`);
}

export function isScalar(activation: ActivationName): activation is Scalar {
  return activation !== "softmax" && activation !== "linear";
}

/** The functions that a network's layers need, each once: their names, and what they answer for z. A parameter makes another function. */
export function scalarFunctions({ name, layers }: Program, syntax: Syntax): ReadonlyMap<string, string> {
  const functions = new Map<string, string>();
  layers.forEach(({ activation, parameter }, i) => {
    if (isScalar(activation)) functions.set(functionName(name, layers, i), EXPRESSIONS[activation](syntax, parameter));
  });
  return functions;
}

/** The name of the function of a layer's activation: with the number of the first layer that has just this one, where there is a parameter. */
export function functionName(name: string, layers: readonly LayerDescription[], i: number): string {
  const { activation, parameter } = layers[i] as LayerDescription;
  if (activation !== "leakyRelu" && activation !== "elu") return `${name}_${activation}`;
  const first = layers.findIndex((layer) => layer.activation === activation && Object.is(layer.parameter, parameter));
  return `${name}_${activation}_${first}`;
}

/** 1 / √(variance + epsilon). */
export function inversesOf(variances: Float64Array, epsilon: number): Float64Array {
  return variances.map((variance) => 1 / Math.sqrt(variance + epsilon));
}

/** The shortest text that is read as this number, with a point or an exponent. */
export function decimal(x: number): string {
  const text = Object.is(x, -0) ? "-0" : String(x);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Numbers in lines of eight. */
export function lines(values: ArrayLike<number>, indent: string, number: (x: number) => string): string {
  // By their places: an iterator can be anyone's.
  const texts = Array.from({ length: values.length }, (_, i) => number(values[i] as number));
  const rows: string[] = [];
  for (let i = 0; i < texts.length; i += 8) rows.push(`${indent}${texts.slice(i, i + 8).join(", ")},\n`);
  return rows.join("");
}

/** "layer 0: 4 inputs, 8 units, batch normalization, tanh, residual" */
export function caption({ inputs, units, normalization, activation, residual }: LayerDescription, i: number): string {
  const notes = [normalization && `${normalization.statistics ? "batch" : "layer"} normalization`, activation, residual && "residual"];
  return [`layer ${i}: ${inputs} inputs`, `${units} units`, ...notes.filter(Boolean)].join(", ");
}

/** Whether any layer has a normalisation, of whichever of the two kinds. */
export function hasNormalization({ layers }: Program, byStatistics: boolean): boolean {
  return layers.some(({ normalization }) => normalization && (normalization.statistics !== undefined) === byStatistics);
}
