import { Status } from "../abi.js";
import { Block } from "../block.js";
import { type Core, statusError, testCore } from "../core.js";
import type { Plan } from "../options/network.js";
import { byImage } from "./image.js";

// A team of threads works on one network in a memory that they share: the build with threads, assembly/team.ts. This side of it is the threads' own.

/** The exports that only the build with threads has. */
export interface TeamCore extends Core {
  teamBytes(threads: number, layers: number, widest: number, elementBytes: number): number;
  formTeam(team: number, threads: number, network: number): void;
  assist(team: number, thread: number, run: number, generation: number): void;
}

/** A thread's place in a team. */
export interface Seat {
  /** Tells teams apart. */
  readonly team: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  /** Thread 0 leads. */
  readonly thread: number;
  /** The team's counters when the run begins. */
  readonly run: number;
  readonly generation: number;
}

/** So much memory, at most, is kept for the next run of a team, or of a worker. */
export const MOST_KEPT = 2 ** 30;

/** A team's head, as numbers of 32 bits. */
export const Head = { Generation: 0, Run: 1, Broken: 2, Spins: 3, Arrived: 32, Length: 33 } as const;

/** Where a team's head stands in its memory. */
export function headAddress(core: Core): number {
  return Math.ceil((core.heapBase() >>> 0) / 64) * 64;
}

/** An instance on a memory that it shares. */
export function sharingCore(module: WebAssembly.Module, memory: WebAssembly.Memory): TeamCore {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as TeamCore;
}

/** The network's block in the team's memory, behind the team's own. */
export function teamBlock(core: TeamCore, { threads }: Seat, plan: Plan): Block {
  const head = headAddress(core);
  const widest = Math.max(plan.inputs, ...plan.layers.map(({ units }) => units));
  const elementBytes = plan.precision === "float64" ? 8 : 4;
  const base = head + core.teamBytes(threads, plan.layers.length, widest, elementBytes);
  // Nobody must hear of epochs that were made up.
  const whole = (status: Status): Status => {
    if (status === Status.TeamBroken) throw statusError(status);
    return status;
  };
  const train = (network: number, steps: number) => whole(core.train(network, steps));
  const think = (network: number, rows: number) => whole(core.think(network, rows));
  const block = new Block(plan, { ...core, train, think }, base, byImage);
  core.formTeam(head, threads, base);
  return block;
}

/** Puts the build to the self-test, in a memory where nobody else is. */
export function testBuild(module: WebAssembly.Module): void {
  testCore(sharingCore(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })));
}
