// The core as bundles carry it: packed, as a text, with a module that unpacks it.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, textOf } from "../scripts/pack.mjs";
import { check, SEED } from "./support/property.js";

console.log(`packing.test.ts: FC_SEED=${SEED}`);

interface Unpacker {
  memory: WebAssembly.Memory;
  firstFree(): number;
  unpack(source: number, characters: number, target: number, size: number): void;
}

function unpack(text: string, length: number, module: Uint8Array): Buffer {
  const { memory, firstFree, unpack } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)))
    .exports as never as Unpacker;
  const source = firstFree();
  const target = source + text.length;
  memory.grow(Math.ceil((target + length) / 65536));
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, source));
  unpack(source, text.length, target, length);
  return Buffer.from(new Uint8Array(memory.buffer)).subarray(target, target + length);
}

describe.each(["simd", "scalar"])("the core %s", (name) => {
  const wasm = readFileSync(`dist/feedforward${name === "scalar" ? ".scalar" : ""}.wasm`);

  test("is the same packed, for Node and for other hosts", async () => {
    const { packed, unpacker, length } = (await import(`../dist/${name}.packed.js`)).default;
    expect(unpack(packed, length, Buffer.from(unpacker, "hex")).equals(wasm)).toBe(true);
    expect(Buffer.from((await import(`../dist/${name}.node.js`)).default.bytes).equals(wasm)).toBe(true);
  });

  test("is packed to less than a third", () => {
    expect(pack(wasm).length).toBeLessThan(wasm.length / 3);
  });
});

test("bytes of any kind come back", () => {
  const unpacker = readFileSync("build/unpack.wasm");
  const random = fc.array(fc.nat(255), { maxLength: 2000 });
  // Whatever looks like instructions, constants and their lengths; what repeats; and all that a carry must run through.
  const code = fc.array(fc.constantFrom(0x20, 0x00, 0x41, 0x44, 0xfd, 0xe4, 0x01, 0x0c, 0x0b, 0x80, 0xff, 0x28), { maxLength: 2000 });
  const runs = fc
    .array(fc.tuple(fc.nat(255), fc.nat(300)), { maxLength: 20 })
    .map((parts) => parts.flatMap(([byte, n]) => Array(n).fill(byte)));
  check(200, [fc.oneof(random, code, runs)], (numbers) => {
    const bytes = Uint8Array.from(numbers);
    const text = textOf(pack(bytes));
    expect(text).toMatch(/^[ !#-[\]-~]*$/);
    expect(unpack(text, bytes.length, unpacker).equals(bytes)).toBe(true);
  });
});
