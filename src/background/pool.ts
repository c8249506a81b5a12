import type { CompiledModule } from "../binary.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { startThread, type Thread } from "./threads.js";

/** A worker and where its program came from. */
export interface PoolWorker {
  readonly thread: Thread<ToWorker, FromWorker>;
  readonly address: string | undefined;
  /** The core that it has to itself, which it need not be sent again. */
  core: CompiledModule | undefined;
  /** Why it is no more, once it has ended. */
  ended: Error | undefined;
  /** What its messages, and its end, go to while it works. */
  task: { hear(message: FromWorker): void; end(error: Error): void } | undefined;
}

/** Workers that wait for work; what is more than these is ended. */
const idle: PoolWorker[] = [];
const MOST_IDLE = 2;

/** So long workers wait for work before they end; and when no network is left that might have some. */
const PATIENCE = 30_000;
const LAST_PATIENCE = 1000;

/** So long a worker may take to start. */
const START_SECONDS = 10;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Networks that have trained in the background and were not disposed of, by their blocks, and how many of them there are or were. */
const members = new WeakSet<object>();
let users = 0;

/** What else is kept for the next run. */
const reserves: (() => void)[] = [];

/** Tells the pool of something that is to be given back when it has not been used for a while. */
export function onIdle(giveBack: () => void): void {
  reserves.push(giveBack);
}

/** Counts a network in, if it is not, and answers what is to be called when it is disposed of. */
export function enroll(network: object): () => void {
  if (!members.has(network)) users++;
  members.add(network);
  return () => {
    if (members.delete(network)) users--;
    rest();
  };
}

/** Sets the time for which idle workers, and what else is kept, wait for work. */
export function rest(): void {
  clearTimeout(timer);
  timer = setTimeout(dismiss, users > 0 ? PATIENCE : LAST_PATIENCE);
  // Nor does the timer keep a process alive, in Deno neither, whose timers are numbers.
  (timer as { unref?(): void }).unref?.();
  (globalThis as { Deno?: { unrefTimer?(id: unknown): void } }).Deno?.unrefTimer?.(timer);
}

function dismiss(): void {
  for (const giveBack of reserves) giveBack();
  for (const worker of idle.splice(0)) worker.thread.end();
}

/** Lets a worker wait for more work, for which no process stays alive; ends it if enough others wait already. */
export function release(worker: PoolWorker): void {
  worker.task = undefined;
  if (worker.ended) return;
  worker.thread.keepAlive(false);
  if (idle.length < MOST_IDLE) idle.push(worker);
  else worker.thread.end();
  rest();
}

/** A worker that waits for work: one that has done some, or a new one; the reason where none starts. */
export async function idleWorker(address: string | undefined): Promise<PoolWorker | Error> {
  const known = idle.findIndex((worker) => worker.address === address);
  if (known >= 0) return idle.splice(known, 1)[0] as PoolWorker;
  try {
    const worker: PoolWorker = {
      thread: await startThread<ToWorker, FromWorker>(address),
      address,
      core: undefined,
      ended: undefined,
      task: undefined,
    };
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`it has not said within ${START_SECONDS} s that it is ready`));
        worker.thread.end();
      }, 1000 * START_SECONDS);
      const over = () => clearTimeout(late);
      worker.thread.receive((message) => {
        over();
        if (message.type === "ready") resolve();
        else worker.task?.hear(message);
      });
      worker.thread.onEnd((error) => {
        over();
        reject(error);
        worker.ended ??= error;
        const at = idle.indexOf(worker);
        if (at >= 0) idle.splice(at, 1);
        worker.task?.end(error);
      });
    });
    return worker;
  } catch (error) {
    return error as Error;
  }
}
