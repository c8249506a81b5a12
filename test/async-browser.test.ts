// Training in the background in a browser: Chromium, with the files of the package as they are, under a content security policy that allows no eval.

import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { NeuralNetwork, type TrainAsyncOptions } from "feedforward";
import { chromium, type Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findChromium, need } from "./support/programs.js";
import { serve } from "./support/server.js";

const MINUTE = 60_000;
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
const NO_WORKERS = POLICY.replace("worker-src 'self'", "worker-src 'none'");

const OPTIONS = { inputs: 2, layers: [{ units: 8, activation: "tanh", dropout: 0.1 }, { units: 1 }], optimizer: "adam" } as const;
const INPUTS = Array.from({ length: 60 }, (_, i) => [Math.sin(5 * i), Math.sin(7 * i)]);
const TARGETS = INPUTS.map(([a = 0, b = 0]) => (a * b > 0 ? 1 : 0));
const RUN = { epochs: 200, batchSize: 8 } as const;

const digestOf = (bytes: ArrayLike<number>) => createHash("sha256").update(Uint8Array.from(bytes)).digest("hex");

/** Opens a page of the package's folder, the text of a program, under a policy, and gives it to `task`. */
async function withPage<R>(executablePath: string, policy: string, task: (page: Page) => Promise<R>): Promise<R> {
  const server = await serve(process.cwd(), { "content-security-policy": policy });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: MINUTE });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(MINUTE);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dist/async.js`);
    // As text, since vitest would put functions of its own in place of an import.
    await page.evaluate("globalThis.load = (address) => import(address); undefined");
    return await task(page);
  } finally {
    await browser.close();
    server.close();
  }
}

/** Trains in the page, and answers the snapshot, how many workers the page has started, and whether it could paint meanwhile. */
function trainThere(
  page: Page,
  run: TrainAsyncOptions,
): Promise<{ snapshot: number[]; workers: number; frames: number; stopped: boolean }> {
  return page.evaluate(
    async ({ options, inputs, targets, run }) => {
      let workers = 0;
      const Original = globalThis.Worker;
      globalThis.Worker = class extends Original {
        constructor(...given: ConstructorParameters<typeof Worker>) {
          super(...given);
          workers++;
        }
      };
      const { load } = globalThis as unknown as { load: (address: string) => Promise<typeof import("feedforward")> };
      const library = await load("/dist/feedforward.js");
      const network = new library.NeuralNetwork(options);
      let frames = 0;
      const frame = () => {
        frames++;
        requestAnimationFrame(frame);
      };
      frame();
      // Stopped on the way and gone on with.
      const stop = new AbortController();
      const stopped = await network
        .trainAsync(inputs, targets, { ...run, signal: stop.signal, onEpoch: ({ epoch }) => void (epoch === 50 && stop.abort()) })
        .then(
          () => false,
          (reason) => reason === stop.signal.reason,
        );
      await network.trainAsync(inputs, targets, { ...run, resume: true });
      return { snapshot: Array.from(network.snapshot()), workers, frames, stopped };
    },
    { options: OPTIONS, inputs: INPUTS, targets: TARGETS, run },
  );
}

describe("in Chromium", () => {
  const plain = new NeuralNetwork(OPTIONS);
  plain.train(INPUTS, TARGETS, RUN);
  const expected = digestOf(plain.snapshot());

  test.for([
    ["a worker trains, to Node's bits", POLICY, {}, 1],
    ["slices train where no worker may start", NO_WORKERS, {}, 1],
    ["slices train where none is wanted", POLICY, { worker: false }, 0],
    ["a worker of the page's own address", POLICY, { worker: "/dist/worker.js" }, 1],
  ] as const)("%s", { timeout: 2 * MINUTE }, async ([, policy, more, workers], context) => {
    const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
    const there = await withPage(executablePath, policy, (page) => trainThere(page, { ...RUN, ...more }));
    expect(there.stopped).toBe(true);
    expect(digestOf(there.snapshot)).toBe(expected);
    // A policy that allows none is only told of when one was to start, twice here.
    expect(there.workers).toBe(policy === NO_WORKERS ? 2 * workers : workers);
    expect(there.frames).toBeGreaterThan(0);
  });
});
