import { type CaseFolder, withCaseFolder } from "./case-folder.js";
import type { WorkerCase } from "./cases.js";
import { expectSame } from "./check.js";
import { type Surroundings, workerCommand } from "./command.js";
import type { Effort } from "./effort.js";
import { failed, measuredSeconds, type Outcome, type Row } from "./measured.js";
import type { Peer } from "./peers.js";
import { type Prepared, Worker } from "./worker.js";

/** The clock is good for a sample of this many seconds; calls that are shorter are taken together. */
const SHORTEST_SAMPLE = 0.005;
const MOST_SAMPLES = 50;

/** A peer that computes what the library computes. */
interface Contender {
  readonly name: string;
  readonly worker: Worker;
  readonly prepared: Prepared;
  /** In one sample. */
  readonly calls: number;
  /** In one turn. */
  readonly samples: number;
  /** Of one call each. */
  readonly seconds: number[];
}

/** Starts a worker for each peer, sees that all compute the same, and then times them in turns: in each round another one begins. */
export function measureWorkers(subject: WorkerCase, peers: readonly Peer[], surroundings: Surroundings, effort: Effort): Promise<Outcome> {
  return withCaseFolder(subject, peers, surroundings, async (folder) => {
    const rows = new Map<string, Row>();
    const fail = (name: string, error: unknown) => rows.set(name, failed(name, error));
    const contenders: Contender[] = [];
    try {
      for (const peer of peers) {
        await begin(subject, peer, folder, surroundings, effort).then(
          (contender) => contenders.push(contender),
          (error) => fail(peer.implementation, error),
        );
      }
      for (let round = 0; round < effort.rounds; round++) {
        for (let turn = 0; turn < contenders.length; turn++) {
          const contender = contenders[(round + turn) % contenders.length] as Contender;
          if (!rows.has(contender.name)) await takeTurn(contender).catch((error) => fail(contender.name, error));
        }
      }
    } finally {
      for (const { worker } of contenders) worker.end();
    }
    const ran = contenders.filter(({ name }) => !rows.has(name));
    for (const { name, prepared, seconds } of ran) rows.set(name, measuredSeconds(subject, name, prepared, seconds));
    return {
      rows: peers.map(({ implementation }) => rows.get(implementation) as Row),
      versions: Object.assign({}, ...ran.map(({ prepared }) => prepared.versions)),
    };
  });
}

/**
 * Starts a worker, runs it once, compares the result, and finds out how much it gets done in a turn.
 *
 * @throws Error if it has no means for the case, fails, or computes something else
 */
async function begin(subject: WorkerCase, peer: Peer, folder: CaseFolder, surroundings: Surroundings, effort: Effort): Promise<Contender> {
  const worker = new Worker(await workerCommand(peer, surroundings));
  try {
    const prepared = await worker.prepare(folder.path, surroundings.threads);
    let [seconds = 0] = await worker.run(1, 1);
    expectSame(subject, prepared.precision, await worker.result(folder.path), folder.expected, folder.firstWeights);
    const callsOf = () => (subject.kind === "train" ? 1 : partsIn(SHORTEST_SAMPLE, seconds));
    // The first run may have compiled something for longer than that.
    for (let spent = 0; spent < effort.warmup; ) {
      const calls = callsOf();
      const [sample = 0] = await worker.run(1, calls);
      seconds = sample / calls;
      spent += sample;
    }
    const calls = callsOf();
    const samples = Math.min(partsIn(effort.turn, seconds * calls), MOST_SAMPLES);
    return { name: peer.implementation, worker, prepared, calls, samples, seconds: [] };
  } catch (error) {
    worker.end();
    throw error;
  }
}

async function takeTurn({ worker, samples, calls, seconds }: Contender): Promise<void> {
  for (const sample of await worker.run(samples, calls)) seconds.push(sample / calls);
}

const partsIn = (duration: number, seconds: number): number => Math.max(1, Math.round(duration / seconds));
