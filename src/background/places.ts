import type { Run } from "../training.js";
import type { Capabilities, Wish } from "./capabilities.js";
import type { Errand, ToWorker } from "./messages.js";
import { sendAhead } from "./parcels.js";
import { idleWorker, type PoolWorker, release } from "./pool.js";
import type { Client, Outcome } from "./session.js";
import type { Stop } from "./stop.js";
import type { Source } from "./stream.js";
import type { Seat } from "./team.js";
import { idleOrNewTeam, type Team } from "./teams.js";

// Where a session goes: to a team of workers, to one worker, or, if none starts, nowhere else.

/** What is told, and asked for, in the midst of a run. */
export type Listener = Pick<Client, "placed" | "progress" | "call"> & Source;

export interface Place {
  readonly capabilities: Capabilities;
  /** Has the session there, and hears of it until it has ended. Absent where it is to be on this thread. */
  converse?(errand: Errand, listener: Listener, stop: Stop): Promise<Outcome>;
  /** Gives the place up, where there is no session. */
  leave?(): void;
}

/** The best place that there is for a wish. `worker`: `false`, or the address of a program, or nothing for the package's. */
export async function placeFor(worker: false | string | undefined, wish: () => Promise<Wish>): Promise<Place> {
  if (worker === false) return { capabilities: { path: "slices", threads: 1, why: "worker: false was asked for" } };
  let { threads, why } = await wish();
  if (threads > 1) {
    const team = await idleOrNewTeam(worker, threads);
    if (!(team instanceof Error))
      return teamPlace(team, team.threads < threads ? `no more than ${team.threads} workers have started` : why);
    why = `threads could not be had: ${team.message}`;
  }
  const started = await idleWorker(worker);
  if (started instanceof Error) {
    return { capabilities: { path: "slices", threads: 1, why: `no worker has started: ${started.message}` } };
  }
  return {
    capabilities: { path: "worker", threads: 1, why },
    converse: (errand, listener, stop) => converse(started, errand, undefined, listener, stop).finally(() => release(started)),
    leave: () => release(started),
  };
}

function teamPlace(team: Team, why: string): Place {
  return {
    capabilities: { path: "threads", threads: team.threads, why },
    async converse(errand, listener, stop) {
      try {
        // The leader may be waiting for the caller, who then would not hear of a thread's end.
        const breaks = new Promise<never>((_, reject) => {
          team.onBreak = (error) => reject(ended(errand, error));
        });
        return await Promise.race([breaks, converse(team.leader, errand, team.begin(), listener, stop)]);
      } finally {
        team.end();
      }
    },
    leave: () => team.end(),
  };
}

/** Sends a worker on an errand and hears of it until it has ended. */
function converse(worker: PoolWorker, errand: Errand, seat: Seat | undefined, listener: Listener, stop: Stop): Promise<Outcome> {
  const { thread } = worker;
  return new Promise<Outcome>((resolve, reject) => {
    const tell = (message: ToWorker, transfer: readonly ArrayBufferLike[] = []) => thread.send(message, transfer);
    worker.task = {
      hear(message) {
        if (message.type === "placed") listener.placed(message.state);
        else if (message.type === "progress") listener.progress(message.progress, message.state);
        else if (message.type === "end") resolve(message.outcome);
        else if (message.type === "failure") resolve({ error: message.error });
        else if (message.type === "next") {
          thread.keepAlive(false);
          listener
            .next()
            .then((run) => {
              if (!worker.task) return;
              thread.keepAlive(true);
              tell({ type: "batch", run }, run ? buffersOf(run) : []);
            })
            .catch(reject);
        } else if (message.type === "call") {
          // While it waits for an answer it is not what keeps the process alive.
          thread.keepAlive(false);
          listener
            .call(message.call, message.state)
            .then((answer) => {
              if (!worker.task) return;
              thread.keepAlive(true);
              tell({ type: "answer", answer: answer !== false });
            })
            .catch(reject);
        }
      },
      end: (error) => reject(ended(errand, error)),
    };
    // It may have ended before there was somebody to tell.
    if (worker.ended) return reject(ended(errand, worker.ended));
    thread.keepAlive(true);
    const send = async () => {
      const rest = await sendAhead(errand, (piece) => tell({ type: "piece", piece }, [piece.values.buffer]));
      if (!worker.task) return;
      // The image is handed over and not copied.
      tell({ ...rest, seat }, [rest.setup.state.buffer]);
      stop.whenAsked(() => tell({ type: "stop" }));
    };
    send().catch(reject);
  });
}

/** What a batch's numbers lie in, which are its own. */
function buffersOf({ x, t, weights }: Run): ArrayBufferLike[] {
  return [x, t.table, weights].flatMap((table) => (table ? [table.values.buffer] : []));
}

function ended({ type }: Errand, error: Error): Error {
  return new Error(`${type === "think" ? "thinkAsync" : "trainAsync"}: the worker ended in the midst of the run (${error.message})`, {
    cause: error,
  });
}
