import type { FromWorker, ToWorker } from "./messages.js";
import type { Client, Outcome, Setup } from "./session.js";
import type { Stop } from "./stop.js";
import { startThread, type Thread } from "./threads.js";

/** A worker and where its program came from. */
export interface PoolWorker {
  readonly thread: Thread<ToWorker, FromWorker>;
  readonly address: string | undefined;
  hasEnded: boolean;
  /** What its messages, and its end, go to while it works. */
  task: { hear(message: FromWorker): void; end(error: Error): void } | undefined;
}

/** What a worker tells in the midst of a run. */
export type Listener = Pick<Client, "progress" | "call">;

/** Workers that wait for work; what is more than these is ended. */
const idle: PoolWorker[] = [];
const MOST_IDLE = 2;

/** Tells a worker to train and hears of it until it has ended. */
export function converse(worker: PoolWorker, setup: Setup, listener: Listener, stop: Stop): Promise<Outcome> {
  const { thread } = worker;
  return new Promise<Outcome>((resolve, reject) => {
    const tell = (message: ToWorker) => thread.send(message, []);
    worker.task = {
      hear(message) {
        if (message.type === "progress") listener.progress(message.progress, message.state);
        else if (message.type === "end") resolve(message.outcome);
        else if (message.type === "failure") resolve({ state: setup.state, error: message.error });
        else if (message.type === "call") {
          // While it waits for an answer it is not what keeps the process alive.
          thread.keepAlive(false);
          void listener.call(message.call, message.state).then((answer) => {
            if (!worker.task) return;
            thread.keepAlive(true);
            tell({ type: "answer", answer: answer !== false });
          });
        }
      },
      end: (error) => reject(new Error(`trainAsync: the worker ended in the midst of the run (${error.message})`, { cause: error })),
    };
    thread.keepAlive(true);
    tell({ type: "train", setup });
    stop.whenAsked(() => tell({ type: "stop" }));
  }).finally(() => release(worker));
}

/** Lets a worker wait for more work, for which no process stays alive; ends it if others wait already. */
export function release(worker: PoolWorker): void {
  worker.task = undefined;
  if (worker.hasEnded) return;
  worker.thread.keepAlive(false);
  if (idle.length < MOST_IDLE) idle.push(worker);
  else worker.thread.end();
}

/** A worker that waits for work: one that has done some, or a new one; nothing where none starts. */
export async function idleWorker(address: string | undefined): Promise<PoolWorker | undefined> {
  const known = idle.findIndex((worker) => worker.address === address);
  if (known >= 0) return idle.splice(known, 1)[0];
  try {
    const worker: PoolWorker = { thread: await startThread<ToWorker, FromWorker>(address), address, hasEnded: false, task: undefined };
    await new Promise<void>((resolve, reject) => {
      worker.thread.receive((message) => {
        if (message.type === "ready") resolve();
        else worker.task?.hear(message);
      });
      worker.thread.onEnd((error) => {
        reject(error);
        worker.hasEnded = true;
        const at = idle.indexOf(worker);
        if (at >= 0) idle.splice(at, 1);
        worker.task?.end(error);
      });
    });
    return worker;
  } catch {
    return undefined;
  }
}
