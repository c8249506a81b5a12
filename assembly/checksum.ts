// The checksum of model files. Each 64-bit word goes into one of four sums by s ← rotl(s ^ word, 29) · M with odd M, which for each word is a bijection of s and for each
// s one of the word. So two files of one length that differ in one word only, by a single bit, say, differ in one of the sums, whatever follows; and as the four sums and the
// length are folded by the same step, in the result. Four sums, since a step waits five cycles for the one before.

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

/** The checksum of the bytes from `at` to `end`, a multiple of four. */
export function checksum(at: usize, end: usize): u64 {
  const bytes = (end - at) as u64;
  let a: u64 = 1;
  let b: u64 = 2;
  let c: u64 = 3;
  let d: u64 = 4;
  for (; at + 32 <= end; at += 32) {
    a = step(a, load<u64>(at));
    b = step(b, load<u64>(at, 8));
    c = step(c, load<u64>(at, 16));
    d = step(d, load<u64>(at, 24));
  }
  for (; at + 8 <= end; at += 8) a = step(a, load<u64>(at));
  if (at < end) a = step(a, load<u32>(at) as u64);
  return fold(fold(fold(fold(bytes, a), b), c), d);
}

function step(sum: u64, word: u64): u64 {
  return rotl<u64>(sum ^ word, 29) * MULTIPLIER;
}

function fold(sum: u64, word: u64): u64 {
  sum = step(sum, word);
  return sum ^ (sum >> 32);
}
