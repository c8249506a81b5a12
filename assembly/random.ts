import { Network } from "./layout";

// MT19937 as NumPy's legacy RandomState runs it: seeded by the 2002 init_genrand, read as 53-bit doubles, two words each.
// M. Matsumoto, T. Nishimura: "Mersenne Twister", ACM TOMACS 8 (1998). The state is 624 words and the position of the next one.

const WORDS: u32 = 624;
const MIDDLE: u32 = 397;

/** Bytes of the generator's state. */
export const GENERATOR_BYTES: u32 = (WORDS + 1) * 4;

/** Where the position stands, behind the words. */
const POSITION: usize = WORDS * 4;

/** Starts the generator at `state` as `numpy.random.seed(seed)` does. */
export function seedGenerator(state: usize, seed: u32): void {
  let word = seed;
  store<u32>(state, word);
  for (let i: u32 = 1; i < WORDS; i++) {
    word = 1812433253 * (word ^ (word >> 30)) + i;
    store<u32>(state + (i << 2), word);
  }
  store<u32>(state, WORDS, POSITION);
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

/** First parameters: weights drawn layer by layer, row-major over (inputs, units); biases 0. */
export function drawParameters<T>(network: Network): void {
  const state = network.at(network.generator);
  seedGenerator(state, network.seed);
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    drawUniform<T>(state, network.at(layer.weights), (layer.inputs as usize) * layer.units);
    if (layer.bias) memory.fill(network.at(layer.biases), 0, (layer.units as usize) * sizeof<T>());
  }
}

/** 2 r − 1, the tutorial's `2 * random((inputs, units)) - 1`. */
function drawUniform<T>(state: usize, p: usize, count: usize): void {
  const end = p + count * sizeof<T>();
  for (; p < end; p += sizeof<T>()) store<T>(p, (2.0 * nextDouble(state) - 1.0) as T);
}
