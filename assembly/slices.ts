// What the build for slices exports besides the ABI of assembly/index.ts and what Binaryen's pass adds. src/background/cuts.ts is its host.

export { piece } from "./cuts";

/** Where a call that is cut leaves what it has in hand: two addresses, of the free part and its end, and room for more than any call needs. */
const STACK_BYTES: i32 = 16384;
const stack: usize = memory.data(STACK_BYTES, 16);

/** The address of that, made ready. */
export function stackOfCuts(): usize {
  store<u32>(stack, (stack as u32) + 8);
  store<u32>(stack, (stack as u32) + (STACK_BYTES as u32), 4);
  return stack;
}
