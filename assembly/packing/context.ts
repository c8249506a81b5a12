// What is known of a byte of a binary before it is read: above all where in an instruction it stands, since that decides what it means. The other sections are taken
// for instructions too, and prefixes and rare instructions only roughly: packer and unpacker agree on every guess, and a wrong one costs a bit and nothing else.

/** The memory of a module that packs or unpacks begins here; it has no data of its own, and must be zero at first. */
const BASE: usize = 1024;
/** Where bytes were that followed each hash of what was alike: 65,536 addresses. */
const PLACES: usize = BASE;
/** The first address behind. */
export const CONTEXT_END: usize = PLACES + 4 * 0x10000;

// Instructions, of the WebAssembly core specification's chapter "Binary format". Those behind the prefix 0xfd are counted from 256, so that each has 9 bits.
const F32_CONST: u32 = 0x43;
const F64_CONST: u32 = 0x44;
const VECTOR: u32 = 256;

/** The 8 bytes before, the last one lowest. */
let bytes: u64 = 0;
/** The last 7 instructions, with the one in progress, 9 bits each, the last one lowest. */
let instructions: u64 = 0;
/** What is left of the instruction in progress, 5 bits, which that is, 9 bits, and the guess, 8 bits. */
let now: u32 = 0;

/** Bytes of the instruction in progress that are left, when they are counted. */
let counted: u32 = 0;
/** Numbers of the instruction in progress that are left, which end with a byte below 128. */
let numbers: u32 = 0;
let hasPrefix: bool = false;
/** Where the byte is that came when things were last as they are now, 0 for nowhere, and a penalty for such guesses' errors: 4 for each, 1 less for each success. */
let guess: usize = 0;
let penalty: u32 = 0;

/** The 32 bits of a hash of what the masks leave of `bytes`, `instructions` and `now`. */
export function hashOf(ofBytes: u64, ofInstructions: u64, ofNow: u32): u32 {
  const hash = (bytes & ofBytes) * 0x9e3779b97f4a7c15 + (instructions & ofInstructions) * 0xd6e8feb86659fd93 + u64(now & ofNow);
  return u32((hash * 0xc2b2ae3d27d4eb4f) >> 32);
}

/** The instruction in progress, below 512. */
export function operation(): usize {
  return (now >> 5) & 511;
}

/** Takes note of the byte at `address`, which is now known. */
export function advance(address: usize): void {
  const byte: u32 = load<u8>(address);
  bytes = (bytes << 8) | u64(byte);
  if (counted) counted--;
  else if (numbers) {
    if (byte < 128) numbers--;
  } else begin(byte);
  const rest = counted ? counted + 4 : hasPrefix ? 3 : numbers;
  now = rest ? rest | ((u32(instructions) & 511) << 5) : 0;
  predict(address, byte);
}

/** Begins an instruction, or goes on behind a prefix. */
function begin(byte: u32): void {
  if (hasPrefix) byte += VECTOR;
  else instructions <<= 9;
  instructions = (instructions & ~511) | u64(byte);
  hasPrefix = (byte | 1) == 0xfd;
  if (hasPrefix) return;
  if (byte == F32_CONST) counted = 4;
  else if (byte == F64_CONST) counted = 8;
  else if (within(byte, VECTOR + 12, VECTOR + 13))
    counted = 16; // v128.const, i8x16.shuffle
  else if (within(byte, VECTOR + 21, VECTOR + 34))
    counted = 1; // the number of a lane
  else if (within(byte, 0x28, 0x3e) || within(byte, VECTOR, VECTOR + 11))
    numbers = 2; // loads and stores: alignment and offset
  else if (within(byte, 0x02, 0x04) || within(byte, 0x0c, 0x10) || within(byte, 0x20, 0x24) || within(byte, 0x41, 0x42)) numbers = 1; // blocks, branches, calls, variables, constants
}

function within(value: u32, first: u32, last: u32): bool {
  return value - first <= last - first;
}

/** Guesses the next byte. */
function predict(address: usize, byte: u32): void {
  if (guess) {
    if (load<u8>(guess) != byte) penalty += 4;
    else if (penalty) penalty--;
    guess++;
  }
  const place = PLACES + ((hashOf(0xff00000000ffff, 0x1ff007fc01ff, 31) >> 16) << 2);
  if (!guess || penalty >= 8) {
    guess = load<u32>(place);
    penalty = 0;
  }
  store<u32>(place, address + 1);
  if (guess) now |= u32(load<u8>(guess)) << 14;
}
