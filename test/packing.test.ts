// The core as bundles carry it: packed, as a text, with a module that unpacks it.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, textOf } from "../scripts/pack.mjs";
import { unpacked } from "../src/binary.js";
import { check, SEED } from "./support/property.js";

console.log(`packing.test.ts: FC_SEED=${SEED}`);

describe.each(["simd", "scalar"])("the core %s", (name) => {
  const wasm = readFileSync(`dist/feedforward${name === "scalar" ? ".scalar" : ""}.wasm`);

  test("is the same packed, for Node and for other hosts", async () => {
    expect(wasm.equals(unpacked((await import(`../dist/${name}.packed.js`)).default))).toBe(true);
    expect(Buffer.from((await import(`../dist/${name}.node.js`)).default.bytes).equals(wasm)).toBe(true);
  });

  test("is packed to less than a third", () => {
    expect(pack(wasm).length).toBeLessThan(wasm.length / 3);
  });
});

test("bytes of any kind come back", () => {
  const unpacker = readFileSync("build/unpack.wasm").toString("hex");
  const random = fc.array(fc.nat(255), { maxLength: 2000 });
  // Whatever looks like instructions, constants and their lengths; what repeats; and all that a carry must run through.
  const code = fc.array(fc.constantFrom(0x20, 0x00, 0x41, 0x44, 0xfd, 0xe4, 0x01, 0x0c, 0x0b, 0x80, 0xff, 0x28), { maxLength: 2000 });
  const runs = fc
    .array(fc.tuple(fc.nat(255), fc.nat(300)), { maxLength: 20 })
    .map((parts) => parts.flatMap(([byte, n]) => Array(n).fill(byte)));
  check(200, [fc.oneof(random, code, runs)], (numbers) => {
    const bytes = Uint8Array.from(numbers);
    const packed = textOf(pack(bytes));
    expect(packed).toMatch(/^[ !#-[\]-~]*$/);
    expect(Buffer.from(unpacked({ packed, unpacker, length: bytes.length })).equals(bytes)).toBe(true);
  });
});
