// Workers that do not start, that die, and what they keep alive.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { NeuralNetwork } from "feedforward";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameState, INPUTS, made, RUN, reasonOf, TARGETS, threads, workers } from "./support/background.js";
import { bytesOf, expectSameBits } from "./support/compare.js";
import { randomSource } from "./support/data.js";
import { SEED } from "./support/property.js";

afterAll(() => console.log(`moments were drawn with FC_SEED=${SEED}`));

describe("a worker", () => {
  const program = (name: string, code: string) => {
    const file = join(tmpdir(), `feedforward-${process.pid}-${name}.mjs`);
    writeFileSync(file, code);
    return pathToFileURL(file);
  };
  /** The library's own, which posts a message by `post`. */
  const posting = (name: string, post: string) =>
    program(
      name,
      `import { parentPort } from "node:worker_threads";
      const send = parentPort.postMessage.bind(parentPort);
      let calls = 0;
      parentPort.postMessage = (message, transfer) => ${post};
      await import(${JSON.stringify(pathToFileURL(join(process.cwd(), "dist/worker.js")).href)});`,
    );

  test.each([
    ["that is not there", new URL("file:///nowhere/worker.js")],
    ["that fails at once", program("fails", "throw new Error('no')")],
    ["that ends at once", program("ends", "process.exit(3)")],
    ["whose address is none", "no address"],
  ])("%s leaves the work to slices on this thread", async (_, worker) => {
    const [background, plain] = [made(), made()];
    await background.trainAsync(INPUTS, TARGETS, { ...RUN, worker });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(background, plain);
  });

  test("that dies before it has told of anything leaves a run that can be gone on with", async () => {
    const worker = posting("dies-early", '(message.type === "end" ? process.exit(5) : send(message, transfer))');
    const [background, plain] = [made(), made()];
    expect(String(await reasonOf(background.trainAsync(INPUTS, TARGETS, { ...RUN, worker })))).toContain("code 5");
    background.train(INPUTS, TARGETS, { ...RUN, resume: true });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(background, plain);
  });

  test("that dies before it has told of a network of many megabytes leaves it as it was", async () => {
    const worker = posting("dies-untold", '(message.type === "ready" ? send(message, transfer) : process.exit(5))');
    const large = () => new NeuralNetwork({ inputs: 5, layers: [{ units: 150_000, activation: "relu" }, { units: 1 }], optimizer: "adam" });
    const [background, plain] = [large(), large()];
    expect(String(await reasonOf(background.trainAsync(INPUTS, TARGETS, { ...RUN, epochs: 1, worker })))).toContain("code 5");
    expectSameBits(bytesOf(background.layers[0]?.weights ?? []), bytesOf(plain.layers[0]?.weights ?? []), "weights");
    await background.trainAsync(INPUTS, TARGETS, { ...RUN, epochs: 1, threads: 1, resume: true });
    plain.train(INPUTS, TARGETS, { ...RUN, epochs: 1 });
    expectSameState(background, plain);
  });

  test("that never says that it is ready holds up neither a stop nor dispose", async () => {
    const worker = program("silent", "setInterval(() => {}, 1000);");
    const [background, plain] = [made(), made()];
    const stop = new AbortController();
    const run = background.trainAsync(INPUTS, TARGETS, { ...RUN, worker, signal: stop.signal });
    stop.abort("enough");
    expect(await reasonOf(run)).toBe("enough");
    const thought = new AbortController();
    const answer = background.thinkAsync(INPUTS, { worker, signal: thought.signal });
    thought.abort("enough of this too");
    expect(await reasonOf(answer)).toBe("enough of this too");
    background.train(INPUTS, TARGETS, { ...RUN, resume: true });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(background, plain);
    await Promise.all(workers.all.map((each) => each.terminate()));
  });

  test("that dies in the midst of a run is told of, and the network is that of the last report", async () => {
    // A worker that tells of one epoch and then ends.
    const worker = posting("dies", '(message.type === "call" && ++calls === 3 ? process.exit(7) : send(message, transfer))');
    const [background, plain] = [made(), made()];
    // None that waits from before.
    const busy = Array.from({ length: 8 }, () => made().trainAsync(INPUTS, TARGETS, { epochs: 500 }));
    const error = await reasonOf(background.trainAsync(INPUTS, TARGETS, { ...RUN, worker, onEpoch: () => {} }));
    expect((error as Error).message).toBe("trainAsync: the worker ended in the midst of the run (it ended with code 7)");
    expect(background.epoch).toBe(2);
    // The next one is not given to the dead.
    const other = made();
    await other.trainAsync(INPUTS, TARGETS, { ...RUN, worker: false });
    const again = await reasonOf(made().trainAsync(INPUTS, TARGETS, { ...RUN, worker, onEpoch: () => {} }));
    expect((again as Error).message).toContain("it ended with code 7");
    await Promise.all(busy);
    await background.trainAsync(INPUTS, TARGETS, { ...RUN, resume: true });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(background, plain);
  });

  test.each([{ threads: 1 }, { threads: 2 }, { threads: 1, onStep() {} }, { threads: 2, onEpoch() {} }, { threads: 1, onProgress() {} }])(
    "in the midst of a long step is not waited for: %o",
    async (way) => {
      // A step takes some 0.5 s.
      const create = () =>
        new NeuralNetwork({ inputs: 100, layers: [{ units: 300, activation: "tanh" }, { units: 1 }], optimizer: "adam" });
      const rows = 20_000;
      const inputs = { data: Float64Array.from({ length: rows * 100 }, (_, i) => Math.sin(i)), rows };
      const targets = Float64Array.from({ length: rows }, (_, i) => (i % 3) / 2);
      const [background, plain] = [create(), create()];
      const { ended } = workers;
      for (let resume = false; ; resume = true) {
        const stop = new AbortController();
        const run = reasonOf(background.trainAsync(inputs, targets, { epochs: 8, ...way, resume, signal: stop.signal }));
        const from = background.step;
        // It tells of each step, and the next one is under way.
        while (background.step === from) await new Promise((resolve) => setImmediate(resolve));
        // Till an answer to a call has come there, if the machine is not too busy: then it is tried again.
        for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
        stop.abort("enough");
        expect(await run).toBe("enough");
        expect(background.step).toBe(from + 1);
        if ((background.step > 1 && workers.ended > ended) || background.step === 7) break;
      }
      await background.trainAsync(inputs, targets, { epochs: 8, ...way, resume: true });
      expect(workers.ended).toBeGreaterThan(ended);
      plain.train(inputs, targets, 8);
      expectSameState(background, plain);
    },
  );

  test.each([{ threads: 1 }, { threads: 2 }, { worker: false as const }])(
    "in the midst of the first validation, behind short steps, is not waited for: %o",
    async (way) => {
      // Validation takes some seconds.
      const create = () =>
        new NeuralNetwork({ inputs: 100, layers: [{ units: 300, activation: "tanh" }, { units: 1 }], optimizer: "adam" });
      const rows = 100_000;
      const data = { data: Float64Array.from({ length: rows * 100 }, (_, i) => Math.sin(i)), rows };
      const [inputs, targets] = [
        { data: data.data.subarray(0, 32_000), rows: 320 },
        Float64Array.from({ length: rows }, (_, i) => (i % 3) / 2),
      ];
      const run = { epochs: 2, batchSize: 32, validation: { inputs: data, targets } };
      const background = create();
      const stop = new AbortController();
      const running = reasonOf(background.trainAsync(inputs, targets.subarray(0, 320), { ...run, ...way, signal: stop.signal }));
      while (background.step < 9) await new Promise((resolve) => setImmediate(resolve));
      // On the calling thread a turn is a slice.
      for (let turn = 0; turn < ("worker" in way ? 20 : 1000); turn++) await new Promise((resolve) => setImmediate(resolve));
      stop.abort("enough");
      expect(await running).toBe("enough");
      expect([background.step, background.epoch]).toEqual([9, 0]);
      const small = { ...run, validation: { inputs, targets: targets.subarray(0, 320) } };
      const plain = create();
      plain.train(inputs, targets.subarray(0, 320), small);
      await background.trainAsync(inputs, targets.subarray(0, 320), { ...small, ...way, resume: true });
      for (const [l, { weights }] of background.layers.entries()) expect(weights).toEqual(plain.layers[l]?.weights);
    },
  );

  test("that cannot be told what it waits for fails the run, and is not asked again", async () => {
    const network = made();
    async function* batches() {
      for (let i = 0; i < 5; i++) yield { inputs: INPUTS, targets: TARGETS };
    }
    const failure = new Error("it does not go through");
    const { postMessage } = threads.Worker.prototype;
    let batch = 0;
    threads.Worker.prototype.postMessage = function (...given: [message: { type?: string }]) {
      if (given[0].type === "batch" && ++batch === 3) throw failure;
      postMessage.apply(this, given);
    };
    expect(await reasonOf(network.trainAsync(batches(), { threads: 1 }))).toBe(failure);
    threads.Worker.prototype.postMessage = postMessage;
    const [again, plain] = [made(), made()];
    await again.trainAsync(INPUTS, TARGETS, { ...RUN, threads: 1 });
    plain.train(INPUTS, TARGETS, RUN);
    expectSameState(again, plain);
  });

  test("killed at random moments leaves a network that can be trained to the same bits", { timeout: 60_000 }, async () => {
    const random = randomSource(SEED);
    const run = { epochs: 60, batchSize: 16 };
    const plain = made();
    plain.train(INPUTS, TARGETS, run);
    let deaths = 0;
    for (let round = 0; round < 50; round++) {
      const network = made();
      const [moment, turns] = [Math.floor(random() * 61), Math.floor(random() * 5)];
      const kill = async () => {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        for (const each of workers.all.splice(0)) void each.terminate();
      };
      if (moment === 0) void kill();
      try {
        await network.trainAsync(INPUTS, TARGETS, { ...run, onEpoch: ({ epoch }) => void (epoch === moment && kill()) });
      } catch (error) {
        expect(String(error)).toContain("the worker ended in the midst of the run");
        deaths++;
        // It may have told of the last epoch, and died before it told of the end.
        if (network.epoch < run.epochs) network.train(INPUTS, TARGETS, { ...run, resume: network.step > 0 });
      }
      expectSameState(network, plain);
      network.dispose();
    }
    expect(deaths).toBeGreaterThan(0);
  });

  test("that dies while the body of a loop over epochs is at work ends the loop", async () => {
    const worker = posting("dies-later", '{ send(message, transfer); if (message.type === "call") setImmediate(() => process.exit(9)); }');
    const network = made();
    const ends = new Promise((resolve) => {
      const { Worker } = threads;
      threads.Worker = class extends Worker {
        constructor(...given: ConstructorParameters<typeof threads.Worker>) {
          super(...given);
          this.on("exit", resolve);
        }
      };
      syncBuiltinESMExports();
    });
    const loop = (async () => {
      for await (const _ of network.training(INPUTS, TARGETS, { ...RUN, worker })) await ends;
    })();
    expect(String(await reasonOf(loop))).toContain("the worker ended in the midst of the run (it ended with code 9)");
  });

  test.each([
    ["while it trains, and not afterwards", `network.trainAsync(inputs, [0, 1], 15000).then(({ loss }) => console.log(loss.length));`],
    ["not while it waits for an answer", `await network.training(inputs, [0, 1], 15000).next(); console.log(1000);`],
    [
      "not when several have ended",
      `await Promise.all([1, 2, 3, 4, 5].map(() => new NeuralNetwork().trainAsync(inputs, [0, 1], 10))); console.log(1000);`,
    ],
  ])("keeps a process alive %s", (_, task) => {
    const code = `
      import { NeuralNetwork } from "feedforward";
      const network = new NeuralNetwork();
      const inputs = [[0, 0, 1], [1, 1, 1]];
      ${task}
    `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "1000\n", stderr: "" });
  });
});
