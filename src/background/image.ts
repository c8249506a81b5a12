import { Abi, Header } from "../abi.js";
import type { Block } from "../block.js";
import { otherEvents } from "./events.js";

// An image is all of a block that outlives a call, as it lies there: offsets in it are relative, so it can be put into another block, of whatever memory. Unlike a snapshot it is
// checked by nobody and depends on the build, so it never leaves the process; but to make one takes no more time than to copy its bytes: in pieces, where others wait.

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

/** So many bytes are copied at a time: 0.3 ms, and 3 where the system must find pages for them first. */
const PIECE_BYTES = 2 ** 20;

/** So many milliseconds pieces are copied before other events have their turn. */
const TURN = 1.5;

/** Images of so many bytes take no time to speak of. */
export const SMALL = 4 * 2 ** 20;

/** What fills a block that is to become what an image says: nothing before. */
export function byImage(): void {}

/**
 * All that a network has become, in bytes of their own: copied in pieces, before and between which other events have their turn, but no step. `spare` are bytes of an earlier one, which are
 * taken where there are as many: it takes the system longer to find new pages than to copy what goes into them.
 */
export async function copyImage(block: Block, spare?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const length = block.uint(Header.Gradient);
  // To make room for one may take as long as a piece, and who asks for one may have done other work in this turn.
  if (length > SMALL) await otherEvents();
  const image = spare?.length === length ? spare : new Uint8Array(length);
  let at = 0;
  await inTurns(() => {
    const end = Math.min(at + PIECE_BYTES, length);
    image.set(block.bytes().subarray(at, end), at);
    at = end;
    return at < length;
  });
  return image;
}

/** Does one piece after the other, other events having their turn now and then, as long as it answers that there are more. */
export async function inTurns(piece: () => boolean): Promise<void> {
  for (let end = performance.now() + TURN; piece(); ) {
    if (performance.now() < end) continue;
    await otherEvents();
    end = performance.now() + TURN;
  }
}

/** Makes a network of the same options what it was when the image was taken. Nobody may use the block before all pieces are put. May grow its memory, and moves its scratch. */
export async function putImageInPieces(block: Block, image: Uint8Array): Promise<void> {
  let at = 0;
  await inTurns(() => {
    at = putPiece(block, image, at);
    return at < image.length;
  });
}

/** Puts the piece of an image that begins at `at`, the first of which makes room for all, and answers where the next one begins. */
export function putPiece(block: Block, image: Uint8Array, at: number): number {
  const table = Header.Bytes + block.uint(Header.LayerCount) * Abi.LayerBytes;
  const end = Math.min(image.length, Math.max(at + PIECE_BYTES, table));
  const piece = image.subarray(at, end);
  if (at > 0) {
    block.bytes().set(piece, at);
    return end;
  }
  block.roomBehind(image.length);
  const own = OWN.map((field) => block.uint(field));
  block.bytes().set(piece);
  OWN.forEach((field, i) => {
    block.setUint(field, own[i] as number);
  });
  // Lays out anew what follows.
  block.roomBehind(0);
  block.setUint(Header.GradientReady, 0);
  return end;
}
