/** How the network was last trained in the background, and why so. */
export interface Capabilities {
  /**
   * `threads`: by several workers over one memory. `worker`: by one. `slices`: on the calling thread, a few milliseconds at a time. `calling thread`: it was not trained
   * so yet.
   */
  readonly path: "threads" | "worker" | "slices" | "calling thread";
  /** Threads that compute at once. */
  readonly threads: number;
  /** Why it is not more of them, or what chose that number. */
  readonly why: string;
}

/** How many threads are to compute, before it is known whether they start. */
export interface Wish {
  readonly threads: number;
  readonly why: string;
}

/** What decides it. */
export interface Work {
  /** `auto`, or a number that was asked for. */
  readonly threads: "auto" | number;
  readonly ownCore: boolean;
  /** Rows that pass through the network before the next piece of work. */
  readonly rowsAtOnce: number;
  /** Rows that pass in all. */
  readonly rows: number;
  readonly parameters: number;
}

/**
 * So many rows times parameters in a step are worth a thread. Measured on two cores of a 3.2 GHz Zen 2: 6,000 of them take 6.5 µs on one thread, and two are 1.24 times as fast;
 * with 1,800, 4.2 µs, it is 1.08.
 */
const WORTH_A_THREAD = 4096;

/** So many rows times parameters in a run are worth starting threads: some 30 ms. */
const WORTH_STARTING = 3e7;

export async function wishFor({ threads, ownCore, rowsAtOnce, rows, parameters }: Work): Promise<Wish> {
  const one = (why: string): Wish => ({ threads: 1, why });
  if (threads === 1) return one("threads: 1 was asked for");
  if (ownCore) return one("a core was given, and threads need the library's own");
  const obstacle = obstacleToSharing();
  if (obstacle) return one(obstacle);
  if (threads !== "auto") return { threads, why: `threads: ${threads} was asked for` };
  const cores = await parallelism();
  if (cores < 2) return one("this machine has one core");
  const worth = Math.floor((rowsAtOnce * parameters) / WORTH_A_THREAD);
  if (worth < 2) return one(`${rowsAtOnce} rows at once and ${parameters} parameters are too little work to share`);
  if (rows * parameters < WORTH_STARTING) return one(`${rows} rows and ${parameters} parameters are too little work to start threads for`);
  if (worth < cores)
    return { threads: worth, why: `${rowsAtOnce} rows at once and ${parameters} parameters are work for ${worth} threads` };
  return { threads: cores, why: `this machine has ${cores} cores` };
}

function obstacleToSharing(): string | undefined {
  const { crossOriginIsolated, process } = globalThis as { crossOriginIsolated?: boolean; process?: unknown };
  // Servers' engines share memory whatever they say of isolation.
  if (crossOriginIsolated === false && process === undefined)
    return "this page is not cross-origin isolated, so its workers share no memory";
  if (typeof SharedArrayBuffer === "undefined") return "this host's workers share no memory";
  return undefined;
}

/** How many threads the host can run at once. */
export async function parallelism(): Promise<number> {
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { versions?: { node?: string } };
  };
  if (process?.versions?.node) {
    const name = "node:os";
    const os = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as { availableParallelism?(): number };
    if (os.availableParallelism) return os.availableParallelism();
  }
  return navigator?.hardwareConcurrency ?? 1;
}
