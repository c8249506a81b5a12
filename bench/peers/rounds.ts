import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Unit } from "../report.js";
import { samplesOf, type WorkerCase } from "./cases.js";
import { difference } from "./check.js";
import { command, HERE, type Surroundings, workerCommand } from "./command.js";
import { writeCase } from "./data.js";
import { type Measured, measured, type Row } from "./measured.js";
import { OURS, type Peer } from "./peers.js";
import { type Prepared, UnsupportedError, Worker } from "./worker.js";

/** How long to measure. */
export interface Effort {
  /** Rounds in which each peer has one turn. */
  readonly rounds: number;
  /** Seconds of one turn, in which a peer takes at least one sample. */
  readonly turn: number;
  /** Seconds of work before the first round, for engines that optimize while they run. */
  readonly warmup: number;
  /** New processes of the cases that start one for each run. */
  readonly processes: number;
}

export const FULL: Effort = { rounds: 7, turn: 0.1, warmup: 1, processes: 7 };

/** Shows that everything works. The figures mean nothing. */
export const QUICK: Effort = { rounds: 2, turn: 0, warmup: 0, processes: 1 };

/** The clock is good for a sample of this many seconds; calls that are shorter are taken together. */
const SHORTEST_SAMPLE = 0.005;
const MOST_SAMPLES = 50;

interface Contender {
  readonly peer: Peer;
  readonly worker: Worker;
  readonly prepared: Prepared;
  /** Numbers computed in the first run, before anything is timed. */
  readonly answer: Float64Array;
  readonly calls: number;
  readonly samples: number;
  /** Seconds of one call. */
  readonly seconds: number[];
}

/** Everything that was measured of a case, and the versions of those that ran. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly versions: Readonly<Record<string, string>>;
}

export async function measureWorkers(
  subject: WorkerCase,
  peers: readonly Peer[],
  surroundings: Surroundings,
  effort: Effort,
): Promise<Outcome> {
  const folder = mkdtempSync(join(surroundings.folder, `${subject.name}-`));
  writeCase(folder, subject);
  if (peers.some(({ implementation }) => implementation.startsWith("onnxruntime"))) writeModel(folder, surroundings);
  const rows = new Map<string, Row>();
  const contenders: Contender[] = [];
  try {
    const first = firstWeights(folder, subject);
    let expected: Float64Array | undefined;
    for (const peer of oursFirst(peers)) {
      const contender = await begin(subject, peer, folder, surroundings, effort).catch((error: Error) => failure(error));
      if (typeof contender === "string") {
        rows.set(peer.implementation, { implementation: peer.implementation, reason: contender });
        continue;
      }
      expected ??= contender.answer;
      const wrong = difference(subject, contender.prepared.precision, contender.answer, expected, first);
      if (wrong === undefined) contenders.push(contender);
      else {
        rows.set(peer.implementation, { implementation: peer.implementation, reason: wrong });
        contender.worker.end();
      }
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(round + turn) % contenders.length] as Contender;
        await takeTurn(contender).catch((error: Error) => {
          rows.set(contender.peer.implementation, { implementation: contender.peer.implementation, reason: failure(error) });
          contenders.splice(contenders.indexOf(contender), 1);
        });
      }
    }
    for (const { peer, prepared, seconds } of contenders) rows.set(peer.implementation, rowOf(subject, peer, prepared, seconds));
    return inOrder(peers, rows, contenders);
  } finally {
    for (const { worker } of contenders) worker.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `load`: a new process for each sample, in which preparing and the first run count. */
