import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Configuration } from "./configuration.js";
import type { Contender, Fit } from "./contender.js";
import type { Data } from "./subject.js";

/** scikit-learn in a process of its own, which waits while others are measured. */
export interface ScikitLearn {
  readonly contenders: readonly Contender[];
  readonly versions: Readonly<Record<string, string>>;
  end(): void;
}

/** What it is called, and what scikit_learn.py calls it. */
export const KINDS = [
  { implementation: "scikit-learn", kind: "asItComes" },
  { implementation: "scikit-learn, same first weights and orders", kind: "sameStart" },
] as const;

/** @throws Error with Python's reason if it does not run, or lacks scikit-learn */
export async function startScikitLearn(python: string, data: Data, configuration: Configuration): Promise<ScikitLearn> {
  const folder = mkdtempSync(join(tmpdir(), "feedforward-accuracy-"));
  try {
    const file = join(folder, "data.bin");
    writeBinary(file, data);
    // It has read the file when it is there.
    return await start(python, file, { ...configuration, trainRows: data.train.labels.length, testRows: data.test.labels.length });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Inputs of training and test rows as they lie in memory, then their labels as bytes. */
function writeBinary(file: string, { train, test }: Data): void {
  const bytes = [train.inputs, test.inputs, train.labels, test.labels].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  writeFileSync(file, Buffer.concat(bytes));
}

async function start(python: string, file: string, settings: object): Promise<ScikitLearn> {
  const script = fileURLToPath(new URL("scikit_learn.py", import.meta.url));
  const child = spawn(python, [script, file, JSON.stringify(settings)], { stdio: "pipe" });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaints = "";
  let failure: Error | undefined;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  child.on("error", (error) => {
    failure = error;
  });
  // Writing to a process that has ended fails here too; `answer` finds out and says why.
  child.stdin.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    child.on("close", () => resolve());
  });

  async function answer<T>(): Promise<T> {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as T;
    await closed;
    throw new Error(`${python}: ${failure?.message ?? (lastLine(complaints) || "it ended without a word")}`);
  }

  const versions = await answer<Record<string, string>>();
  const contenders = KINDS.map(({ implementation, kind }) => ({
    implementation,
    threads: 1,
    fit(seed: number) {
      child.stdin.write(`${JSON.stringify({ kind, seed })}\n`);
      return answer<Fit>();
    },
  }));
  return { contenders, versions, end: () => child.stdin.end() };
}

/** What Python said last, which is the reason in its tracebacks. */
function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
