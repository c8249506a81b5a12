import type { Block } from "../block.js";
import { bytesOf, type Image, inTurns, putPiece, SMALL } from "./image.js";

/**
 * What a network is to become next, while a run is under way elsewhere. What is small it becomes at once. What is not it becomes when it is asked something, or at the run's end, in
 * pieces: until then it waits here, and a newer state takes its place.
 */
export class Incoming {
  readonly #put: (task: (block: Block) => void) => void;
  #image: Image | undefined;
  /** The piece that is put next. */
  #next = 0;
  /** One that the network has become. */
  #spare: Image | undefined;

  constructor(put: (task: (block: Block) => void) => void) {
    this.#put = put;
  }

  /** Takes a newer state, and hands out an image whose bytes nobody needs any more, where there is one. */
  take(image: Image): Image | undefined {
    const spare = this.#image ?? this.#spare;
    this.#spare = undefined;
    this.#image = image;
    this.#next = 0;
    if (bytesOf(image) <= SMALL) this.settle();
    return spare;
  }

  /** All of it, at once. */
  settle(): void {
    while (this.#image) this.#putNext(this.#image);
  }

  async settleInPieces(): Promise<void> {
    if (!this.#image) return;
    await inTurns(() => {
      if (this.#image) this.#putNext(this.#image);
      return this.#image !== undefined;
    });
  }

  /** Forgets what it has, and hands out the bytes of what the network has become last. */
  drop(): Image | undefined {
    const spare = this.#spare;
    this.#image = this.#spare = undefined;
    return spare;
  }

  #putNext(image: Image): void {
    // Nobody who uses the network now is to wait for this piece again.
    this.#image = undefined;
    this.#put((block) => putPiece(block, image, this.#next));
    this.#next++;
    if (this.#next < image.length) this.#image = image;
    else this.#spare = image;
  }
}
