import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { UsageError } from "./arguments.js";

const ORDINALS = ["One", "Two", "Three"];

/** Where answers come from and questions go to. */
export interface Streams {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/** Asks for as many numbers as there are defaults: a person by prompts, a pipe line by line. */
export async function askNumbers(defaults: readonly number[], streams: Streams): Promise<number[]> {
  return streams.input.isTTY ? askPerson(defaults, streams) : readAnswers(defaults, streams);
}

async function askPerson(defaults: readonly number[], { input, output }: Streams): Promise<number[]> {
  // Loaded only here: the prompts take longer to load than the network to train.
  const prompts = await import("@inquirer/prompts");
  // Ctrl-D closes the input without an answer. Then nothing is left to wait for, which Node reports by `beforeExit`.
  const end = new AbortController();
  process.once("beforeExit", () => end.abort());
  const numbers: number[] = [];
  for (const [i, standard] of defaults.entries()) {
    const question = questionOf(i);
    const config = {
      message: question,
      default: String(standard),
      validate: (text: string) => readNumber(text, standard) !== undefined || "Please type a number, such as 0, 1 or 0.5",
    };
    try {
      const text = end.signal.aborted ? "" : await prompts.input(config, { input, output, signal: end.signal });
      numbers.push(readNumber(text, standard) as number);
    } catch (error) {
      if (!end.signal.aborted) throw error;
      numbers.push(standard);
    }
  }
  return numbers;
}

/** Reads no more than it needs, so that a program which answers question by question can do so. */
async function readAnswers(defaults: readonly number[], { input, output }: Streams): Promise<number[]> {
  const lines = createInterface({ input });
  const next = lines[Symbol.asyncIterator]();
  const numbers: number[] = [];
  try {
    for (const [i, standard] of defaults.entries()) {
      const question = questionOf(i);
      output.write(`${question} `);
      const { value: text = "" } = await next.next();
      const number = readNumber(text, standard);
      // The answer is shown as a terminal would show it.
      output.write(`${number ?? ""}\n`);
      if (number === undefined) throw new UsageError(`${question} expected a number, got ${JSON.stringify(shortened(text))}`);
      numbers.push(number);
    }
  } finally {
    lines.close();
    // A pipe that its writer keeps open must not keep the program running.
    input.destroy();
  }
  return numbers;
}

/** "User Input One:" */
function questionOf(i: number): string {
  return `User Input ${ORDINALS[i] ?? i + 1}:`;
}

/** The finite number that `text` says, the standard one for an empty text, or nothing. */
function readNumber(text: string, standard: number): number | undefined {
  if (text.trim() === "") return standard;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
