import type { Call, Run } from "../training.js";
import type { Capabilities, Wish } from "./capabilities.js";
import { otherEvents } from "./events.js";
import { buffersOf, type Image } from "./image.js";
import type { Errand, ToWorker } from "./messages.js";
import type { Known } from "./news.js";
import type { Progress } from "./options.js";
import { packed } from "./parcels.js";
import { idleWorker, type PoolWorker, release } from "./pool.js";
import type { Outcome } from "./session.js";
import type { Stop } from "./stop.js";
import type { Source } from "./stream.js";
import type { Seat } from "./team.js";
import { idleOrNewTeam, type Team } from "./teams.js";

// Where a session goes: to a team of workers, to one worker, or, if none starts, nowhere else.

/** What is told, and asked for, in the midst of a run. */
export interface Listener extends Source {
  /** The network as it is there, where that is told, before anything else that is told with it. Answers an earlier image that nobody needs any more, where there is one. */
  known(known: Known): Image | undefined;
  progress(progress: Progress): void;
  call(call: Call): Promise<unknown>;
  /** Whether what comes of it is wanted still: the network may have been disposed of. */
  isWanted(): boolean;
}

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

/** A place, or this thread where a stop is asked for before there is one. */
export async function soonPlaced(coming: Promise<Place> | undefined, stop: Stop): Promise<Place> {
  const place = coming && (await stop.orAsked(coming));
  if (place) return place;
  coming?.then((late) => late.leave?.()).catch(() => {});
  return { capabilities: { path: "slices", threads: 1, why: "it was stopped before a worker had started" } };
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

/** So many milliseconds a worker has to end by itself when it is to stop. */
export const GRACE = 50;

/**
 * Sends a worker on an errand and hears of it until it has ended. An outcome that says nothing: it was stopped in the midst of a step, the network is what was reached last.
 */
function converse(worker: PoolWorker, errand: Errand, seat: Seat | undefined, listener: Listener, stop: Stop): Promise<Outcome> {
  const { thread } = worker;
  // Whether it was told of the network's state between the last two steps.
  let isKnown = isKnownAtFirst(errand);
  let grace: ReturnType<typeof setTimeout> | undefined;
  let forget = () => {};
  return new Promise<Outcome>((resolve, reject) => {
    const tell = (message: ToWorker, transfer: readonly ArrayBufferLike[] = []) => thread.send(message, transfer);
    /** A worker that is in the midst of something is of no use to anybody else. Once it is settled what that means: some hosts tell of its end at once. */
    const giveUp = (why: string) => {
      worker.ended ??= new Error(why);
      thread.end();
    };
    /** Asks somebody, and tells the worker what comes of it. While it waits for that it is not what keeps the process alive. */
    const answer = async (told: () => Promise<() => void>) => {
      thread.keepAlive(false);
      try {
        const telling = await told();
        if (worker.task !== task) return;
        thread.keepAlive(true);
        telling();
      } catch (error) {
        reject(error);
        giveUp("it could not be told what it waits for");
      }
    };
    const task: PoolWorker["task"] = {
      hear(message) {
        if ("known" in message && message.known) {
          const spare = listener.known(message.known);
          if (spare) tell({ type: "spare", spare }, buffersOf(spare));
        }
        if (message.type === "reached") isKnown = message.known !== undefined;
        else if (message.type === "progress") listener.progress(message.progress);
        else if (message.type === "end") resolve(message.outcome);
        else if (message.type === "failure") resolve({ error: message.error });
        else if (message.type === "next") {
          void answer(async () => {
            const run = await listener.next();
            return () => tell({ type: "batch", run }, run ? tablesOf(run) : []);
          });
        } else if (message.type === "call") {
          void answer(async () => {
            const said = await listener.call(message.call);
            return () => tell({ type: "answer", answer: said !== false });
          });
        }
      },
      end: (error) => reject(ended(errand, error)),
    };
    worker.task = task;
    // It may have ended before there was somebody to tell.
    if (worker.ended) return reject(ended(errand, worker.ended));
    thread.keepAlive(true);
    const send = async () => {
      const { errand: first, parcels } = packed(errand);
      const { plan, state } = first.setup;
      // A team's is at its place; a worker's own need not be sent again.
      const core = seat || worker.core === plan.core ? undefined : plan.core;
      if (core) worker.core = core;
      // The image is handed over and not copied.
      tell({ ...first, setup: { ...first.setup, plan: { ...plan, core } }, seat } as ToWorker, buffersOf(state));
      forget = stop.whenAsked(() => {
        tell({ type: "stop" });
        grace = setTimeout(() => {
          // It is in the midst of a step, which nobody waits for.
          if (!isKnown && listener.isWanted()) return;
          resolve({});
          giveUp("it was stopped in the midst of a step");
        }, GRACE);
      });
      for (const parcel of parcels) {
        await otherEvents();
        if (worker.task !== task || stop.isAsked) return;
        tell(
          { type: "parcel", parcel },
          parcel.tables.map(({ values }) => values.buffer),
        );
      }
    };
    send().catch((error) => {
      reject(error);
      // It may wait for what does not come.
      tell({ type: "stop" });
    });
  }).finally(() => {
    clearTimeout(grace);
    // The worker may soon work for somebody else.
    forget();
  });
}

/** Whether the network is known before it is told of: batch by batch it is at first what it was, and who thinks does not change it. */
export function isKnownAtFirst({ type }: Errand): boolean {
  return type !== "train";
}

/** What a batch's numbers lie in, which are its own. */
function tablesOf({ x, t, weights }: Run): ArrayBufferLike[] {
  return [x, t.table, weights].flatMap((table) => (table ? [table.values.buffer] : []));
}

function ended({ type }: Errand, error: Error): Error {
  return new Error(`${type === "think" ? "thinkAsync" : "trainAsync"}: the worker ended in the midst of the run (${error.message})`, {
    cause: error,
  });
}
