// A decoder of LZMA (I. Pavlov's LZMA SDK, "LZMA specification"), in a module of its own: the wrapper carries the core packed, since bundles pay for
// each byte, and unpacks it when it is first needed. In WebAssembly that takes 2 to 5 ms; the same in JavaScript, which runs once and so is never
// optimized, took 14. What it reads was written by scripts/build.mjs, with lc = 3, lp = 0, pb = 2 and a known length; anything else is undefined.

// Addresses of the adaptive probabilities, u16 each, from `probabilities` on, in elements.
const IS_MATCH: usize = 0;
const IS_REPEAT: usize = 192;
const IS_OTHER: usize = 204;
const IS_THIRD: usize = 216;
const IS_FOURTH: usize = 228;
const IS_LONG: usize = 240;
const SLOTS: usize = 432;
const SPECIAL: usize = 688;
const ALIGNED: usize = 816;
const MATCH_LENGTH: usize = 832;
const REPEAT_LENGTH: usize = 1346;
const LITERALS: usize = 1860;
const COUNT: usize = LITERALS + 8 * 768;

const HALF: u16 = 1024;
const TOP: u32 = 1 << 24;

// Only locals would be faster, but this runs once.
let from: usize = 0;
let range: u32 = 0;
let code: u32 = 0;

/** Where `unpack` keeps its probabilities; the packed bytes may stand at `firstFree()` or behind. */
function probability(index: usize): usize {
  return __heap_base + (index << 1);
}

/** The first address that the host may use. */
export function firstFree(): usize {
  return probability(COUNT);
}

/**
 * Unpacks the text of `length` characters at `source`, whose place is used, to `size` bytes at `target`. It stands for bytes, LZMA's without the 13 of a header: the
 * characters from ~ downwards, without quote and backslash, of which the first 35 stand for 6 bits each and the others for 7.
 */
export function unpack(source: usize, length: usize, target: usize, size: usize): void {
  toBytes(source, source + length);
  for (let i: usize = 0; i < COUNT; i++) store<u16>(probability(i), HALF);
  // The first byte is 0, and five are read.
  code = 0;
  from = source;
  for (let i = 0; i < 5; i++) {
    range = 0;
    refill();
  }
  range = 0xffffffff;
  let state: usize = 0;
  let distance: usize = 0;
  let second: usize = 0;
  let third: usize = 0;
  let fourth: usize = 0;
  const end = target + size;
  const start = target;
  while (target < end) {
    const place = (target - start) & 3;
    if (!bit(IS_MATCH + (state << 4) + place)) {
      const before: usize = target > start ? load<u8>(target - 1) : 0;
      store<u8>(target, literal(LITERALS + 768 * (before >> 5), state < 7 ? 0 : load<u8>(target - distance - 1), state >= 7));
      target++;
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
      continue;
    }
    let length: usize;
    if (bit(IS_REPEAT + state)) {
      if (!bit(IS_OTHER + state)) {
        if (!bit(IS_LONG + (state << 4) + place)) {
          state = state < 7 ? 9 : 11;
          store<u8>(target, load<u8>(target - distance - 1));
          target++;
          continue;
        }
      } else {
        let chosen = second;
        if (bit(IS_THIRD + state)) {
          chosen = third;
          if (bit(IS_FOURTH + state)) {
            chosen = fourth;
            fourth = third;
          }
          third = second;
        }
        second = distance;
        distance = chosen;
      }
      length = lengthOf(REPEAT_LENGTH, place);
      state = state < 7 ? 8 : 11;
    } else {
      fourth = third;
      third = second;
      second = distance;
      length = lengthOf(MATCH_LENGTH, place);
      distance = distanceOf(length);
      state = state < 7 ? 7 : 10;
    }
    // Byte by byte, since a match may run into what it makes itself.
    for (; length > 0; length--, target++) store<u8>(target, load<u8>(target - distance - 1));
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

/** The next bit, with an adaptive probability. */
function bit(index: usize): usize {
  const at = probability(index);
  const p: u32 = load<u16>(at);
  const bound = (range >> 11) * p;
  const isOne = code >= bound;
  if (isOne) {
    range -= bound;
    code -= bound;
    store<u16>(at, p - (p >> 5));
  } else {
    range = bound;
    store<u16>(at, p + ((2048 - p) >> 5));
  }
  refill();
  return isOne ? 1 : 0;
}

function refill(): void {
  if (range >= TOP) return;
  range <<= 8;
  code = (code << 8) | load<u8>(from);
  from++;
}

/** `count` bits, the highest first, each with a probability that depends on those before. */
function tree(first: usize, count: u32): usize {
  let m: usize = 1;
  for (let i = count; i > 0; i--) m = (m << 1) | bit(first + m);
  return m - (1 << count);
}

/** The same, the lowest bit first. */
function reversed(first: usize, count: u32): usize {
  let m: usize = 1;
  let value: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const b = bit(first + m);
    m = (m << 1) | b;
    value |= b << i;
  }
  return value;
}

/** A literal byte; behind a match its bits are guessed from the byte that the match would have gone on with, as long as they agree. */
function literal(first: usize, guess: usize, guesses: bool): usize {
  let symbol: usize = 1;
  while (symbol < 256 && guesses) {
    guess <<= 1;
    const guessed = (guess >> 8) & 1;
    const b = bit(first + ((1 + guessed) << 8) + symbol);
    symbol = (symbol << 1) | b;
    guesses = b == guessed;
  }
  while (symbol < 256) symbol = (symbol << 1) | bit(first + symbol);
  return symbol;
}

function lengthOf(first: usize, place: usize): usize {
  if (!bit(first)) return 2 + tree(first + 2 + (place << 3), 3);
  if (!bit(first + 1)) return 10 + tree(first + 130 + (place << 3), 3);
  return 18 + tree(first + 258, 8);
}

/** The distance of a match less 1: its highest bits as a number of their class, then the others. */
function distanceOf(length: usize): usize {
  const slot = tree(SLOTS + (min<usize>(length - 2, 3) << 6), 6);
  if (slot < 4) return slot;
  const bits = ((slot >> 1) - 1) as u32;
  const high: usize = ((2 as usize) | (slot & 1)) << bits;
  if (slot < 14) return high + reversed(SPECIAL + high - slot, bits);
  let middle: usize = 0;
  for (let i: u32 = 4; i < bits; i++) {
    range >>= 1;
    const isOne = code >= range;
    if (isOne) code -= range;
    middle = (middle << 1) | (isOne ? 1 : 0);
    refill();
  }
  return high + (middle << 4) + reversed(ALIGNED, 4);
}
