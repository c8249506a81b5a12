import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NeuralNetwork } from "../../dist/index.js";
import { BEGINNING, INPUTS, TARGETS } from "../tutorial.js";
import type { WorkerCase } from "./cases.js";

// The files of a case, little-endian in its precision: `inputs` (rows, inputs), `targets` (rows, outputs) and `weights`, which holds for each layer
// the weights (inputs, units) and then the biases (units), if it has any.

export function writeCase(folder: string, subject: WorkerCase): void {
  const { inputs, targets } = rowsOf(subject);
  const Elements = subject.precision === "float32" ? Float32Array : Float64Array;
  writeFileSync(join(folder, "case.json"), JSON.stringify(subject));
  writeFileSync(join(folder, "inputs"), Elements.from(inputs));
  writeFileSync(join(folder, "targets"), Elements.from(targets));
  writeFileSync(join(folder, "weights"), Elements.from(firstWeights(subject)));
}

/** The library draws them, once for all. */
function firstWeights({ network: { inputs, layers }, precision, data }: WorkerCase): number[] {
  if (data === "tutorial") return BEGINNING;
  const network = new NeuralNetwork({ inputs, layers: layers.map((layer) => ({ ...layer })), precision, seed: 7 });
  return network.layers.flatMap(({ weights, biases }) => [...weights, ...biases]);
}

function rowsOf({ data, rows, network }: WorkerCase): { inputs: number[]; targets: number[] } {
  if (data === "tutorial") return { inputs: INPUTS.flat(), targets: TARGETS.flat() };
  if (data === "xor") return { inputs: [0, 0, 0, 1, 1, 0, 1, 1], targets: [0, 1, 1, 0] };
  const width = network.inputs;
  const outputs = network.layers.at(-1)?.units as number;
  const random = generator();
  const inputs = Array.from({ length: rows * width }, () => Math.fround(data === "classes" ? random() : 2 * random() - 1));
  const targets: number[] = [];
  for (let row = 0; row < rows; row++) {
    const x = inputs.slice(row * width, (row + 1) * width);
    if (data === "classes") targets.push(...oneHot(darkest(x, outputs), outputs));
    else targets.push(Math.sin(3 * (x[0] as number)) + (x[1] as number) * (x[2] as number));
  }
  return { inputs, targets };
}

/** Which of the parts of a row has the largest sum. */
function darkest(x: readonly number[], parts: number): number {
  const length = Math.floor(x.length / parts);
  const sums = Array.from({ length: parts }, (_, part) => x.slice(part * length, (part + 1) * length).reduce((a, b) => a + b, 0));
  return sums.indexOf(Math.max(...sums));
}

const oneHot = (index: number, length: number): number[] => Array.from({ length }, (_, i) => Number(i === index));

/** A linear congruential generator modulo 2³² (Numerical Recipes' constants) of numbers in [0, 1). */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
