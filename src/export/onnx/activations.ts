import type { ActivationName } from "../../options/layers.js";
import { ROOT_HALF, SELU_BELOW, SELU_SCALE } from "../constants.js";
import { FAR, NEAR, ROUNDS_TO_ONE } from "../error-function.js";
import type { Builder } from "./builder.js";

/** Adds y = f(z) to a graph; `a` is the activation's parameter. */
type Write = (graph: Builder, z: string, a: number) => string;

/** By ONNX's own operators where it has them. */
const FLOAT32: Readonly<Record<ActivationName, Write>> = {
  sigmoid: (graph, z) => graph.node("Sigmoid", [z]),
  tanh: (graph, z) => graph.node("Tanh", [z]),
  relu: (graph, z) => graph.node("Relu", [z]),
  leakyRelu: (graph, z, a) => graph.node("LeakyRelu", [z], { alpha: { float: a } }),
  elu: (graph, z, a) => graph.node("Elu", [z], { alpha: { float: a } }),
  selu: (graph, z) => graph.node("Selu", [z]),
  gelu: (graph, z) => gelu(graph, z, (x) => graph.node("Erf", [x])),
  silu: (graph, z) => graph.node("Mul", [z, graph.node("Sigmoid", [z])]),
  softplus: (graph, z) => graph.node("Softplus", [z]),
  softsign: (graph, z) => graph.node("Softsign", [z]),
  linear: (_, z) => z,
  softmax,
};

/**
 * In double precision from operators alone that onnxruntime has for doubles on processors: it has no Elu, Selu, Erf, Softplus and Softsign for them, its Sigmoid loses digits far
 * below 0, and attributes such as LeakyRelu's alpha are floats.
 */
const FLOAT64: Readonly<Record<ActivationName, Write>> = {
  sigmoid: (graph, z) => graph.node("Div", [graph.number(1), onePlusInverseExponential(graph, z)]),
  tanh: FLOAT32.tanh,
  relu: FLOAT32.relu,
  leakyRelu: (graph, z, a) => sum(graph, above(graph, z), times(graph, below(graph, z), a)),
  elu: (graph, z, a) => sum(graph, above(graph, z), times(graph, exponentialMinusOne(graph, below(graph, z)), a)),
  selu: (graph, z) =>
    sum(graph, times(graph, above(graph, z), SELU_SCALE), times(graph, exponentialMinusOne(graph, below(graph, z)), SELU_BELOW)),
  gelu: (graph, z) => gelu(graph, z, (x) => errorFunction(graph, x)),
  silu: (graph, z) => graph.node("Div", [z, onePlusInverseExponential(graph, z)]),
  softplus: (graph, z) => {
    const e = graph.node("Exp", [graph.node("Neg", [graph.node("Abs", [z])])]);
    return sum(graph, above(graph, z), graph.node("Log", [plus(graph, e, 1)]));
  },
  softsign: (graph, z) => graph.node("Div", [z, plus(graph, graph.node("Abs", [z]), 1)]),
  linear: FLOAT32.linear,
  softmax,
};

/** Adds an activation; answers the name of its outputs. */
export function addActivation(graph: Builder, activation: ActivationName, z: string, parameter: number): string {
  return (graph.type === "float64" ? FLOAT64 : FLOAT32)[activation](graph, z, parameter);
}

function softmax(graph: Builder, z: string): string {
  return graph.node("Softmax", [z], { axis: { int: 1 } });
}

/** z · (½ · (1 + erf(z √½))). */
function gelu(graph: Builder, z: string, erf: (x: string) => string): string {
  return graph.node("Mul", [z, times(graph, plus(graph, erf(times(graph, z, ROOT_HALF)), 1), 0.5)]);
}

/** 1 + e^−z. */
function onePlusInverseExponential(graph: Builder, z: string): string {
  return plus(graph, graph.node("Exp", [graph.node("Neg", [z])]), 1);
}

/** e^x − 1 = 2 t / (1 − t) with t = tanh(x/2), for x ≤ 0: no digits are lost near 0. */
function exponentialMinusOne(graph: Builder, x: string): string {
  const t = graph.node("Tanh", [times(graph, x, 0.5)]);
  return graph.node("Div", [times(graph, t, 2), graph.node("Sub", [graph.number(1), t])]);
}

/** See error-function.ts. */
function errorFunction(graph: Builder, x: string): string {
  const size = graph.node("Min", [graph.node("Abs", [x]), graph.number(ROUNDS_TO_ONE)]);
  const square = graph.node("Mul", [size, size]);
  const near = polynomial(graph, NEAR, graph.node("Min", [square, graph.number(1)]));
  const t = graph.node("Div", [graph.node("Sub", [size, graph.number(2)]), plus(graph, size, 2)]);
  const far = graph.node("Mul", [graph.node("Exp", [graph.node("Neg", [square])]), polynomial(graph, FAR, t)]);
  const result = graph.node("Where", [
    graph.node("Less", [size, graph.number(1)]),
    sum(graph, size, graph.node("Mul", [size, near])),
    graph.node("Sub", [graph.number(1), far]),
  ]);
  return graph.node("Mul", [result, graph.node("Sign", [x])]);
}

/** Σ cᵢ xⁱ, by Horner's rule. */
function polynomial(graph: Builder, coefficients: readonly number[], x: string): string {
  const highest = graph.number(coefficients.at(-1) as number);
  return coefficients.slice(0, -1).reduceRight((p, c) => plus(graph, graph.node("Mul", [p, x]), c), highest);
}

function above(graph: Builder, z: string): string {
  return graph.node("Max", [z, graph.number(0)]);
}

function below(graph: Builder, z: string): string {
  return graph.node("Min", [z, graph.number(0)]);
}

function sum(graph: Builder, a: string, b: string): string {
  return graph.node("Add", [a, b]);
}

function plus(graph: Builder, x: string, c: number): string {
  return graph.node("Add", [x, graph.number(c)]);
}

function times(graph: Builder, x: string, c: number): string {
  return graph.node("Mul", [x, graph.number(c)]);
}
