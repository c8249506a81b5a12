// Packs the core for `unpack.ts`; scripts/build.mjs runs it.

import { begin, half, learn, MODEL_END, next, predict } from "./model";

/** The first address that the host may use. */
export function firstFree(): usize {
  return MODEL_END;
}

// A range encoder, as of LZMA: the lower end of the range, whose carry may yet change the bytes held back: `pending` and the 0xff that follow it.
let low: u64 = 0;
let range: u32 = 0xffffffff;
let pending: i32 = -1;
let follow: u32 = 0;
let out: usize = 0;

/** Packs the bytes from `source` to before `end` to `target`, and returns the address behind the last. Needs a memory that has not been used before. */
export function pack(source: usize, end: usize, target: usize): usize {
  out = target;
  begin();
  for (; source < end; source++, next(source - 1)) {
    const byte: u32 = load<u8>(source);
    for (let left: i32 = 4; left >= 0; left -= 4) {
      half((byte | 0x100) >> (left + 4));
      let place: u32 = 1;
      for (let i = left + 3; i >= left; i--) {
        const bit = (byte >> i) & 1;
        encode(predict(place), bit);
        learn(place, bit);
        place = (place << 1) | bit;
      }
    }
  }
  for (let i = 0; i < 5; i++) shift();
  return out;
}

function encode(probability: u32, bit: u32): void {
  const bound = (range >> 15) * probability;
  if (bit) range = bound;
  else {
    low += bound;
    range -= bound;
  }
  while (range < 0x1000000) {
    range <<= 8;
    shift();
  }
}

/** Writes the highest byte, or holds it back. */
function shift(): void {
  if (low < 0xff000000 || low > 0xffffffff) {
    const carry = u32(low >> 32);
    if (pending >= 0) put(u32(pending) + carry);
    for (; follow; follow--) put(0xff + carry);
    pending = i32((low >> 24) & 0xff);
  } else follow++;
  low = (low & 0xffffff) << 8;
}

function put(byte: u32): void {
  store<u8>(out++, byte);
}
