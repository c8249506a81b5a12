// Saves a network over and over to one path until it is killed, and writes the number of each save once that is done: the number is in all of its weights.

import { writeSync } from "node:fs";
import { loadFile, saveFile } from "feedforward/node";

const path = process.argv[2];
const network = await loadFile(path);
for (let n = network.layers[0].weights[0] + 1; ; n++) {
  network.layers[0].weights.fill(n);
  await saveFile(network, path);
  writeSync(1, `${n}\n`);
}
