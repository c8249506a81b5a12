// The demo as its users run it: through pipes, at a terminal, with right and wrong options.

import { spawn, spawnSync } from "node:child_process";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { readArguments, UsageError } from "../demo/arguments.js";
import { isLearned, vector } from "../demo/print.js";
import { askNumbers } from "../demo/questions.js";
import { TABLES } from "../demo/tables.js";
import { findPython, need } from "./support/programs.js";

const MINUTE = 60_000;
const COMMAND = ["--import", "tsx", "demo/main.ts"];

/** Options of npm in the environment are an error of their own, and a `npm test --seed 1` must not be one. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_config_")));

/** Runs the demo with `input` as its standard input. */
function demo(input: string, ...options: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...COMMAND, ...options], {
    input,
    encoding: "utf8",
    timeout: MINUTE,
    env: ENVIRONMENT,
  });
  return { status, stdout, stderr };
}

/** What the tutorial's program prints, with a pattern for the time. */
const TUTORIAL = `Beginning Randomly Generated Weights:
[[-0.16595599]
 [ 0.44064899]
 [-0.99977125]]

Trained in WebAssembly: 15,000 iterations over 4 rows in # ms.

Ending Weights After Training:
[[10.08740896]
 [-0.20695366]
 [-4.83757835]]

User Input One: 1
User Input Two: 0
User Input Three: 0
Considering New Situation: 1 0 0
New Output data:
[0.9999584]
Wow, we did it!
`;

function withoutTime(text: string): string {
  return text.replace(/\d+\.\d ms/, "# ms");
}

describe("through a pipe", () => {
  test.each([
    ["three answers", "1\n0\n0\n"],
    ["no last line end", "1\n0\n0"],
    ["line ends of Windows", "1\r\n0\r\n0\r\n"],
    ["blanks", " 1 \n0\n\t0\n"],
    ["the end at once", ""],
    ["the end after one answer", "1\n"],
    ["empty lines", "\n\n\n"],
    ["more than three answers", "1\n0\n0\nabc\n"],
  ])("the tutorial, answered by %s", (_, input) => {
    const { status, stdout, stderr } = demo(input);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(withoutTime(stdout)).toBe(TUTORIAL);
  });

  test("another situation", () => {
    const { stdout } = demo("0\n-0.5\n2e0\n");
    expect(stdout).toContain("Considering New Situation: 0 -0.5 2\nNew Output data:\n[6.96");
  });

  test.each(["abc", "NaN", "Infinity", "-Infinity", "1e999", "1,5", "1 0 0", "null", "true"])("nonsense: %s", (text) => {
    expect(demo(`${text}\n0\n0\n`)).toMatchObject({
      status: 2,
      stderr: `User Input One: expected a number, got ${JSON.stringify(text)}\n`,
    });
  });

  test("nonsense in the last answer", () => {
    const { status, stdout, stderr } = demo("1\n\nabc");
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'User Input Three: expected a number, got "abc"\n' });
    expect(stdout).not.toContain("New Situation");
  });

  test("a very long line of nonsense is not repeated in full", () => {
    expect(demo("x".repeat(100_000)).stderr.length).toBeLessThan(100);
  });

  test("/dev/null", { skip: process.platform === "win32" }, () => {
    const { status, stdout } = spawnSync("sh", ["-c", `"$0" "$@" < /dev/null`, process.execPath, ...COMMAND], {
      encoding: "utf8",
      timeout: MINUTE,
      env: ENVIRONMENT,
    });
    expect({ status, stdout: withoutTime(stdout) }).toEqual({ status: 0, stdout: TUTORIAL });
  });

  test("a writer that answers question by question and never closes the pipe", { timeout: MINUTE }, async () => {
    const child = spawn(process.execPath, [...COMMAND], { env: ENVIRONMENT, timeout: MINUTE });
    let shown = "";
    let answered = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
      while (answered < 3 && shown.includes(`User Input ${["One", "Two", "Three"][answered]}: `))
        child.stdin.write(["0\n", "1\n", "1\n"][answered++]);
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect(status).toBe(0);
    expect(shown).toContain("Considering New Situation: 0 1 1\nNew Output data:\n[0.00640321]\n");
  });

  test("a reader that leaves early", { skip: process.platform === "win32" }, () => {
    const { stdout, stderr } = spawnSync("sh", ["-c", `"$0" "$@" < /dev/null | head -n 1`, process.execPath, ...COMMAND], {
      encoding: "utf8",
      timeout: MINUTE,
      env: ENVIRONMENT,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "Beginning Randomly Generated Weights:\n", stderr: "" });
  });
});

