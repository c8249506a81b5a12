import { wrongValue } from "../../errors.js";
import type { LayerDescription, NormalizationDescription } from "../description.js";
import { addActivation } from "./activations.js";
import type { Builder } from "./builder.js";

/** Adds a layer as it thinks: f(normalisation(x · weights + biases)) + x. Answers the name of its outputs. */
export function addLayer(graph: Builder, layer: LayerDescription, i: number, x: string): string {
  const { name, weights, biases, shape, normalization, activation, parameter, residual } = layer;
  graph.begin(`layers_${i}`);
  const operands = [x, graph.tensor("weights", weights, shape), ...(biases ? [graph.tensor("biases", biases)] : [])];
  const z = graph.node("Gemm", operands);
  const normal = normalization ? normalize(graph, name, z, normalization) : z;
  const y = addActivation(graph, activation, normal, parameter);
  return residual ? graph.node("Add", [y, x]) : y;
}

function normalize(graph: Builder, name: string, z: string, normalization: NormalizationDescription): string {
  const scales = graph.tensor("scales", normalization.scales);
  const shifts = graph.tensor("shifts", normalization.shifts);
  return normalization.statistics
    ? normalizeByStatistics(graph, name, z, normalization, scales, shifts)
    : normalizeRows(graph, name, z, normalization.epsilon, scales, shifts);
}

/** Attributes are floats, so in double precision epsilon goes into the variances. */
function normalizeByStatistics(
  graph: Builder,
  name: string,
  z: string,
  { epsilon, statistics }: NormalizationDescription,
  scales: string,
  shifts: string,
): string {
  const { means, variances } = statistics as NonNullable<NormalizationDescription["statistics"]>;
  const isDouble = graph.type === "float64";
  for (const [what, values] of Object.entries({ means, variances })) checkHeld(graph, `${name}.${what}`, values);
  const operands = [z, scales, shifts, graph.tensor("means", means)];
  operands.push(graph.tensor("variances", isDouble ? variances.map((variance) => variance + epsilon) : variances));
  return graph.node("BatchNormalization", operands, { epsilon: { float: isDouble ? 0 : heldEpsilon(name, epsilon) } });
}

/**
 * The row is centred before its statistics are taken, whose formula in onnxruntime, mean of squares less square of mean, would else lose the digits of rows whose mean is
 * large; and once more by what the first mean was wrong, which the division by √(variance + epsilon) would make larger. In double precision, for which the attribute is too
 * short, from single operators.
 */
function normalizeRows(graph: Builder, name: string, z: string, epsilon: number, scales: string, shifts: string): string {
  const mean = (of: string) => graph.node("ReduceMean", [of], { axes: { ints: [1] }, keepdims: { int: 1 } });
  const centred = graph.node("Sub", [z, mean(z)]);
  if (graph.type === "float32") {
    return graph.node("LayerNormalization", [centred, scales, shifts], {
      axis: { int: 1 },
      epsilon: { float: heldEpsilon(name, epsilon) },
    });
  }
  const difference = graph.node("Sub", [centred, mean(centred)]);
  const variance = mean(graph.node("Mul", [difference, difference]));
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance, graph.number(epsilon)])]);
  return graph.node("Add", [graph.node("Mul", [graph.node("Div", [difference, deviation]), scales]), shifts]);
}

/** The network has these in doubles, whatever its precision. */
function checkHeld(graph: Builder, name: string, values: Float64Array): void {
  if (graph.type === "float64") return;
  const bad = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (bad >= 0) throw wrongValue(`${name}[${bad}]`, "a number that float32 can hold", values[bad]);
}

function heldEpsilon(name: string, epsilon: number): number {
  const held = Math.fround(epsilon);
  if (held > 0 && held < Number.POSITIVE_INFINITY) return held;
  throw wrongValue(`${name}.epsilon`, "a number above 0 that float32 can hold", epsilon);
}
