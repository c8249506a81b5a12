import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { WorkerCase } from "./cases.js";
import { command, HERE, type Surroundings, workerCommand } from "./command.js";
import { writeCase } from "./data.js";
import { OURS, PEERS, type Peer } from "./peers.js";
import { Worker } from "./worker.js";

/** What workers read, and what their results are compared with. */
export interface CaseFolder {
  readonly path: string;
  readonly firstWeights: Float64Array;
  /** The library's parameters after training, or its outputs. */
  readonly expected: Float64Array;
}

/** Writes the files of a case, has the library compute it, and takes the files away again after `use`. */
export async function withCaseFolder<T>(
  subject: WorkerCase,
  peers: readonly Peer[],
  surroundings: Surroundings,
  use: (folder: CaseFolder) => Promise<T>,
): Promise<T> {
  const path = mkdtempSync(join(surroundings.folder, `${subject.name}-`));
  try {
    writeCase(path, subject);
    if (peers.some(({ needsModel }) => needsModel)) writeModel(path, surroundings);
    const firstWeights = readNumbers(join(path, "weights"), subject);
    return await use({ path, firstWeights, expected: await computeOurs(path, surroundings) });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

async function computeOurs(folder: string, surroundings: Surroundings): Promise<Float64Array> {
  const ours = PEERS.find(({ implementation }) => implementation === OURS) as Peer;
  const worker = new Worker(await workerCommand(ours, surroundings));
  try {
    await worker.prepare(folder, surroundings.threads);
    await worker.run(1, 1);
    return await worker.result(folder);
  } finally {
    worker.end();
  }
}

/** Where that fails, the rows of those that need the model say that they find none. */
function writeModel(folder: string, surroundings: Surroundings): void {
  const { file, args, env } = command(surroundings, surroundings.python, [join(HERE, "python", "model.py"), folder]);
  spawnSync(file, args, { env });
}

function readNumbers(file: string, { precision }: WorkerCase): Float64Array {
  const bytes = readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return precision === "float32" ? Float64Array.from(new Float32Array(buffer)) : new Float64Array(buffer);
}
