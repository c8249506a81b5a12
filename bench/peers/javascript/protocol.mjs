// What a worker understands: JSON lines on its standard input, an answer to each on its standard output. See ../worker.ts.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A peer throws it in `prepare` for a case that it has no means for. */
export class Unsupported extends Error {}

/**
 * Answers until the input ends.
 *
 * @param prepare (case) → session, with everything that may be done before the clock starts. A session has
 *   `precision`, `threads`, `versions`;
 *   `reset()`, which puts the first weights back, where the case trains;
 *   `run()`, the timed part, or `runAsync()` where the peer has promises only;
 *   `result()`, numbers by which it is seen that all compute the same: parameters in the order of the file `weights`, or outputs
 */
export async function serve(prepare) {
  let session;
  const commands = {
    // The peer's import is in here, which the case `load` counts.
    prepare: async ({ folder, threads }) => {
      const start = performance.now();
      session = await prepare(readCase(folder), { threads });
      return {
        seconds: (performance.now() - start) / 1000,
        precision: session.precision,
        threads: session.threads,
        versions: session.versions,
      };
    },
    run: async ({ samples, calls }) => {
      const seconds = [];
      for (let sample = 0; sample < samples; sample++) {
        await session.reset?.();
        seconds.push((await time(session, calls)) / 1000);
      }
      return { seconds };
    },
    result: async ({ file }) => {
      writeFileSync(file, Float64Array.from(await session.result()));
      return {};
    },
  };
  // What a library prints must not get between the answers.
  console.log = console.info = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    let answer;
    try {
      answer = await commands[message.command](message);
    } catch (error) {
      answer = error instanceof Unsupported ? { unsupported: error.message } : { error: String(error?.message ?? error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

async function time(session, calls) {
  const { run, runAsync } = session;
  const start = performance.now();
  if (runAsync) for (let call = 0; call < calls; call++) await runAsync();
  else for (let call = 0; call < calls; call++) run();
  return performance.now() - start;
}

function readCase(folder) {
  const subject = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  const Elements = subject.precision === "float32" ? Float32Array : Float64Array;
  const read = (name) => {
    const bytes = readFileSync(join(folder, name));
    return new Elements(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  return {
    ...subject,
    outputs: subject.network.layers.at(-1).units,
    inputs: read("inputs"),
    targets: read("targets"),
    parameters: split(subject.network, read("weights")),
    modelFile: join(folder, "model.onnx"),
  };
}

/** The first weights layer by layer: `{ inputs, units, activation, weights, biases }`, `biases` empty in a layer without. */
function split({ inputs, layers }, flat) {
  let at = 0;
  const take = (length) => {
    at += length;
    return flat.subarray(at - length, at);
  };
  return layers.map(({ units, activation, bias }) => {
    const layer = { inputs, units, activation, bias, weights: take(inputs * units), biases: take(bias ? units : 0) };
    inputs = units;
    return layer;
  });
}

/** [from, to) of each batch of an epoch. */
export function batches({ rows, batchSize }) {
  return Array.from({ length: Math.ceil(rows / batchSize) }, (_, i) => [i * batchSize, Math.min((i + 1) * batchSize, rows)]);
}

/** The version of a package of ../node_modules. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}
