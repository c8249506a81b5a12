import { Bench, type Task } from "tinybench";
import type { Case, Contender } from "./case.js";
import { isRate, type Result, type TimeUnit } from "./report.js";

/** How long to measure each contender, in milliseconds. */
export interface Effort {
  readonly warmup: number;
  /** One turn, in which a contender takes samples until the time is over, and at least one. */
  readonly turn: number;
  readonly rounds: number;
}

/** Long enough that V8 has optimized everything; turns short enough that a disturbance of the machine meets all contenders. */
export const FULL: Effort = { warmup: 500, turn: 50, rounds: 40 };

/** For the many cases of a section, whose calls are short and whose code is one. */
export const SECTION: Effort = { warmup: 200, turn: 10, rounds: 60 };

/** For calls of a second and more, which are samples by themselves. */
export const LONG: Effort = { warmup: 200, turn: 10, rounds: 11 };

/** Shows that everything works. The figures mean nothing. */
export const QUICK: Effort = { warmup: 5, turn: 2, rounds: 2 };

/** Above the rounding of some ten thousand steps, far below any difference that an error would make. */
const TOLERANCE = 1e-9;

const PER_MILLISECOND: Readonly<Record<TimeUnit, number>> = { ns: 1e6, µs: 1e3, ms: 1, s: 1e-3 };

/** Measures all contenders of all these cases in turns: in each round another one begins. */
export async function measure(subjects: readonly Case[], effort: Effort): Promise<Result[]> {
  const bench = new Bench({
    time: effort.turn,
    iterations: 1,
    warmupTime: effort.warmup,
    warmupIterations: 1,
    retainSamples: true,
    throws: true,
  });
  const chosen = subjects.map((subject) => ({ subject, contenders: subject.contenders(effort === QUICK) }));
  for (const { subject, contenders } of chosen) await checkAnswers(subject, contenders);
  const entries = chosen.flatMap(({ subject, contenders }) => {
    return contenders.map((contender) => ({ subject, contender, task: addTask(bench, subject, contender), samples: [] as number[] }));
  });
  for (const { task } of entries) await task.warmup();
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const { task, samples } = entries[(round + turn) % entries.length] as (typeof entries)[number];
      task.reset();
      await task.run();
      samples.push(...samplesOf(task));
    }
  }
  return entries.map(({ subject: { name, unit }, contender, samples }) => {
    const sorted = samples.map((milliseconds) => inUnit(unit, milliseconds, contender)).sort((a, b) => a - b);
    return {
      case: name,
      implementation: contender.implementation,
      threads: contender.threads,
      unit,
      median: medianOf(sorted),
      best: (isRate(unit) ? sorted.at(-1) : sorted[0]) as number,
      runs: sorted.length,
    };
  });
}

/** What a sample says about one call. */
function inUnit(unit: Case["unit"], milliseconds: number, { calls, operations = 0 }: Contender): number {
  if (unit === "samples/s") return (operations * calls * 1000) / milliseconds;
  if (unit === "GFLOP/s" || unit === "GB/s") return (operations * calls) / milliseconds / 1e6;
  return (milliseconds * PER_MILLISECOND[unit]) / calls;
}

function addTask(bench: Bench, subject: Case, contender: Contender): Task {
  const name = `${subject.name}, ${contender.implementation}, ${contender.threads} threads`;
  // Told, not tried: to try it tinybench would call it, and not wait.
  bench.add(name, () => contender.run(), { beforeEach: () => contender.before?.(), async: contender.isAsync ?? false });
  return bench.getTask(name) as Task;
}

function samplesOf(task: Task): readonly number[] {
  const { result } = task;
  if (!("latency" in result) || !result.latency.samples) throw new Error(`${task.name}: no samples, it is ${result.state}`);
  return result.latency.samples;
}

async function checkAnswers({ name }: Case, [first, ...others]: readonly Contender[]): Promise<void> {
  const expected = (await first?.answer()) ?? [];
  for (const other of others) {
    const got = await other.answer();
    const equal = got.length === expected.length && got.every((x, i) => Math.abs(x - (expected[i] as number)) <= TOLERANCE);
    if (equal) continue;
    throw new Error(`${name}: ${other.implementation} answers ${got.join(" ")}, but ${first?.implementation} ${expected.join(" ")}`);
  }
}

/** The middle of numbers in ascending order. */
export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
