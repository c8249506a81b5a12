import { type CaseFolder, withCaseFolder } from "./case-folder.js";
import type { WorkerCase } from "./cases.js";
import { expectSame } from "./check.js";
import { type Surroundings, workerCommand } from "./command.js";
import type { Effort } from "./effort.js";
import { failed, measuredSeconds, type Outcome, type Row } from "./measured.js";
import type { Peer } from "./peers.js";
import { type Prepared, Worker } from "./worker.js";

/**
 * A new process for each sample, in which preparing and the first run count. The first round brings the files into the system's cache, shows
 * that all compute the same, and is not counted.
 */
export function measureLoads(subject: WorkerCase, peers: readonly Peer[], surroundings: Surroundings, effort: Effort): Promise<Outcome> {
  return withCaseFolder(subject, peers, surroundings, async (folder) => {
    const rows = new Map<string, Row>();
    const contenders = peers.map((peer) => ({ peer, name: peer.implementation, seconds: [] as number[] }));
    const versions: Record<string, string> = {};
    for (let round = 0; round <= effort.processes; round++) {
      for (const { peer, name, seconds } of contenders.filter(({ name }) => !rows.has(name))) {
        await load(subject, peer, folder, surroundings).then(
          (loaded) => {
            if (round > 0) seconds.push(loaded.total);
            if (round === effort.processes) rows.set(name, measuredSeconds(subject, name, loaded.prepared, seconds));
            Object.assign(versions, loaded.prepared.versions);
          },
          (error) => rows.set(name, failed(name, error)),
        );
      }
    }
    return { rows: contenders.map(({ name }) => rows.get(name) as Row), versions };
  });
}

async function load(
  subject: WorkerCase,
  peer: Peer,
  folder: CaseFolder,
  surroundings: Surroundings,
): Promise<{ readonly prepared: Prepared; readonly total: number }> {
  const worker = new Worker(await workerCommand(peer, surroundings));
  try {
    const prepared = await worker.prepare(folder.path, surroundings.threads);
    const [run = 0] = await worker.run(1, 1);
    expectSame(subject, prepared.precision, await worker.result(folder.path), folder.expected, folder.firstWeights);
    return { prepared, total: prepared.seconds + run };
  } finally {
    worker.end();
  }
}
