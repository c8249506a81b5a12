// feedforward/web: blobs, responses and streams, in Node, which has them too; IndexedDB in Chromium.

import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { runInNewContext } from "node:vm";
import { ModelFileError, NeuralNetwork } from "feedforward";
import { bytesFromIndexedDB, bytesOf, saveToIndexedDB, toBlob } from "feedforward/web";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { findChromium, need } from "./support/programs.js";
import { serve } from "./support/server.js";

const network = new NeuralNetwork();
network.notes.set("a", "b");
const FILE = network.save();

function stream(...parts: unknown[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part as Uint8Array);
      controller.close();
    },
  });
}

test.each<[name: string, source: () => Parameters<typeof bytesOf>[0]]>([
  ["a blob", () => toBlob(network)],
  ["a file", () => new File([FILE.slice()], "model.safetensors")],
  ["a response", () => new Response(FILE.slice())],
  ["a promise of a response", () => Promise.resolve(new Response(FILE.slice()))],
  ["a stream of pieces", () => stream(FILE.slice(0, 5), FILE.slice(5, 5), FILE.slice(5, 900), FILE.slice(900))],
  ["an ArrayBuffer", () => FILE.slice().buffer],
  ["bytes", () => FILE],
  ["bytes of another realm", () => runInNewContext("Uint8Array.from(bytes)", { bytes: FILE })],
])("the network of %s", async (_, source) => {
  const loaded = NeuralNetwork.load(await bytesOf(source()));
  expect(Buffer.compare(loaded.save(), FILE)).toBe(0);
  await expect(bytesOf(source(), { most: FILE.length })).resolves.toHaveLength(FILE.length);
  await expect(bytesOf(source(), { most: FILE.length - 1 })).rejects.toEqual(
    new RangeError(`source: expected at most ${FILE.length - 1} bytes, got more`),
  );
});

test("a blob takes the options of save", async () => {
  expect(toBlob(network, { weightsOnly: true }).size).toBe(network.save({ weightsOnly: true }).length);
});

test("what is no source of bytes is refused by name", async () => {
  await expect(bytesOf(5 as never)).rejects.toEqual(new TypeError("source: expected a Blob, a Response, a stream or bytes, got 5"));
  await expect(bytesOf(new Response("no", { status: 404 }))).rejects.toEqual(new RangeError("response: expected one of success, got 404"));
  await expect(bytesOf(stream("text"))).rejects.toEqual(new TypeError('source: expected a stream of Uint8Arrays, got "text"'));
  await expect(bytesOf(FILE, { most: -1 })).rejects.toEqual(new RangeError("most: expected a number of bytes, got -1"));
  await expect(bytesOf(FILE, { most: null as never })).rejects.toEqual(new RangeError("most: expected a number of bytes, got null"));
  expect(() => toBlob(undefined as never)).toThrow(new TypeError("network: expected a NeuralNetwork, got undefined"));
  await expect(saveToIndexedDB({} as never, "a")).rejects.toEqual(new TypeError("network: expected a NeuralNetwork, got an object"));
  const failing = new ReadableStream({
    pull() {
      throw new Error("mine");
    },
  });
  await expect(bytesOf(failing)).rejects.toThrow("mine");
  expect(() => NeuralNetwork.load(new Uint8Array())).toThrow(ModelFileError);
  await expect(bytesOf(new Response())).resolves.toHaveLength(0);
  await expect(bytesFromIndexedDB("a")).rejects.toEqual(new Error("IndexedDB: this host has none"));
});

test("a stream that is too long is not read to its end", async () => {
  let pulled = 0;
  let reason: unknown;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel(why) {
      reason = why;
    },
  });
  await expect(bytesOf(endless, { most: 5000 })).rejects.toThrow(RangeError);
  expect(pulled).toBeLessThan(9);
  expect(reason).toBeInstanceOf(RangeError);
});

test("IndexedDB keeps networks under names, across pages", { timeout: 60_000 }, async (context) => {
  const executablePath = need(context, findChromium(), "there is no Chromium (/usr/bin/chromium or FEEDFORWARD_CHROMIUM)");
  const server = await serve(process.cwd());
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dist/web.js`;
    const page = await browser.newPage();
    await page.goto(address);
    const load = "globalThis.load = (name) => import(name); undefined";
    await page.evaluate(load);
    const first = await page.evaluate(async () => {
      const there = globalThis as unknown as { load(name: string): Promise<Record<string, never>> };
      const { NeuralNetwork } = (await there.load("/dist/feedforward.js")) as unknown as typeof import("feedforward");
      const web = (await there.load("/dist/web.js")) as unknown as typeof import("feedforward/web");
      const network = new NeuralNetwork();
      network.notes.set("a", "b");
      const none = await web.bytesFromIndexedDB("mine");
      await web.saveToIndexedDB(network, "other");
      await web.saveToIndexedDB(network, "mine", { weightsOnly: true });
      await web.saveToIndexedDB(network, "mine");
      await web.saveToIndexedDB(network, "gone");
      await web.deleteFromIndexedDB("gone");
      const wrong = await web.saveToIndexedDB(network, 5 as never).catch((error: Error) => `${error}`);
      return { none: none === undefined, names: await web.namesInIndexedDB(), wrong };
    });
    expect(first).toEqual({ none: true, names: ["mine", "other"], wrong: "TypeError: name: expected a string, got 5" });
    await page.reload();
    await page.evaluate(load);
    const bytes = await page.evaluate(async () => {
      const there = globalThis as unknown as { load(name: string): Promise<Record<string, never>> };
      const { NeuralNetwork } = (await there.load("/dist/feedforward.js")) as unknown as typeof import("feedforward");
      const web = (await there.load("/dist/web.js")) as unknown as typeof import("feedforward/web");
      const kept = (await web.bytesFromIndexedDB("mine")) as Uint8Array;
      return Array.from(NeuralNetwork.load(kept).save());
    });
    expect(Buffer.compare(Buffer.from(bytes), FILE)).toBe(0);
  } finally {
    await browser.close();
    server.close();
  }
});

test("the file for the web imports nothing", () => {
  expect(readFileSync("dist/web.js", "utf8")).not.toMatch(/^import|\bimport\(|\brequire\(/m);
});
