/** Small networks as the text of a function in another language, which needs nothing else. */

import { readNetwork } from "./export/description.js";
import { readScaling, type Scaling } from "./export/scaling.js";
import { cText } from "./export/source/c.js";
import { javascriptText } from "./export/source/javascript.js";
import { readName } from "./export/source/names.js";
import { pythonText } from "./export/source/python.js";
import type { NeuralNetwork } from "./index.js";
import { nameOf, or, record } from "./options/check.js";

export type { Scaling } from "./export/scaling.js";

/** The language of the text. */
export type SourceLanguage = keyof typeof LANGUAGES;

export interface SourceOptions {
  language: SourceLanguage;
  /** What the function is called: a letter, then letters, digits and underscores, no word of the language. Default `"predict"`. */
  name?: string;
  /** Scaling of the inputs that the function is to do. Default none: it takes what the network takes. */
  scaling?: Scaling;
}

const LANGUAGES = { javascript: javascriptText, c: cText, python: pythonText } as const;

/** Some 4 MB of text, which Python 3.11 takes 0.5 s to read. */
const MOST_PARAMETERS = 200_000;

/**
 * The network as it thinks as the text of one function of one row: an ES module that exports it, a file of C99, a module of Python 3. JavaScript and Python compute in
 * double precision, C in the network's. Weights are those of the network to the bit; answers are near `think`'s, since exponentials are those of the other language.
 *
 * @throws TypeError, RangeError for what is no network, for options that cannot be used, for numbers that are not finite, and for networks of more than 200,000 parameters
 */
export function toSource(network: NeuralNetwork, options: SourceOptions): string {
  const given = record("options", options, ["language", "name", "scaling"]);
  const language = nameOf("language", given.language, LANGUAGES);
  const name = readName("name", or(given.name, "predict"), language);
  const description = readNetwork(network, MOST_PARAMETERS, "for which source text is meant");
  const scaling = readScaling(given.scaling, description.inputs, description.precision);
  return LANGUAGES[language]({ ...description, name, scaling });
}
