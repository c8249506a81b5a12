/** Networks as plain JSON: their shape and their numbers, to read in whatever language, and to read back. */

import { readNetwork } from "./export/description.js";
import { readDocument } from "./export/json/read.js";
import { layersText } from "./export/json/write.js";
import { type NetworkOptions, NeuralNetwork } from "./index.js";
import { or, record } from "./options/check.js";

/** How a network that was read is to learn, and where: the constructor's options of these names. What JSON has is how it thinks. */
export type LearningOptions = Pick<NetworkOptions, "loss" | "reduction" | "optimizer" | "seed" | "core">;

/**
 * A number is 36 characters at most, in a row of its own, and the strings of V8, the shortest that hosts have, are less than 2²⁹. Layers of one unit take more, but it would need
 * millions of them.
 */
const MOST_PARAMETERS = 14_000_000;

/**
 * The network as it thinks, as JSON text: for each layer units, activation, weights as (inputs, units) nested arrays, biases, and where there are any normalisation and
 * residual. What is only for learning is not in it: optimizer, schedules, dropout, penalties. Numbers are written so that reading gives the same bits, the sign of 0 included.
 *
 * @throws TypeError, RangeError for what is no network, for numbers that are not finite, and for networks of more than 14,000,000 parameters
 */
export function toJson(network: NeuralNetwork): string {
  return layersText(readNetwork(network, MOST_PARAMETERS, "whose text a string can hold"));
}

/**
 * A new network from what `toJson` has written, as text or as parsed: it thinks with the same bits.
 *
 * @throws TypeError, RangeError for anything else, before a network is made; the message names the place
 */
export function fromJson(json: string | object, learning?: LearningOptions): NeuralNetwork {
  const options = record("learning", or(learning, {}), ["loss", "reduction", "optimizer", "seed", "core"]);
  const { shape, parameters } = readDocument(json);
  const network = new NeuralNetwork({ ...options, ...shape } as NetworkOptions);
  network.layers.forEach((layer, i) => {
    for (const [name, values] of Object.entries(parameters[i] ?? {})) layer[name as "weights"].set(values);
  });
  return network;
}
