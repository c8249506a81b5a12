import { Header } from "../abi.js";
import type { Block } from "../block.js";

// An image is all of a block that outlives a call, as it lies there: offsets in it are relative, so it can be put into another block, of whatever memory. Unlike a snapshot it is
// checked by nobody and depends on the build, so it never leaves the process; but to make one takes no more time than to copy its bytes.

/** What the two blocks have room for besides is their own. */
const OWN = [
  Header.SampleCapacity,
  Header.InputGradient,
  Header.Labels,
  Header.Weighted,
  Header.Measures,
  Header.Evaluation,
  Header.Team,
] as const;

/** All that a network has become, in bytes of their own. */
export function takeImage(block: Block): Uint8Array<ArrayBuffer> {
  return block.bytes().slice(0, block.uint(Header.Gradient));
}

/** Makes a network of the same options what it was when the image was taken. May grow the block's memory, and moves its scratch. */
export function putImage(block: Block, image: Uint8Array): void {
  block.roomBehind(image.length);
  const own = OWN.map((field) => block.uint(field));
  block.bytes().set(image);
  OWN.forEach((field, i) => {
    block.setUint(field, own[i] as number);
  });
  // Lays out anew what follows.
  block.roomBehind(0);
  block.setUint(Header.GradientReady, 0);
}
