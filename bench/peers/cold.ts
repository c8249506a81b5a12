import { spawnSync } from "node:child_process";
import type { ColdCase } from "./cases.js";
import { programCommand, type Surroundings } from "./command.js";
import type { Effort } from "./effort.js";
import { DifferentResultError } from "./errors.js";
import { type Failed, failed, measured, type Row } from "./measured.js";
import type { Peer } from "./peers.js";
import { lastLine } from "./worker.js";

/** NumPy's answer to the tutorial's question. Peers that have f32 only are off in the seventh digit. */
const ANSWER = 0.9999584016709994;
const TOLERANCE = 1e-6;

/** Times whole processes from outside, in turns. The first of each fills the system's and the compilers' caches and is not counted. */
export function measureCold(subject: ColdCase, peers: readonly Peer[], surroundings: Surroundings, effort: Effort): readonly Row[] {
  const failures = new Map<Peer, Failed>();
  const times = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round <= effort.processes; round++) {
    for (const peer of peers.filter((one) => !failures.has(one))) {
      try {
        const { file, args, env } = programCommand(peer, surroundings);
        const start = performance.now();
        const { stdout, stderr, status } = spawnSync(file, args, { env, encoding: "utf8" });
        const milliseconds = performance.now() - start;
        if (status !== 0) throw new Error(lastLine(stderr ?? ""));
        const answer = Number(stdout.trim().split("\n").at(-1));
        if (!(Math.abs(answer - ANSWER) <= TOLERANCE)) throw new DifferentResultError(`it answers ${answer}, the tutorial ${ANSWER}`);
        if (round > 0) times.get(peer)?.push(milliseconds);
      } catch (error) {
        failures.set(peer, failed(peer.implementation, error));
      }
    }
  }
  const threads = surroundings.threads ?? 1;
  return peers.map((peer) => failures.get(peer) ?? measured(subject, peer.implementation, threads, times.get(peer) as number[]));
}
