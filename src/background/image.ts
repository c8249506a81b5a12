import { Abi, Header } from "../abi.js";
import type { Block } from "../block.js";
import { otherEvents } from "./events.js";

// An image is all of a block that outlives a call, as it lies there: offsets in it are relative, so it can be put into another block, of whatever memory. Unlike a snapshot it is
// checked by nobody and depends on the build, so it never leaves the process; but to make one takes no more time than to copy its bytes: in pieces, where others wait.

/** Its bytes, in pieces, of which the first has all of the header and the layer table. To make room for many at once would take long, and to give them back as well. */
export type Image = readonly Uint8Array<ArrayBuffer>[];

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
 * All that a network has become, in bytes of their own: in pieces, before and between which other events have their turn, but no step. `spare` is an earlier one, whose bytes are
 * taken: it takes the system longer to find new pages than to copy what goes into them.
 */
export async function copyImage(block: Block, spare: Image = []): Promise<Image> {
  const length = block.uint(Header.Gradient);
  // Who asks for one may have done other work in this turn.
  if (length > SMALL) await otherEvents();
  const image: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  await inTurns(() => {
    const bytes = Math.min(length - at, at === 0 ? Math.max(PIECE_BYTES, tableBytes(block)) : PIECE_BYTES);
    const old = spare[image.length];
    const piece = old?.length === bytes ? old : new Uint8Array(bytes);
    piece.set(block.bytes().subarray(at, at + bytes));
    image.push(piece);
    at += bytes;
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
export async function putImageInPieces(block: Block, image: Image): Promise<void> {
  let next = 0;
  await inTurns(() => {
    putPiece(block, image, next++);
    return next < image.length;
  });
}

/** Puts a piece of an image, the first of which makes room for all. */
export function putPiece(block: Block, image: Image, index: number): void {
  const piece = image[index] as Uint8Array;
  if (index > 0) {
    block.bytes().set(piece, bytesOf(image.slice(0, index)));
    return;
  }
  block.roomBehind(Math.max(0, bytesOf(image) - block.core.layout(block.base)));
  const own = OWN.map((field) => block.uint(field));
  block.bytes().set(piece);
  OWN.forEach((field, i) => {
    block.setUint(field, own[i] as number);
  });
  // Lays out anew what follows.
  block.roomBehind(0);
  block.setUint(Header.GradientReady, 0);
}

export function bytesOf(image: Image): number {
  return image.reduce((sum, piece) => sum + piece.length, 0);
}

/** What its bytes lie in, to be handed over. */
export function buffersOf(image: Image | undefined): ArrayBuffer[] {
  return (image ?? []).map((piece) => piece.buffer);
}

function tableBytes(block: Block): number {
  return Header.Bytes + block.uint(Header.LayerCount) * Abi.LayerBytes;
}
