import { logarithm } from "./kernels/logarithm";

// MT19937 as NumPy's legacy RandomState runs it: seeded by the 2002 init_genrand, read as 53-bit doubles, two words each.
// M. Matsumoto, T. Nishimura: "Mersenne Twister", ACM TOMACS 8 (1998). The state is 624 words,
// the position of the next one, and a normal number that was made with its neighbour.

const WORDS: u32 = 624;
const MIDDLE: u32 = 397;

/** Behind the words stand the position, whether a normal number waits, and that number. */
const POSITION: usize = WORDS * 4;
const HAS_NORMAL: usize = POSITION + 4;
const NORMAL: usize = POSITION + 8;

/** Bytes of the generator's state. */
export const GENERATOR_BYTES: u32 = WORDS * 4 + 16;

/** Starts the generator at `state` as `numpy.random.seed(seed)` does. */
export function seedGenerator(state: usize, seed: u32): void {
  let word = seed;
  store<u32>(state, word);
  for (let i: u32 = 1; i < WORDS; i++) {
    word = 1812433253 * (word ^ (word >> 30)) + i;
    store<u32>(state + (i << 2), word);
  }
  store<u32>(state, WORDS, POSITION);
  store<u32>(state, 0, HAS_NORMAL);
}

/** Whether a generator may stand at `state`: nothing is read beyond its words. */
export function isGenerator(state: usize): bool {
  return load<u32>(state, POSITION) <= WORDS && load<u32>(state, HAS_NORMAL) <= 1 && Math.abs(load<f64>(state, NORMAL)) < Infinity;
}

/** The next double in [0, 1), as `numpy.random.random()` makes it: 27 and 26 bits of two words. */
export function nextDouble(state: usize): f64 {
  const high = nextWord(state) >> 5;
  const low = nextWord(state) >> 6;
  return ((high as f64) * 67108864.0 + (low as f64)) / 9007199254740992.0;
}

function nextWord(state: usize): u32 {
  let position = load<u32>(state, POSITION);
  if (position == WORDS) {
    refill(state);
    position = 0;
  }
  store<u32>(state, position + 1, POSITION);
  let word = load<u32>(state + (position << 2));
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return word ^ (word >> 18);
}

/** Replaces all words by their successors, in place and in order: word i needs the next one and the one 397 further on. */
function refill(state: usize): void {
  for (let i: u32 = 0; i < WORDS; i++) {
    const next = i + 1 < WORDS ? i + 1 : 0;
    const far = i + MIDDLE < WORDS ? i + MIDDLE : i + MIDDLE - WORDS;
    const joined = (load<u32>(state + (i << 2)) & 0x80000000) | (load<u32>(state + (next << 2)) & 0x7fffffff);
    const twisted = (joined >> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    store<u32>(state + (i << 2), load<u32>(state + (far << 2)) ^ twisted);
  }
}

/** A whole number from 0 to `most`, as NumPy's legacy generator draws it: as many low bits as `most` has, until they are not above it. */
export function nextUpTo(state: usize, most: u32): u32 {
  const mask: u32 = most == 0 ? 0 : 0xffffffff >> clz<u32>(most);
  let value = nextWord(state) & mask;
  while (value > most) value = nextWord(state) & mask;
  return value;
}

/**
 * The next normal number, as `numpy.random.randn()` makes it: by Marsaglia's polar method, two at a time, the second of which waits in the
 * state. The logarithm is the core's own, so that in rare cases the last digit differs from NumPy's, which takes the C library's.
 */
export function nextNormal(state: usize): f64 {
  if (load<u32>(state, HAS_NORMAL)) {
    store<u32>(state, 0, HAS_NORMAL);
    return load<f64>(state, NORMAL);
  }
  let x: f64, y: f64, square: f64;
  do {
    x = 2.0 * nextDouble(state) - 1.0;
    y = 2.0 * nextDouble(state) - 1.0;
    square = x * x + y * y;
  } while (square >= 1.0 || square == 0.0);
  const factor = sqrt<f64>((-2.0 * logarithm(square)) / square);
  store<f64>(state, factor * x, NORMAL);
  store<u32>(state, 1, HAS_NORMAL);
  return factor * y;
}
