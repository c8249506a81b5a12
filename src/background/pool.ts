import type { FromWorker, ToWorker } from "./messages.js";
import type { Client, Outcome, Setup } from "./session.js";
import type { Stop } from "./stop.js";
import { startThread, type Thread } from "./threads.js";

export type WorkerThread = Thread<ToWorker, FromWorker>;

/** What a worker tells in the midst of a run. */
export type Listener = Pick<Client, "progress" | "call">;

/** Tells a worker to train and hears of it until it has ended. */
export function converse(thread: WorkerThread, setup: Setup, listener: Listener, stop: Stop): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const tell = (message: ToWorker) => thread.send(message, []);
    const over = (settle: () => void) => {
      current.delete(thread);
      release(thread);
      settle();
    };
    current.set(thread, {
      hear(message) {
        if (message.type === "progress") listener.progress(message.progress, message.state);
        else if (message.type === "call") {
          void listener.call(message.call, message.state).then((answer) => tell({ type: "answer", answer: answer !== false }));
        } else if (message.type === "end") over(() => resolve(message.outcome));
        else if (message.type === "failure") over(() => resolve({ state: setup.state, error: message.error }));
      },
      end: (error) => reject(new Error(`trainAsync: the worker ended in the midst of the run (${error.message})`, { cause: error })),
    });
    thread.keepAlive(true);
    tell({ type: "train", setup });
    stop.whenAsked(() => tell({ type: "stop" }));
  });
}

/** Workers that have nothing to do, and what the others' messages go to. */
const idle: WorkerThread[] = [];
const current = new Map<WorkerThread, { hear(message: FromWorker): void; end(error: Error): void }>();

/** Lets a worker wait for more work, for which no process stays alive. */
export function release(thread: WorkerThread): void {
  thread.keepAlive(false);
  idle.push(thread);
}

/** A worker that waits for work: one that has done some, or a new one; nothing where none starts. */
export async function idleWorker(address: string | undefined): Promise<WorkerThread | undefined> {
  const known = idle.pop();
  if (known) return known;
  try {
    const thread = await startThread<ToWorker, FromWorker>(address);
    await new Promise<void>((resolve, reject) => {
      thread.receive((message) => {
        if (message.type === "ready") resolve();
        else current.get(thread)?.hear(message);
      });
      thread.onEnd((error) => {
        reject(error);
        if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
        current.get(thread)?.end(error);
        current.delete(thread);
      });
    });
    return thread;
  } catch {
    return undefined;
  }
}