describe("options", () => {
  test.each([
    ["4", "3 inputs → 4 hidden → 1 output"],
    ["8,8", "3 inputs → 8 hidden → 8 hidden → 1 output"],
  ])("--hidden %s still answers the tutorial's question", (hidden, picture) => {
    const { status, stdout, stderr } = demo("", "--hidden", hidden);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n")[0]).toBe(picture);
    expect(answer(stdout)).toBeGreaterThan(0.99);
    expect(stdout).toContain("Learned: every output is near its target.");
    expect(stdout).toMatch(/\nWow, we did it!\n$/);
    for (const words of ["Beginning Randomly Generated Weights:", "Ending Weights After Training:", "User Input Three: 0"]) {
      expect(stdout).toContain(words);
    }
  });

  test("--table xor: one neuron cannot learn it", () => {
    const { status, stdout, stderr } = demo("", "--table", "xor");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n")[0]).toBe("2 inputs → 1 output");
    expect(stdout).toContain(`inputs  target  output
0 0     0       0.5000000
0 1     1       0.5000000
1 0     1       0.5000000
1 1     0       0.5000000
Not learned: one neuron cannot separate these rows. Try --hidden 4.
`);
    expect(stdout).toContain("User Input One: 1\nUser Input Two: 0\nConsidering New Situation: 1 0\n");
    expect(stdout).not.toContain("Three");
    expect(stdout).not.toContain("Wow");
  });

  test.each(["4", "8,8"])("--table xor --hidden %s learns it, from several seeds", (hidden) => {
    for (const seed of ["1", "2", "3", "4294967295"]) {
      const { status, stdout } = demo("1\n1\n", "--table", "xor", "--hidden", hidden, "--seed", seed);
      expect(status).toBe(0);
      expect(answer(stdout)).toBeLessThan(0.1);
      expect(stdout).toMatch(/1 1 {5}0 {7}0\.0\d+\nLearned: every output is near its target\.\n/);
      expect(stdout).toMatch(/\nWow, we did it!\n$/);
    }
  });

  test("what is said follows from the outputs, not from the options", () => {
    for (const options of [
      ["--iterations", "3"],
      ["--iterations", "3", "--hidden", "4"],
      ["--iterations", "3", "--hidden", "4", "--table", "xor"],
    ]) {
      const { status, stdout } = demo("", ...options);
      expect(status).toBe(0);
      expect(stdout).toContain("Not learned: some outputs are far from their targets.");
      expect(stdout).not.toContain("Wow");
    }
    const hopeless = demo("", "--iterations", "0");
    expect(hopeless.stdout).toContain("0 iterations over 4 rows");
    expect(hopeless.stdout).toContain("Not learned");
  });

  test("--seed draws other weights, the same ones each time", () => {
    const first = demo("", "--seed", "7").stdout;
    expect(withoutTime(first)).toBe(withoutTime(demo("", "--seed", "7").stdout));
    expect(first).not.toContain("-0.16595599");
    expect(first).toContain("Wow, we did it!");
  });

  test.each(["--help", "-h"])("%s", (option) => {
    const { status, stdout, stderr } = demo("", option);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["--hidden", "--table", "--iterations", "--seed", "--help"]) expect(stdout).toContain(name);
  });

  test("a wrong option: one line on stderr and status 2", () => {
    expect(demo("", "--bogus")).toEqual({
      status: 2,
      stdout: "",
      stderr: `Unknown option '--bogus'; "npm start -- --help" lists the options\n`,
    });
  });

  test("a network that is too large: one line on stderr and status 2", () => {
    const { status, stdout, stderr } = demo("", "--hidden", "1000000,1000000");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^the network needs \d+ bytes .*\n$/);
  });

  test.each([
    [["--hidden"], "--hidden"],
    [["--hidden", "0"], "0"],
    [["--hidden", "4,"], '""'],
    [["--hidden", "4.5"], "4.5"],
    [["--hidden", "four"], "four"],
    [["--hidden", "-4"], "--hidden"],
    [["--hidden=-4"], "-4"],
    [["--table", "and"], "tutorial or xor"],
    [["--table", "toString"], "tutorial or xor"],
    [["--seed", "4294967296"], "4294967295"],
    [["--seed", "0x1"], "0x1"],
    [["--iterations", "1e3"], "1e3"],
    [["--iterations", "9007199254740992"], "9007199254740991"],
    [["--help=1"], "--help"],
    [["4"], "4"],
  ])("%j is refused in one line", (words, part) => {
    const error = thrown(() => readArguments(words));
    expect(error).toBeInstanceOf(UsageError);
    expect(error?.message).toContain(part);
    expect(error?.message).not.toContain("\n");
  });

  test("an option that npm has swallowed is not passed over in silence", () => {
    expect(thrown(() => readArguments([], { npm_config_table: "xor" }))?.message).toContain("npm start -- --hidden 4");
    expect(readArguments([], { npm_config_registry: "" })).toEqual(readArguments([]));
  });
});

