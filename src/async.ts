// What `trainAsync`, `training` and `thinkAsync` load when they are first called: dist/async.js.

import { isStream } from "./background/batches.js";
import type { Host } from "./background/host.js";
import { trainFromBatches, trainFromRows } from "./background/learning.js";
import type { History } from "./training.js";

export { thinkAsync } from "./background/answering.js";
export { training } from "./background/iteration.js";

/** Trains a network from its present state on in workers, or in slices on this thread, and puts into it what comes out. */
export function trainAsync(host: Host, ...given: readonly [inputs: unknown, targets: unknown, options: unknown]): Promise<History> {
  return isStream(given[0]) ? trainFromBatches(host, given[0], given[1]) : trainFromRows(host, ...given);
}
