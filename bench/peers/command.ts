import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { UnsupportedError } from "./errors.js";
import type { Peer } from "./peers.js";

// How a peer's worker and its program are started.

export const HERE = fileURLToPath(new URL(".", import.meta.url));

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Surroundings {
  readonly python: string;
  /** `undefined`: what each peer takes by itself. */
  readonly threads: 1 | undefined;
  /** Where the workers of plain-js are bundled to. */
  readonly folder: string;
}

/** Those of BLAS and OpenMP, which read them when they are loaded. */
const THREAD_VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

/** They make OpenBLAS take another processor's kernels, which would make NumPy slower than it is. */
const FOREIGN_VARIABLES = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

export async function workerCommand(peer: Peer, surroundings: Surroundings): Promise<Command> {
  const [name, ...args] = peer.worker;
  if (peer.language === "python") return command(surroundings, surroundings.python, [join(HERE, "python", name), ...args]);
  const file = join(HERE, "javascript", name);
  const runnable = peer.bundled ? await bundled(file, join(surroundings.folder, name)) : file;
  return command(surroundings, process.execPath, [runnable, ...args]);
}

/** @throws UnsupportedError where the peer has no program */
export function programCommand(peer: Peer, surroundings: Surroundings): Command {
  if ("none" in peer.program) throw new UnsupportedError(peer.program.none);
  const [name, ...args] = peer.program;
  return command(surroundings, peer.language === "python" ? surroundings.python : process.execPath, [
    join(HERE, "programs", name),
    ...args,
  ]);
}

export function command({ threads }: Surroundings, file: string, args: readonly string[]): Command {
  const env: NodeJS.ProcessEnv = { ...process.env, JAX_PLATFORMS: "cpu" };
  for (const name of FOREIGN_VARIABLES) delete env[name];
  if (threads === undefined) return { file, args, env };
  for (const name of THREAD_VARIABLES) env[name] = String(threads);
  return canPin() ? { file: "taskset", args: ["-c", lastCore(), file, ...args], env } : { file, args, env };
}

/** Some peers cannot be told how many threads to take, but none takes two cores where it may use one. */
export function canPin(): boolean {
  return process.platform === "linux" && spawnSync("taskset", ["--version"]).status === 0;
}

/** The last one that this process may use: the first is where a system's own work mostly is. */
function lastCore(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  return /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)?.[1] ?? "0";
}

/** Makes JavaScript of a worker that imports TypeScript. */
async function bundled(entry: string, outfile: string): Promise<string> {
  await esbuild.build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" });
  return outfile;
}