describe("at a terminal", { timeout: MINUTE / 2 }, () => {
  test("Enter takes the defaults", async () => {
    const { numbers, shown } = await person([
      ["User Input One: (1)", "\r"],
      ["User Input Two: (0)", "\r"],
      ["User Input Three: (0)", "\r"],
    ]);
    expect(numbers).toEqual([1, 0, 0]);
    expect(shown).not.toContain("Please");
  });

  test("nonsense is asked for again", async () => {
    const { numbers } = await person([
      ["User Input One: (1)", "abc\r"],
      ["Please type a number, such as 0, 1 or 0.5", "\b\b\b0.25\r"],
      ["User Input Two: (0)", "Infinity\r"],
      ["Please type a number", `${"\b".repeat(8)}-3\r`],
      ["User Input Three: (0)", "  \r"],
    ]);
    expect(numbers).toEqual([0.25, -3, 0]);
  });

  test("Ctrl-C ends the questions", async () => {
    await expect(person([["User Input One: (1)", "\x03"]])).rejects.toMatchObject({ name: "ExitPromptError" });
  });

  test.for([
    [
      "Enter",
      [
        ["One: (1)", "\r"],
        ["Two: (0)", "\r"],
        ["Three: (0)", "\r"],
      ],
      0,
      "[0.9999584]",
    ],
    [
      "numbers",
      [
        ["One: (1)", "x\r"],
        ["Please type a number", "\x7f0\r"],
        ["Two: (0)", "1\r"],
        ["Three: (0)", "1\r"],
      ],
      0,
      "[0.00640321]",
    ],
    [
      "Ctrl-D: the defaults stand for what is missing",
      [
        ["One: (1)", "0\r"],
        ["Two: (0)", "\x04"],
      ],
      0,
      "Considering New Situation: 0 0 0",
    ],
    [
      "Ctrl-C: a quiet end",
      [
        ["One: (1)", "\r"],
        ["Two: (0)", "\x03"],
      ],
      130,
      "User Input Two",
    ],
  ] as const)("%s, in the whole program", { timeout: 2 * MINUTE }, ([, steps, status, text], context) => {
    const python = need(context, findPython("pty"), "there is no Python with pty (python3 or FEEDFORWARD_PYTHON)");
    const run = spawnSync(python, ["test/support/terminal.py", JSON.stringify(steps), process.execPath, ...COMMAND], {
      encoding: "utf8",
      timeout: 2 * MINUTE,
      env: ENVIRONMENT,
    });
    expect(run.stderr).toBe("");
    const result = JSON.parse(run.stdout);
    expect(result).toMatchObject({ status, unused: [] });
    expect(result.shown).toContain(text);
    expect(result.shown).not.toMatch(/Error|\n {4}at /);
    expect(result.shown.includes("Wow, we did it!")).toBe(status === 0);
  });
});

describe("what is printed", () => {
  test.each([
    [[0.9999584016709994], "[0.9999584]"],
    [[1], "[1.]"],
    [[-0.25, 10], "[-0.25 10.  ]"],
    [[2.5e-9], "[2.5e-09]"],
    [[1e-5, -1.25e-120], "[ 1.00e-05 -1.25e-120]"],
    [[Number.NaN], "[nan]"],
    [[0, 0], "[0. 0.]"],
    [[1, 2, 3, 4, 5, 6, 7], "[1. 2. 3. ... 5. 6. 7.]"],
  ])("%j as NumPy would", (numbers, text) => {
    expect(vector(numbers)).toBe(text);
  });

  test("outputs count as learned only near their targets", () => {
    expect(isLearned(TABLES.xor, [[0.01], [0.95], [0.99], [0.09]])).toBe(true);
    expect(isLearned(TABLES.xor, [[0.01], [0.95], [0.89], [0.09]])).toBe(false);
    expect(isLearned(TABLES.xor, [[0.5], [0.5], [0.5], [0.5]])).toBe(false);
    expect(isLearned(TABLES.xor, [[0.01], [0.95], [Number.NaN], [0.09]])).toBe(false);
  });
});

/** The number under "New Output data:". */
function answer(stdout: string): number {
  return Number(/New Output data:\n\[(.*)\]\n/.exec(stdout)?.[1]);
}

function thrown(action: () => unknown): Error | undefined {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
}

/** Answers the questions of the tutorial at a terminal: waits for each text, then presses the keys. */
async function person(steps: readonly (readonly [text: string, keys: string])[]): Promise<{ numbers: number[]; shown: string }> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  // Each prompt would end it, which it does not do to a process's own streams.
  const output = Object.assign(new PassThrough(), { end: () => output });
  const left = [...steps];
  let shown = "";
  let unread = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    unread += text;
    const next = left[0];
    if (!next || !stripVTControlCharacters(unread).includes(next[0])) return;
    left.shift();
    unread = "";
    // A prompt is drawn first, and listens then.
    setImmediate(() => input.write(next[1]));
  });
  const numbers = await askNumbers(TABLES.tutorial.situation, { input, output });
  expect(left).toEqual([]);
  return { numbers, shown };
}