export async function measureLoads(
  subject: WorkerCase,
  peers: readonly Peer[],
  surroundings: Surroundings,
  effort: Effort,
): Promise<Outcome> {
  const folder = mkdtempSync(join(surroundings.folder, `${subject.name}-`));
  writeCase(folder, subject);
  if (peers.some(({ implementation }) => implementation.startsWith("onnxruntime"))) writeModel(folder, surroundings);
  const rows = new Map<string, Row>();
  const contenders = new Map<Peer, { seconds: number[]; prepared: Prepared }>();
  let expected: Float64Array | undefined;
  try {
    // The first round brings the files into the system's cache, shows that all compute the same, and is not counted.
    for (let round = 0; round <= effort.processes; round++) {
      for (const peer of oursFirst(peers).filter(({ implementation }) => !rows.has(implementation))) {
        const worker = new Worker(await workerCommand(peer, surroundings));
        try {
          const prepared = await worker.prepare(folder, surroundings.threads);
          const [run] = await worker.run(1, 1);
          const answer = await worker.result(folder);
          expected ??= answer;
          const wrong = difference(subject, prepared.precision, answer, expected, []);
          if (wrong !== undefined) rows.set(peer.implementation, { implementation: peer.implementation, reason: wrong });
          else if (round === 0) contenders.set(peer, { seconds: [], prepared });
          else contenders.get(peer)?.seconds.push(prepared.seconds + (run as number));
        } catch (error) {
          rows.set(peer.implementation, { implementation: peer.implementation, reason: failure(error as Error) });
        } finally {
          worker.end();
        }
      }
    }
    const ran = [...contenders].map(([peer, rest]) => ({ peer, ...rest })).filter(({ peer }) => !rows.has(peer.implementation));
    for (const { peer, prepared, seconds } of ran) rows.set(peer.implementation, rowOf(subject, peer, prepared, seconds));
    return inOrder(peers, rows, ran);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The library's result is what the others' are compared with. */
function oursFirst(peers: readonly Peer[]): readonly Peer[] {
  return [
    ...peers.filter(({ implementation }) => implementation === OURS),
    ...peers.filter(({ implementation }) => implementation !== OURS),
  ];
}

/** Starts a worker, runs it once, and finds out how much it gets done in a turn. */
async function begin(subject: WorkerCase, peer: Peer, folder: string, surroundings: Surroundings, effort: Effort): Promise<Contender> {
  const worker = new Worker(await workerCommand(peer, surroundings));
  try {
    const prepared = await worker.prepare(folder, surroundings.threads);
    let seconds = sum(await worker.run(1, 1));
    const answer = await worker.result(folder);
    let spent = seconds;
    while (spent < effort.warmup) {
      const calls = subject.kind === "train" ? 1 : callsIn(SHORTEST_SAMPLE, seconds);
      const [sample] = await worker.run(1, calls);
      seconds = (sample as number) / calls;
      spent += sample as number;
    }
    const calls = subject.kind === "train" ? 1 : callsIn(SHORTEST_SAMPLE, seconds);
    const samples = Math.min(callsIn(effort.turn, seconds * calls), MOST_SAMPLES);
    return { peer, worker, prepared, answer, calls, samples, seconds: [] };
  } catch (error) {
    worker.end();
    throw error;
  }
}

async function takeTurn({ worker, samples, calls, seconds }: Contender): Promise<void> {
  for (const sample of await worker.run(samples, calls)) seconds.push(sample / calls);
}

const callsIn = (duration: number, seconds: number): number => Math.max(1, Math.round(duration / seconds));

function rowOf(subject: WorkerCase, { implementation }: Peer, { threads, precision }: Prepared, seconds: readonly number[]): Measured {
  const scale = (s: number) => inUnit(subject.unit, s, samplesOf(subject));
  return measured(subject, implementation, threads, seconds.map(scale), precision);
}

function inUnit(unit: Unit, seconds: number, samples: number): number {
  if (unit === "samples/s") return samples / seconds;
  return seconds * (unit === "ms" ? 1e3 : 1e6);
}

function inOrder(peers: readonly Peer[], rows: ReadonlyMap<string, Row>, ran: readonly { readonly prepared: Prepared }[]): Outcome {
  return {
    rows: peers.map(({ implementation }) => rows.get(implementation) as Row),
    versions: Object.assign({}, ...ran.map(({ prepared }) => prepared.versions)),
  };
}

export function failure(error: Error): string {
  return error instanceof UnsupportedError ? `not comparable: ${error.message}` : `could not run: ${error.message}`;
}

/** Without it onnxruntime's rows say that they find no model. */
function writeModel(folder: string, surroundings: Surroundings): void {
  const { file, args, env } = command(surroundings, surroundings.python, [join(HERE, "python", "model.py"), folder]);
  spawnSync(file, args, { env });
}

function firstWeights(folder: string, { precision }: WorkerCase): Float64Array {
  const bytes = readFileSync(join(folder, "weights"));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return precision === "float32" ? Float64Array.from(new Float32Array(buffer)) : new Float64Array(buffer);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
