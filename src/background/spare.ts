import { bytesOf, type Image, SMALL } from "./image.js";
import { onIdle, rest } from "./pool.js";
import { MOST_KEPT } from "./team.js";

// The bytes of the last runs' images, for the next one: it takes the system longer to find new pages than to copy what goes into them, and an engine that counts tens of megabytes of them collects.

/** As many as a run has under way: what a network is to become, and what is made meanwhile. */
const MOST = 2;

let kept: Image[] = [];

onIdle(() => {
  kept = [];
});

/** Keeps an image's bytes, if they are many, instead of the oldest where there is no room. */
export function keep(image: Image | undefined): void {
  if (!image || bytesOf(image) <= SMALL || bytesOf(image) > MOST_KEPT) return;
  kept.push(image);
  while (kept.length > MOST || bytesOf(kept.flat()) > MOST_KEPT) kept.shift();
  rest();
}

/** Bytes for an image of so many. */
export function spareFor(bytes: number): Image | undefined {
  return bytes <= SMALL ? undefined : kept.pop();
}
