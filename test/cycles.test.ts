// Networks that come and go leave nothing behind: in a process of its own, where garbage is collected before it is counted.

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const CYCLES = 1000;

test.each([
  ["a worker", "{ threads: 1 }"],
  ["threads", "{ threads: 2 }"],
  ["slices", "{ worker: false }"],
])(
  `${CYCLES} networks made, trained by %s and disposed of, one in five in the midst, keep no memory and no worker`,
  { timeout: 120_000 },
  (_, way) => {
    const code = `
    import threads from "node:worker_threads";
    import { syncBuiltinESMExports } from "node:module";
    let alive = 0, started = 0, onEnd;
    threads.Worker = class extends threads.Worker {
      constructor(...given) {
        super(...given);
        alive++, started++;
        this.once("exit", () => (alive--, onEnd?.()));
      }
    };
    syncBuiltinESMExports();
    const { NeuralNetwork } = await import("feedforward");

    const inputs = Array.from({ length: 64 }, (_, i) => Array.from({ length: 8 }, (_, k) => Math.sin(8 * i + k)));
    const targets = inputs.map(([a, b]) => [a * b, a]);
    const used = async () => {
      // What one collection frees holds what only the next one finds.
      for (let i = 0; i < 5; i++) {
        gc();
        await new Promise((next) => setImmediate(next));
      }
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return (heapUsed + external + arrayBuffers) / 1e6;
    };
    let before = 0, stopped = 0;
    for (let i = 0; i < ${CYCLES}; i++) {
      if (i === 200) before = await used();
      const network = new NeuralNetwork({ inputs: 8, layers: [{ units: 16, activation: "tanh" }, { units: 2, activation: "linear" }] });
      const run = network.trainAsync(inputs, targets, { epochs: 2, batchSize: 16, ...${way} });
      if (i % 5 === 0) {
        network.dispose();
        await run.catch(() => stopped++);
      } else {
        await run;
        network.dispose();
      }
    }
    const growth = (await used()) - before;
    // The pool ends by itself, but keeps no process alive that waits for that.
    const waiting = setInterval(() => {}, 1000);
    while (alive > 0) await new Promise((resolve) => (onEnd = resolve));
    clearInterval(waiting);
    console.log(JSON.stringify({ flat: growth < 2, growth, started, stopped, alive }));
  `;
    const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", code], { encoding: "utf8" });
    expect(stderr).toBe("");
    const { growth, started, ...rest } = JSON.parse(stdout) as Record<string, number | boolean>;
    expect(rest, `it grew by ${growth} MB`).toEqual({ flat: true, stopped: CYCLES / 5, alive: 0 });
    // Those that wait are used again, though one that a run was stopped in may be gone.
    expect(started).toBeLessThanOrEqual(2 + 2 * (CYCLES / 5));
  },
);
