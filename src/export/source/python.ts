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

const SYNTAX: Syntax = {
  number: decimal,
  call: (fn, argument) => `math.${fn === "abs" ? "fabs" : fn}(${argument})`,
  select: (condition, yes, no) => `${yes} if ${condition} else ${no}`,
};

/** A module of Python 3. */
export function pythonText(program: Program): string {
  const { name, inputs, outputs, precision, layers, scaling } = program;
  const scaled = `[(float(value) - mean) / scale for value, mean, scale in zip(inputs, ${name}_mean, ${name}_scale)]`;
  return [
    `# ${inputs} inputs, ${outputs} outputs; from a network of ${precision}, computed in double precision. Written by feedforward.

import math
`,
    ...(scaling ? [tuple(`${name}_mean`, scaling.mean), tuple(`${name}_scale`, scaling.scale)] : []),
    ...layers.flatMap((layer, i) => tuples(name, layer, i)),
    ...helpers(program),
    `def ${name}(inputs):
    if len(inputs) != ${inputs}:
        raise ValueError("${name}: expected ${inputs} inputs, got %d" % len(inputs))
    x = ${scaling ? scaled : "[float(value) for value in inputs]"}
${layers.map((_, i) => layerText(program, i)).join("")}    return x
`,
  ].join("\n");
}

function tuple(name: string, values: ArrayLike<number>): string {
  return `${name} = (\n${lines(values, "    ", decimal)})\n`;
}

function tuples(name: string, { weights, biases, normalization }: LayerDescription, i: number): string[] {
  const texts = [tuple(`${name}_weights_${i}`, weights)];
  if (biases) texts.push(tuple(`${name}_biases_${i}`, biases));
  if (!normalization) return texts;
  const { epsilon, scales, shifts, statistics } = normalization;
  texts.push(tuple(`${name}_scales_${i}`, scales), tuple(`${name}_shifts_${i}`, shifts));
  if (statistics) {
    texts.push(tuple(`${name}_means_${i}`, statistics.means), tuple(`${name}_inverses_${i}`, inversesOf(statistics.variances, epsilon)));
  }
  return texts;
}

function layerText({ name, layers }: Program, i: number): string {
  const layer = layers[i] as LayerDescription;
  const { units, biases, normalization, activation, residual } = layer;
  const text = [
    `    # ${caption(layer, i)}`,
    `    z = ${name}_sums(x, ${name}_weights_${i}, ${biases ? `${name}_biases_${i}` : `(0.0,) * ${units}`})`,
  ];
  if (normalization) {
    const scaleAndShift = `${name}_scales_${i}, ${name}_shifts_${i}`;
    text.push(
      normalization.statistics
        ? `    z = ${name}_normalize(z, ${name}_means_${i}, ${name}_inverses_${i}, ${scaleAndShift})`
        : `    z = ${name}_normalize_row(z, ${decimal(normalization.epsilon)}, ${scaleAndShift})`,
    );
  }
  if (activation === "softmax") text.push(`    z = ${name}_softmax(z)`);
  if (isScalar(activation)) text.push(`    z = [${functionName(name, layers, i)}(total) for total in z]`);
  text.push(residual ? "    x = [y + before for y, before in zip(z, x)]" : "    x = z");
  return `${text.join("\n")}\n`;
}

function helpers(program: Program): string[] {
  const { name, layers } = program;
  const fill = (text: string) => text.replaceAll("$", name);
  return [
    fill(SUMS),
    ...(hasNormalization(program, true) ? [fill(NORMALIZE)] : []),
    ...(hasNormalization(program, false) ? [fill(NORMALIZE_ROW)] : []),
    ...[...scalarFunctions(program, SYNTAX)].map(([fn, text]) => `def ${fn}(z):\n    return ${text}\n`),
    ...(layers.some(({ activation }) => activation === "softmax") ? [fill(SOFTMAX)] : []),
  ];
}

const SUMS = `def $_sums(x, weights, biases):
    units = len(biases)
    z = []
    for unit, total in enumerate(biases):
        for i, value in enumerate(x):
            total += value * weights[i * units + unit]
        z.append(total)
    return z
`;

const NORMALIZE = `def $_normalize(z, means, inverses, scales, shifts):
    return [
        (total - mean) * inverse * scale + shift
        for total, mean, inverse, scale, shift in zip(z, means, inverses, scales, shifts)
    ]
`;

const NORMALIZE_ROW = `def $_normalize_row(z, epsilon, scales, shifts):
    mean = sum(z) / len(z)
    variance = sum((total - mean) * (total - mean) for total in z) / len(z)
    inverse = 1.0 / math.sqrt(variance + epsilon)
    return [(total - mean) * inverse * scale + shift for total, scale, shift in zip(z, scales, shifts)]
`;

const SOFTMAX = `def $_softmax(z):
    largest = max(z)
    powers = [math.exp(total - largest) for total in z]
    total = sum(powers)
    return [power / total for power in powers]
`;
