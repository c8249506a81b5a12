import type { LayerDescription } from "../description.js";
import {
  caption,
  decimal,
  functionName,
  hasNormalization,
  inversesOf,
  isScalar,
  lines,
  type Program,
  type Syntax,
  scalarFunctions,
} from "./program.js";

/** A file of C99, in the network's precision. */
export function cText(program: Program): string {
  const { name, inputs, outputs, precision, layers, scaling } = program;
  const { real, array } = writerOf(program);
  const widest = Math.max(inputs, ...layers.map(({ units }) => units));
  return [
    `/* ${inputs} inputs, ${outputs} outputs; from a network of ${precision}. Written by feedforward. */

#include <math.h>
`,
    ...(scaling ? [array(`${name}_mean`, scaling.mean), array(`${name}_scale`, scaling.scale)] : []),
    ...layers.flatMap((layer, i) => arrays(program, layer, i)),
    ...helpers(program),
    `void ${name}(const ${real} *inputs, ${real} *outputs) {
  ${real} x[${widest}], z[${widest}];
  long i;
  for (i = 0; i < ${inputs}; i++) x[i] = ${scaling ? `(inputs[i] - ${name}_mean[i]) / ${name}_scale[i]` : "inputs[i]"};
${layers.map((_, i) => layerText(program, i)).join("")}  for (i = 0; i < ${outputs}; i++) outputs[i] = x[i];
}
`,
  ].join("\n");
}

/** What depends on the precision. */
function writerOf({ precision }: Pick<Program, "precision">) {
  const isShort = precision === "float32";
  const real = isShort ? "float" : "double";
  const suffix = isShort ? "f" : "";
  const number = (x: number) => `${decimal(x)}${suffix}`;
  const array = (name: string, values: ArrayLike<number>) =>
    `static const ${real} ${name}[${values.length}] = {\n${lines(values, "  ", number)}};\n`;
  const syntax: Syntax = {
    number,
    call: (fn, argument) => `${fn === "abs" ? "fabs" : fn}${suffix}(${argument})`,
    select: (condition, yes, no) => `${condition} ? ${yes} : ${no}`,
  };
  return { real, number, array, syntax };
}

/** Statistics are doubles in either precision. */
function doubles(name: string, values: ArrayLike<number>): string {
  return `static const double ${name}[${values.length}] = {\n${lines(values, "  ", decimal)}};\n`;
}

function arrays(program: Program, { weights, biases, normalization }: LayerDescription, i: number): string[] {
  const { name } = program;
  const { array } = writerOf(program);
  const texts = [array(`${name}_weights_${i}`, weights)];
  if (biases) texts.push(array(`${name}_biases_${i}`, biases));
  if (!normalization) return texts;
  const { epsilon, scales, shifts, statistics } = normalization;
  texts.push(array(`${name}_scales_${i}`, scales), array(`${name}_shifts_${i}`, shifts));
  if (statistics) {
    texts.push(
      doubles(`${name}_means_${i}`, statistics.means),
      doubles(`${name}_inverses_${i}`, inversesOf(statistics.variances, epsilon)),
    );
  }
  return texts;
}

function layerText({ name, layers }: Program, i: number): string {
  const layer = layers[i] as LayerDescription;
  const { inputs, units, biases, normalization, activation, residual } = layer;
  const text = [
    `  /* ${caption(layer, i)} */`,
    `  ${name}_sums(x, ${inputs}, ${name}_weights_${i}, ${biases ? `${name}_biases_${i}` : "0"}, z, ${units});`,
  ];
  if (normalization) {
    const scaleAndShift = `${name}_scales_${i}, ${name}_shifts_${i}`;
    text.push(
      normalization.statistics
        ? `  ${name}_normalize(z, ${units}, ${name}_means_${i}, ${name}_inverses_${i}, ${scaleAndShift});`
        : `  ${name}_normalize_row(z, ${units}, ${decimal(normalization.epsilon)}, ${scaleAndShift});`,
    );
  }
  if (activation === "softmax") text.push(`  ${name}_softmax(z, ${units});`);
  const y = isScalar(activation) ? `${functionName(name, layers, i)}(z[i])` : "z[i]";
  text.push(`  for (i = 0; i < ${units}; i++) x[i] = ${y}${residual ? " + x[i]" : ""};`);
  return `${text.join("\n")}\n`;
}

function helpers(program: Program): string[] {
  const { name, layers } = program;
  const { real, syntax } = writerOf(program);
  const fill = (text: string) => text.replaceAll("real", real).replaceAll("$", name);
  const functions = [...scalarFunctions(program, syntax)].map(([fn, text]) => `static ${real} ${fn}(${real} z) {\n  return ${text};\n}\n`);
  return [
    fill(SUMS),
    ...(hasNormalization(program, true) ? [fill(NORMALIZE)] : []),
    ...(hasNormalization(program, false) ? [fill(NORMALIZE_ROW)] : []),
    ...functions,
    ...(layers.some(({ activation }) => activation === "softmax")
      ? [fill(SOFTMAX.replace("EXP", syntax.call("exp", "z[unit] - largest")))]
      : []),
  ];
}

const SUMS = `static void $_sums(const real *x, long inputs, const real *weights, const real *biases, real *z, long units) {
  long i, unit;
  for (unit = 0; unit < units; unit++) {
    real sum = biases ? biases[unit] : 0;
    for (i = 0; i < inputs; i++) sum += x[i] * weights[i * units + unit];
    z[unit] = sum;
  }
}
`;

const NORMALIZE = `static void $_normalize(real *z, long units, const double *means, const double *inverses, const real *scales, const real *shifts) {
  long unit;
  for (unit = 0; unit < units; unit++) z[unit] = (real)((z[unit] - means[unit]) * inverses[unit]) * scales[unit] + shifts[unit];
}
`;

const NORMALIZE_ROW = `static void $_normalize_row(real *z, long units, double epsilon, const real *scales, const real *shifts) {
  double mean = 0, variance = 0, inverse;
  long unit;
  for (unit = 0; unit < units; unit++) mean += z[unit];
  mean /= (double)units;
  for (unit = 0; unit < units; unit++) variance += (z[unit] - mean) * (z[unit] - mean);
  inverse = 1 / sqrt(variance / (double)units + epsilon);
  for (unit = 0; unit < units; unit++) z[unit] = (real)((z[unit] - mean) * inverse) * scales[unit] + shifts[unit];
}
`;

const SOFTMAX = `static void $_softmax(real *z, long units) {
  real largest = z[0];
  double total = 0;
  long unit;
  for (unit = 1; unit < units; unit++) if (z[unit] > largest) largest = z[unit];
  for (unit = 0; unit < units; unit++) {
    z[unit] = EXP;
    total += z[unit];
  }
  for (unit = 0; unit < units; unit++) z[unit] = (real)(z[unit] / total);
}
`;
