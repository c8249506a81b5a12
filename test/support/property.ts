import fc from "fast-check";

/** Seed of every property, new in each run; FC_SEED=… repeats a run. */
export const SEED = process.env.FC_SEED === undefined ? Date.now() >>> 0 : Number(process.env.FC_SEED);

/** Checks a property over `runs` random cases. What fails is shrunk to its smallest form and printed with the seed. */
export function check<Ts extends [unknown, ...unknown[]]>(
  runs: number,
  arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  holds: (...values: Ts) => void,
): void {
  fc.assert(fc.property(...arbitraries, holds), { numRuns: runs, seed: SEED });
}
