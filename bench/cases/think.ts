import { NeuralNetwork } from "feedforward";
import type { Case, Contender } from "../case.js";
import { PlainNetwork } from "../plain/general.js";
import { OneNeuron } from "../plain/one-neuron.js";
import { BEGINNING, QUESTION } from "../tutorial.js";

const CALLS = 4096;

/** Calls take turns over these, so that no compiler can take the work out of the loop. */
const QUESTIONS = [QUESTION, [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1], [0, 0, 0]];

/** One row of 3 in, one row of 1 out. */
export const think: Case = {
  name: "think-1x3",
  title: "think of a row such as [1, 0, 0]",
  unit: "ns",
  contenders() {
    const plain = new PlainNetwork({ inputs: 3, layers: [{ units: 1, activation: "sigmoid", bias: false }] });
    plain.layers[0]?.weights.set(BEGINNING);
    const neuron = new OneNeuron();
    neuron.weights.set(BEGINNING);
    const ours = new NeuralNetwork();
    // A loop for each: one that they shared would look the method up in each call.
    return [
      contender("feedforward", (rows) => {
        let total = 0;
        for (let i = 0; i < CALLS; i++) total += ours.think(rows[i & 7] as number[])[0] as number;
        return total;
      }),
      contender("plain-js", (rows) => {
        let total = 0;
        for (let i = 0; i < CALLS; i++) total += plain.think(rows[i & 7] as number[])[0] as number;
        return total;
      }),
      contender("plain-js-one-neuron", (rows) => {
        let total = 0;
        for (let i = 0; i < CALLS; i++) total += neuron.think(rows[i & 7] as number[])[0] as number;
        return total;
      }),
    ];
  },
};

function contender(implementation: string, sum: (rows: readonly number[][]) => number): Contender {
  return { implementation, threads: 1, calls: CALLS, run: () => sum(QUESTIONS), answer: () => [sum(QUESTIONS)] };
}
