import type { LayerDescription } from "../description.js";
import { FAR, NEAR, ROUNDS_TO_ONE } from "../error-function.js";
import {
  caption,
  functionName,
  hasNormalization,
  inversesOf,
  isScalar,
  lines,
  type Program,
  type Syntax,
  scalarFunctions,
} from "./program.js";

/** An ES module. */
export function javascriptText(program: Program): string {
  const { name, inputs, outputs, precision, layers, scaling } = program;
  return [
    `// ${inputs} inputs, ${outputs} outputs; from a network of ${precision}, computed in double precision. Written by feedforward.\n`,
    ...(scaling ? [array(`${name}_mean`, scaling.mean), array(`${name}_scale`, scaling.scale)] : []),
    ...layers.flatMap((layer, i) => arrays(name, layer, i)),
    ...helpers(program),
    `export function ${name}(inputs) {
  if (inputs.length !== ${inputs}) throw new RangeError(\`${name}: expected ${inputs} inputs, got \${inputs.length}\`);
  let x = Array.from(inputs, Number);
  const bad = x.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(\`${name}: expected numbers, got \${inputs[bad]} as input \${bad}\`);
${scaling ? `  x = x.map((input, i) => (input - ${name}_mean[i]) / ${name}_scale[i]);\n` : ""}  let z;
${layers.map((_, i) => layerText(program, i)).join("")}  return x;
}
`,
  ].join("\n");
}

function number(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}

function array(name: string, values: ArrayLike<number>): string {
  return `const ${name} = [\n${lines(values, "  ", number)}];\n`;
}

function arrays(name: string, { weights, biases, normalization }: LayerDescription, i: number): string[] {
  const texts = [array(`${name}_weights_${i}`, weights)];
  if (biases) texts.push(array(`${name}_biases_${i}`, biases));
  if (!normalization) return texts;
  const { epsilon, scales, shifts, statistics } = normalization;
  texts.push(array(`${name}_scales_${i}`, scales), array(`${name}_shifts_${i}`, shifts));
  if (statistics) {
    texts.push(array(`${name}_means_${i}`, statistics.means), array(`${name}_inverses_${i}`, inversesOf(statistics.variances, epsilon)));
  }
  return texts;
}

function layerText({ name, layers }: Program, i: number): string {
  const layer = layers[i] as LayerDescription;
  const { units, biases, normalization, activation, residual } = layer;
  const text = [
    `  // ${caption(layer, i)}`,
    `  z = ${name}_sums(x, ${name}_weights_${i}, ${biases ? `${name}_biases_${i}` : `new Array(${units}).fill(0)`});`,
  ];
  if (normalization) {
    const scaleAndShift = `${name}_scales_${i}, ${name}_shifts_${i}`;
    text.push(
      normalization.statistics
        ? `  z = ${name}_normalize(z, ${name}_means_${i}, ${name}_inverses_${i}, ${scaleAndShift});`
        : `  z = ${name}_normalize_row(z, ${number(normalization.epsilon)}, ${scaleAndShift});`,
    );
  }
  if (activation === "softmax") text.push(`  z = ${name}_softmax(z);`);
  if (isScalar(activation)) text.push(`  z = z.map(${functionName(name, layers, i)});`);
  text.push(residual ? "  x = z.map((y, unit) => y + x[unit]);" : "  x = z;");
  return `${text.join("\n")}\n`;
}

function syntaxOf(name: string): Syntax {
  return {
    number,
    call: (fn, argument) => `${fn === "erf" ? `${name}_erf` : `Math.${fn}`}(${argument})`,
    select: (condition, yes, no) => `${condition} ? ${yes} : ${no}`,
  };
}

function helpers(program: Program): string[] {
  const { name, layers } = program;
  const has = (activation: string) => layers.some((layer) => layer.activation === activation);
  const functions = [...scalarFunctions(program, syntaxOf(name))].map(([fn, text]) => `function ${fn}(z) {\n  return ${text};\n}\n`);
  return [
    `function ${name}_sums(x, weights, biases) {
  const units = biases.length;
  return biases.map((bias, unit) => {
    let sum = bias;
    for (let i = 0; i < x.length; i++) sum += x[i] * weights[i * units + unit];
    return sum;
  });
}
`,
    ...(hasNormalization(program, true) ? [NORMALIZE.replaceAll("$", name)] : []),
    ...(hasNormalization(program, false) ? [NORMALIZE_ROW.replaceAll("$", name)] : []),
    ...(has("gelu") ? [erf(name)] : []),
    ...functions,
    ...(has("softmax") ? [SOFTMAX.replaceAll("$", name)] : []),
  ];
}

const NORMALIZE = `function $_normalize(z, means, inverses, scales, shifts) {
  return z.map((sum, unit) => (sum - means[unit]) * inverses[unit] * scales[unit] + shifts[unit]);
}
`;

const NORMALIZE_ROW = `function $_normalize_row(z, epsilon, scales, shifts) {
  const mean = z.reduce((total, sum) => total + sum, 0) / z.length;
  const variance = z.reduce((total, sum) => total + (sum - mean) * (sum - mean), 0) / z.length;
  const inverse = 1 / Math.sqrt(variance + epsilon);
  return z.map((sum, unit) => (sum - mean) * inverse * scales[unit] + shifts[unit]);
}
`;

const SOFTMAX = `function $_softmax(z) {
  const largest = z.reduce((a, b) => (a > b ? a : b));
  const powers = z.map((sum) => Math.exp(sum - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
`;

function erf(name: string): string {
  return `${array(`${name}_erf_near`, NEAR)}
${array(`${name}_erf_far`, FAR)}
function ${name}_erf(x) {
  const size = Math.min(Math.abs(x), ${ROUNDS_TO_ONE});
  if (size < 1) return x + x * ${name}_erf_near.reduceRight((p, c) => p * (x * x) + c, 0);
  const t = (size - 2) / (size + 2);
  return Math.sign(x) * (1 - Math.exp(-size * size) * ${name}_erf_far.reduceRight((p, c) => p * t + c, 0));
}
`;
}
