import { bytesOf, type Image, SMALL } from "./image.js";
import { onIdle, rest } from "./pool.js";
import { MOST_KEPT } from "./team.js";

// The bytes of the last run's image, for the next one: it takes the system longer to find new pages than to copy what goes into them, and an engine that counts tens of megabytes of them collects.

let kept: Image | undefined;

onIdle(() => {
  kept = undefined;
});

/** Keeps an image's bytes, if they are many. */
export function keep(image: Image | undefined): void {
  if (!image || bytesOf(image) <= SMALL || bytesOf(image) > MOST_KEPT) return;
  kept = image;
  rest();
}

/** Bytes for an image of so many. */
export function spareFor(bytes: number): Image | undefined {
  if (bytes <= SMALL) return undefined;
  const image = kept;
  kept = undefined;
  return image;
}
