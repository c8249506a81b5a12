// Packs the cores, by assembly/packing/pack.ts as scripts/build.mjs has compiled it.

import { readFileSync } from "node:fs";

/** Packs bytes as assembly/packing/unpack.ts reads them, but for the writing as a text. */
export function pack(bytes) {
  const { memory, firstFree, pack } = new WebAssembly.Instance(
    new WebAssembly.Module(readFileSync(new URL("../build/pack.wasm", import.meta.url))),
  ).exports;
  const source = firstFree();
  const target = source + bytes.length;
  // What cannot be packed grows, but not beyond this.
  memory.grow(Math.ceil((target + 2 * bytes.length + 16) / 65536));
  new Uint8Array(memory.buffer).set(bytes, source);
  const end = pack(source, target, target);
  return Buffer.from(memory.buffer.slice(target, end));
}

/**
 * Bytes as printable ASCII without quote and backslash, 93 characters: 6 bits make one of the first 35, from ~ downwards, and 7 bits one of the other 58. Like base64, gzip
 * brings it back to the size of the bytes; but being shorter, less of it shares a block of gzip's with the code behind it, which saves 0.5 kB.
 */
export function textOf(bytes) {
  const characters = [];
  for (let code = 126; code >= 32; code--) if (code !== 34 && code !== 92) characters.push(String.fromCharCode(code));
  const bit = (i) => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  let text = "";
  for (let at = 0; at < 8 * bytes.length; ) {
    let value = 0;
    for (let i = 0; i < 6; i++) value = (value << 1) | bit(at++);
    if (value >= 35) value = ((value << 1) | bit(at++)) - 35;
    text += characters[value];
  }
  return text;
}
