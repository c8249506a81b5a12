import { unpacked } from "./base64.js";
import { parallelism } from "./capabilities.js";
import { idleWorker, onIdle, type PoolWorker, release } from "./pool.js";
import { Head, headAddress, MOST_KEPT, type Seat, sharingCore } from "./team.js";

// Teams as the calling thread sees them: it forms them of workers, tells them to begin, and that a run is over. It never waits for one.

/**
 * Loads of a number, half a millisecond of them (more where parts of the work are large), before a thread that has a core to itself gives it up: to have one back takes a virtual machine long. With the core's own 20 µs
 * 784-128-10 took 1.14 times as long in batches of 32, 1.01 in batches of 256 (medians of 15 runs in turns).
 */
const PATIENT = 500_000;

/** Workers that share a memory. */
export class Team {
  readonly #workers: readonly PoolWorker[];
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #head: Int32Array;
  readonly #id = ++formed;

  /** `isAlone` where each of its threads can have a core. */
  constructor(workers: readonly PoolWorker[], module: WebAssembly.Module, memory: WebAssembly.Memory, isAlone: boolean) {
    this.#workers = workers;
    this.#module = module;
    this.#memory = memory;
    this.#head = new Int32Array(this.#memory.buffer, headAddress(sharingCore(module, this.#memory)), Head.Length);
    if (isAlone) this.#head[Head.Spins] = PATIENT;
  }

  get threads(): number {
    return this.#workers.length;
  }

  get address(): string | undefined {
    return this.#workers[0]?.address;
  }

  get isWhole(): boolean {
    return !this.broken && this.#workers.every(({ ended }) => !ended);
  }

  get leader(): PoolWorker {
    return this.#workers[0] as PoolWorker;
  }

  /** Why the run under way cannot end well, and who is told of it. */
  broken: Error | undefined;
  onBreak: (error: Error) => void = () => {};

  /** Sends all but the leader to their places, and answers the leader's. */
  begin(): Seat {
    const [generation, run] = [Atomics.load(this.#head, Head.Generation), Atomics.load(this.#head, Head.Run)];
    const seat = { team: this.#id, module: this.#module, memory: this.#memory, threads: this.threads, thread: 0, run, generation };
    this.#workers.forEach((worker, thread) => {
      if (thread === 0) return;
      const end = (error: Error) => this.#break(error);
      worker.task = { hear: (message) => message.type === "failure" && end(new Error(message.error.message)), end };
      // It is the leader that keeps the process alive.
      worker.thread.keepAlive(false);
      worker.thread.send({ type: "assist", seat: { ...seat, thread } }, []);
      // It may have ended before there was somebody to tell.
      if (worker.ended) end(worker.ended);
    });
    return seat;
  }

  /** The leader may wait for the thread that has died. */
  #break(error: Error): void {
    this.broken ??= error;
    this.onBreak(error);
    Atomics.store(this.#head, Head.Broken, 1);
    this.#wake();
  }

  #wake(): void {
    Atomics.notify(this.#head, Head.Generation);
    Atomics.notify(this.#head, Head.Arrived);
  }

  /** The run is over: all return. Keeps the team for the next run, if it can. */
  end(): void {
    Atomics.add(this.#head, Head.Run, 1);
    this.#wake();
    for (const worker of this.#workers) {
      worker.task = undefined;
      worker.thread.keepAlive(false);
    }
    // To grow it by nothing makes sure that this thread knows how large the others have made it.
    this.#memory.grow(0);
    if (this.isWhole && this.#memory.buffer.byteLength <= MOST_KEPT) {
      idleTeam?.part();
      idleTeam = this;
    } else this.part();
  }

  /** Lets its workers do other work. */
  part(): void {
    const { isWhole } = this;
    for (const worker of this.#workers) {
      // Else some may wait for what never comes, or be in the midst of what nobody waits for.
      if (!isWhole) worker.thread.end();
      else {
        if (!worker.ended) worker.thread.send({ type: "leave" }, []);
        release(worker);
      }
    }
  }
}

let formed = 0;

/** The one team that waits for work. */
let idleTeam: Team | undefined;

onIdle(() => {
  const team = idleTeam;
  idleTeam = undefined;
  team?.part();
});

/** Forms a team of so many threads, or of as many as start, at least two; or says why there is none. */
export async function idleOrNewTeam(address: string | undefined, threads: number): Promise<Team | Error> {
  const known = idleTeam;
  idleTeam = undefined;
  if (known?.threads === threads && known.address === address && known.isWhole) return known;
  known?.part();
  try {
    // Workers last: they would have to be released if there were no memory.
    const module = await threadsModule();
    const memory = sharedMemory();
    const started = await Promise.all(Array.from({ length: threads }, () => idleWorker(address)));
    const workers = started.filter((worker): worker is PoolWorker => !(worker instanceof Error));
    if (workers.length < 2) {
      for (const worker of workers) release(worker);
      return started.find((worker) => worker instanceof Error) as Error;
    }
    return new Team(workers, module, memory, workers.length <= (await parallelism()));
  } catch (error) {
    return error as Error;
  }
}

let compiling: Promise<WebAssembly.Module> | undefined;

/** The build with threads. */
function threadsModule(): Promise<WebAssembly.Module> {
  compiling ??= (async () => {
    const { default: base64 } = await import("#threads");
    return unpacked(base64);
  })();
  return compiling;
}

/** A memory that may grow as far as the host lets it: some must set aside at once all that it may become. */
function sharedMemory(): WebAssembly.Memory {
  for (let maximum = 65536; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}
