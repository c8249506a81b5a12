// A team by itself: what its leader does where the others do not come to their shares.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { NeuralNetwork } from "feedforward";
import { expect, test } from "vitest";
import { Evaluation, Header, Status } from "../src/abi.js";
import { Head, headAddress, type Seat, sharingCore, teamBlock } from "../src/background/team.js";
import type { Block } from "../src/block.js";
import { readOptions } from "../src/options/network.js";
import { placeRun, readRun, trainRun } from "../src/training.js";
import { expectSameBits } from "./support/compare.js";
import { randomTable } from "./support/data.js";

const module = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve("feedforward/feedforward.threads.wasm")));

/** Columns are shared in the first three layers, rows in all. */
const OPTIONS = {
  inputs: 40,
  precision: "float32",
  layers: [
    { units: 1030, activation: "relu" },
    { units: 1040, activation: "tanh", normalization: "batch" },
    { units: 1040, activation: "gelu", residual: true, normalization: "layer" },
    { units: 9, activation: "linear" },
  ],
  optimizer: { name: "adam", learningRate: 1e-3 },
} as const;
const INPUTS = randomTable(1, 140, 40);
const TARGETS = randomTable(2, 140, 9);

/** A team of which nobody but the leader, this thread, will ever do anything: that the others are dead is all that it knows, so it waits for none. */
function deserted(threads: number): Block {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4096, shared: true });
  const core = sharingCore(module, memory);
  const seat: Seat = { team: 1, module, memory, threads, thread: 0, run: 0, generation: 0 };
  const block = teamBlock(core, seat, readOptions(OPTIONS));
  core.initialize(block.base);
  new Int32Array(memory.buffer, headAddress(core))[Head.Broken] = 1;
  return block;
}

test.each([2, 3, 8])("the leader of %i takes the parts that others have not come to", (threads) => {
  const [block, network] = [deserted(threads), new NeuralNetwork(OPTIONS)];
  const plan = readOptions(OPTIONS);
  const run = readRun(block.core.memory, plan, INPUTS, TARGETS, { epochs: 1, batchSize: 140 });
  placeRun(block, plan, run);
  expect(() => trainRun(block, run).next()).toThrow("unexpected status 23");
  network.train(INPUTS, TARGETS, { epochs: 1, batchSize: 140 });
  const { buffer } = block.core.memory;
  const count = block.uint(Header.ParameterCount);
  const parameters = Buffer.from(buffer, block.base + block.uint(Header.Parameters), 4 * count);
  expectSameBits(parameters, parametersOf(network), "parameters");
});

test("evaluate and differentiate want none of it", () => {
  const block = deserted(3);
  const plan = readOptions(OPTIONS);
  const run = readRun(block.core.memory, plan, INPUTS, TARGETS, { epochs: 1, batchSize: 140 });
  placeRun(block, plan, run);
  block.ensure({ [Header.Evaluation]: Evaluation.Values });
  // The layout may have moved them.
  placeRun(block, plan, run);
  const generation = () => new Int32Array(block.core.memory.buffer, headAddress(block.core))[Head.Generation];
  const team = block.uint(Header.Team);
  expect(block.core.differentiate(block.base, 140, 0)).toBe(Status.Ok);
  expect(block.core.evaluate(block.base, 140)).toBe(Status.Ok);
  expect(generation()).toBe(0);
  expect(block.uint(Header.Team)).toBe(team);
  expect(() => trainRun(block, run).next()).toThrow("unexpected status 23");
  expect(generation()).toBeGreaterThan(0);
});

/** All of them, in the order in which they lie in the block. */
function parametersOf(network: NeuralNetwork): Buffer {
  const parts = network.layers.flatMap(({ weights, biases, scales, shifts }) => [weights, biases, scales, shifts]);
  return Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
