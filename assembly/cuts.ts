// The build for slices: where no worker can be had, the calling thread does the work itself, and is not to be held by a step that takes long. Between two pieces of work the core asks
// its host, who may cut the call there: Binaryen's pass `asyncify` makes the functions that lead to `cut` such that they can be left, and entered again where they were left, all
// they had in hand being in the memory meanwhile. The numbers, and their order, are those of the other builds, in which there is nothing of this: `CUTS` is decided when it is compiled.

/** The host: does nothing, or has the call cut. */
declare function askHost(): void;

/** So many numbers are done between two questions: some 0.1 ms. A test asks more often. */
// biome-ignore lint/style/useConst: the host may write it.
export let piece: u32 = 100_000;

let done: u32 = 0;

/** The call may be cut here, after work on so many numbers. */
export function cut(numbers: usize): void {
  if (CUTS) {
    done += numbers as u32;
    if (done >= piece) {
      done = 0;
      askHost();
    }
  }
}

/** So many bytes are copied, or filled, at a time. */
const BYTES: usize = 2 ** 19;

/** `memory.copy` of what may be large. */
export function copyLarge(to: usize, from: usize, bytes: usize): void {
  if (CUTS) {
    for (; bytes > BYTES; bytes -= BYTES, to += BYTES, from += BYTES) {
      memory.copy(to, from, BYTES);
      cut(BYTES >> 2);
    }
  }
  memory.copy(to, from, bytes);
}

/** Makes zeros of what may be large. */
export function clearLarge(p: usize, bytes: usize): void {
  if (CUTS) {
    for (; bytes > BYTES; bytes -= BYTES, p += BYTES) {
      memory.fill(p, 0, BYTES);
      cut(BYTES >> 2);
    }
  }
  memory.fill(p, 0, bytes);
}

/** So many elements of what may be many are done between two cuts: whole vectors, whatever they hold. */
export const ELEMENTS: usize = 16384;
