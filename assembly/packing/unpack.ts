// Unpacks the core, in a module of its own: the wrapper carries the core packed, since bundles pay for each byte, and unpacks it when it is first needed. What it reads
// was written by `pack.ts`; anything else is undefined.

import { begin, half, learn, MODEL_END, next, predict } from "./model";

/** The first address that the host may use. */
export function firstFree(): usize {
  return MODEL_END;
}

/**
 * Unpacks the text of `length` characters at `source`, whose place is used, to `size` bytes at `target`. It stands for bytes: the characters from ~ downwards, without
 * quote and backslash, of which the first 35 stand for 6 bits each and the others for 7. Needs a memory that has not been used before.
 */
export function unpack(source: usize, length: usize, target: usize, size: usize): void {
  toBytes(source, source + length);
  // A range decoder, as of LZMA: the number read so far, less what has been accounted for, and the range it is in.
  let code = bswap(load<u32>(source));
  let range: u32 = 0xffffffff;
  source += 4;
  begin();
  for (const end = target + size; target < end; target++, next(target - 1)) {
    let byte: u32 = 1;
    while (byte < 256) {
      half(byte);
      for (let place: u32 = 1; place < 16; ) {
        const bound = (range >> 15) * predict(place);
        const bit = i32(code < bound);
        if (bit) range = bound;
        else {
          code -= bound;
          range -= bound;
        }
        for (; range < 0x1000000; source++) {
          range <<= 8;
          code = (code << 8) | load<u8>(source);
        }
        learn(place, bit);
        place = (place << 1) | bit;
        byte = (byte << 1) | bit;
      }
    }
    store<u8>(target, byte);
  }
}

/** Makes bytes of characters, in place. */
function toBytes(at: usize, end: usize): void {
  let word: u32 = 0;
  let bits: u32 = 0;
  for (let character = at; character < end; character++) {
    let value: u32 = 126 - load<u8>(character);
    value -= u32(value > 34) + u32(value > 91);
    const isShort = value < 35;
    word = (word << (isShort ? 6 : 7)) | (isShort ? value : value + 35);
    bits += isShort ? 6 : 7;
    if (bits < 8) continue;
    bits -= 8;
    store<u8>(at, word >> bits);
    at++;
  }
}
