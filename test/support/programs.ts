// The programs that some tests need beside Node. A test without its program says so and is skipped, but never in CI.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { TestContext } from "vitest";

/** Chromium, or nothing. `FEEDFORWARD_CHROMIUM` names another one than Debian's. */
export function findChromium(): string | undefined {
  const path = process.env.FEEDFORWARD_CHROMIUM ?? "/usr/bin/chromium";
  return existsSync(path) ? path : undefined;
}

/** A Python that can import `modules`, or nothing. `FEEDFORWARD_PYTHON` names another one than `python3`. */
export function findPython(...modules: string[]): string | undefined {
  const python = process.env.FEEDFORWARD_PYTHON ?? "python3";
  const { status } = spawnSync(python, ["-c", modules.map((name) => `import ${name}`).join("\n")], { stdio: "ignore", timeout: 60_000 });
  return status === 0 ? python : undefined;
}

/** A compiler of C, or nothing. `FEEDFORWARD_CC` names another one than `cc`. */
export function findCompiler(): string | undefined {
  const compiler = process.env.FEEDFORWARD_CC ?? "cc";
  return spawnSync(compiler, ["--version"], { stdio: "ignore", timeout: 60_000 }).status === 0 ? compiler : undefined;
}

/** `program`, or the end of the test: skipped with the reason, in CI failed. */
export function need(context: TestContext, program: string | undefined, reason: string): string {
  if (program !== undefined) return program;
  if (process.env.CI) throw new Error(`${reason}, which CI must have`);
  // The reporter only counts what is skipped.
  console.warn(`skipped: ${reason}`);
  return context.skip(reason);
}
