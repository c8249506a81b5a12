// npm run bench:peers: this library beside the libraries that one would use instead, on this machine. `--help` tells the options.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, theseVersions, thisMachine, writeReport } from "../report.js";
import { describeMachine } from "../table.js";
import { type Arguments, HELP, readArguments } from "./arguments.js";
import type { PeerCase } from "./cases.js";
import { measureCold } from "./cold.js";
import { canPin, type Surroundings } from "./command.js";
import { type Effort, FULL, QUICK } from "./effort.js";
import { install } from "./install.js";
import { measureLoads } from "./load.js";
import { hasFailed, type Outcome } from "./measured.js";
import { type Peer, peersOf } from "./peers.js";
import { measureWorkers } from "./rounds.js";
import { measureSizes } from "./size.js";
import { markdown } from "./table.js";

const given = readOrExit();
if (given.help) process.stdout.write(HELP);
else await run(given);

async function run({ cases, peers, threads, quick, json }: Arguments): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "feedforward-peers-"));
  try {
    const python = install(peers, needsModel(cases, peers), (line) => process.stderr.write(`${line}\n`));
    const surroundings = { python, threads, folder };
    const machine = thisMachine();
    const versions = theseVersions();
    const results: Result[] = [];
    console.log(`${describeMachine(machine, versions)}\n${describeThreads(threads)}\n`);
    for (const subject of cases) {
      const outcome = await measure(subject, peersOf(subject.name, peers), surroundings, quick ? QUICK : FULL);
      console.log(`${markdown(subject.name, subject.title, outcome.rows)}\n`);
      results.push(...outcome.rows.flatMap((row) => (hasFailed(row) ? [] : [row.result])));
      Object.assign(versions, outcome.versions);
    }
    console.log(
      Object.entries(versions)
        .map((pair) => pair.join(" "))
        .join(", "),
    );
    if (json !== undefined) writeReport(json, { machine, versions, results });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(subject: PeerCase, peers: readonly Peer[], surroundings: Surroundings, effort: Effort): Promise<Outcome> {
  if (subject.kind === "cold") return { rows: measureCold(subject, peers, surroundings, effort), versions: {} };
  if (subject.kind === "size") return { rows: await measureSizes(subject, peers), versions: {} };
  return (subject.kind === "load" ? measureLoads : measureWorkers)(subject, peers, surroundings, effort);
}

/** The model that onnxruntime reads is written by Python. */
function needsModel(cases: readonly PeerCase[], peers: readonly Peer[]): boolean {
  const predicts = cases.some(({ kind }) => kind === "predict" || kind === "load");
  return predicts && peers.some((peer) => peer.needsModel);
}

function describeThreads(threads: 1 | undefined): string {
  if (threads === undefined) return "threads: what each implementation takes by itself";
  return canPin()
    ? "threads: 1, each process pinned to one core"
    : "threads: 1 as far as each implementation can be told; nothing is pinned";
}

function readOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench:peers: ${(error as Error).message.replaceAll("\n", " ")}\n`);
    process.exit(2);
  }
}
