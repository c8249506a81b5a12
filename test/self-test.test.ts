// The known training run that every host can ask a core for.

import { describe, expect, test } from "vitest";
import { Status } from "../src/abi.js";
import { BUILDS, type RawCore } from "./support/builds.js";

/** Runs the self-test at `base`; answers its status and the digests that it leaves there, f64's and f32's. */
function selfTest(core: RawCore, base: number): { status: Status; digests: number[] } {
  const status = core.selfTest(base);
  return { status, digests: Array.from(new Uint32Array(core.memory.buffer, base, 2)) };
}

function instanceWithRoom(build: (typeof BUILDS)[number]): { core: RawCore; base: number } {
  const core = build.instantiate();
  core.memory.grow(2);
  return { core, base: core.heapBase() >>> 0 };
}

describe.each(BUILDS)("$name build", (build) => {
  test("answers Ok, as often as it is asked and wherever it works", () => {
    const { core, base } = instanceWithRoom(build);
    const first = selfTest(core, base);
    expect(first.status).toBe(Status.Ok);
    expect(selfTest(core, base)).toEqual(first);
    expect(selfTest(core, base + 65536)).toEqual(first);
  });

  test("does not depend on what lay in the memory before, and writes no further than it says", () => {
    const { core, base } = instanceWithRoom(build);
    const memory = new Uint8Array(core.memory.buffer, base);
    memory.fill(0xa5);
    expect(selfTest(core, base).status).toBe(Status.Ok);
    const bytes = core.selfTestBytes();
    expect(bytes).toBeGreaterThan(0);
    expect(memory.subarray(bytes).every((byte) => byte === 0xa5)).toBe(true);
  });
});

test("leaves the same two digests in all builds", () => {
  const all = BUILDS.map((build) => {
    const { core, base } = instanceWithRoom(build);
    return selfTest(core, base).digests;
  });
  for (const digests of all) expect(digests).toEqual(all[0]);
  expect(new Set(all[0]).size).toBe(2);
  expect(all[0]).not.toContain(0);
});
