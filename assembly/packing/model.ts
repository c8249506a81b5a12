// How likely the next bit of a binary is a one: what seven contexts say, each from the bits that it has seen, mixed by weights that learn which of them to trust
// (M. Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression", 2005). Both the packer and the unpacker run it, so that what is stored is only by
// how much it errs. Logarithms and exponentials are the exponents and fractions of floating-point numbers as they lie in memory, off by at most 9 %: that is
// good enough, takes no tables, and is the same in every engine.

import { advance, CONTEXT_END, hashOf, operation } from "./context";

/** For each context, 2 ** 15 lines of 16 numbers of u16: a check, and what the context saw of each of the 15 places in a tree of 4 bits. */
const LINES: usize = (CONTEXT_END + 63) & ~63;
const LINE: usize = 32;
const LINES_BITS: u32 = 15;
const CONTEXTS: usize = 7;
/** For each instruction, half of a byte and context a weight, f32, less `WEIGHT`. */
const WEIGHTS: usize = LINES + CONTEXTS * (LINE << LINES_BITS);
/** For each context its hash for the byte, u32; the address of its line; what it says of the bit, f32; and an empty place. */
const STATES: usize = WEIGHTS + 8 * CONTEXTS * 512;
const STATES_END: usize = STATES + 16 * CONTEXTS;

/** The first address behind. */
export const MODEL_END: usize = STATES_END;

// Found by search on this core, as are the contexts below.
const WEIGHT: f32 = 0.16;
const LEARNING_RATE: f32 = 0.0025;
/** By how many 256ths of its error a context's probability moves when it has seen 0, 1, 2, 3 or more bits, from the right. */
const RATES: i32 = 0x40557ffa;

/** The unit of a logarithm: powers of 2 are so far apart as integers. */
const UNIT: f32 = 8388608;
const ONE: i32 = 0x3f800000;

/** Where the weights for these 4 bits are. */
let weights: usize = 0;
/** The probability of a one. */
let probability: f32 = 0;

/** Goes to the next byte; the last one is at `address`. */
export function next(address: usize): void {
  advance(address);
  begin();
}

/** Begins a byte: what each context goes by. */
export function begin(): void {
  // The byte before and the instructions; two instructions and what is left of this one; bytes further back in the same instruction; the guess; the last three
  // bytes and what is left; four instructions, and six, and what is left.
  store<u32>(STATES, hashOf(0xff, 0x1ff, 0x3fe0));
  store<u32>(STATES, hashOf(0, 0x3ffff, 0x1f), 16);
  store<u32>(STATES, hashOf(0xffffff00ff00, 0, 0x3fe0), 32);
  store<u32>(STATES, hashOf(0, 0, 0x3fc01f), 48);
  store<u32>(STATES, hashOf(0xffffff, 0, 0x1f), 64);
  store<u32>(STATES, hashOf(0, 0xfffffffff, 0x1f), 80);
  store<u32>(STATES, hashOf(0, 0xffffffffffffff, 0x1f), 96);
}

/** Chooses the lines for the next 4 bits, of a byte whose bits so far, behind a one, are `known`. */
export function half(known: u32): void {
  weights = WEIGHTS + (operation() * 2 + usize(known > 1)) * (4 * CONTEXTS);
  let lines = LINES;
  for (let state = STATES; state < STATES_END; state += 16, lines += LINE << LINES_BITS) {
    let hash = (load<u32>(state) + known) * 0x9e3779b1;
    hash = (hash ^ (hash >> 15)) * 0x85ebca6b;
    const line = lines + usize(hash >> (32 - LINES_BITS)) * LINE;
    if (load<u16>(line) != (hash & 0xffff)) {
      store<u64>(line, hash & 0xffff);
      for (let at: usize = 8; at < LINE; at += 8) store<u64>(line + at, 0);
    }
    store<usize>(state, line, 4);
  }
}

/** The probability, in 32,768ths and never 0 or 1, that the bit at `place` of the lines' trees is a one. */
export function predict(place: u32): u32 {
  let sum: f32 = 0;
  let weight = weights;
  for (let state = STATES; state < STATES_END; state += 16, weight += 4) {
    const p = (f32(load<i16>(load<usize>(state, 4) + (place << 1)) >> 3) + 4096.5) / 8192;
    const logit = f32(reinterpret<i32>(p) - reinterpret<i32>(1 - p));
    store<f32>(state, logit, 8);
    sum += (load<f32>(weight) + WEIGHT) * logit;
  }
  const odds = reinterpret<f32>(i32(sum) + ONE);
  probability = odds / (1 + odds);
  return 1 + i32(probability * 32766);
}

/** Learns from the bit whose probability was last asked for. */
export function learn(place: u32, bit: i32): void {
  const step = (f32(bit) - probability) * (LEARNING_RATE / UNIT);
  let weight = weights;
  for (let state = STATES; state < STATES_END; state += 16, weight += 4) {
    store<f32>(weight, load<f32>(weight) + step * load<f32>(state, 8));
    // The probability less a half in the upper 13 bits, and in the lower 3 how many bits have been seen, up to 3.
    const slot = load<usize>(state, 4) + (place << 1);
    const value: i32 = load<i16>(slot);
    const seen = value & 7;
    const error = (bit << 13) - bit - 4096 - (value >> 3);
    store<i16>(slot, (((value >> 3) + ((error * ((RATES >> (seen << 3)) & 255) + 128) >> 8)) << 3) | (seen + i32(seen < 3)));
  }
}
