import { parseArgs } from "node:util";
import { TABLES, type TableName } from "./tables.js";

export const HELP = `Trains a small neural network in WebAssembly and asks it about a new situation.

npm start                            the tutorial: one neuron learns four rows
npm start -- --hidden 4              with a hidden layer of 4 neurons
npm start -- --hidden 8,8            with two hidden layers
npm start -- --table xor             a table that one neuron cannot learn
npm start -- --table xor --hidden 4  and a network that can

  --hidden LIST      neurons in each hidden layer, separated by commas
  --table NAME       the rows to learn: ${Object.keys(TABLES).join(" or ")} (tutorial)
  --iterations N     how often to go through all rows (15000)
  --seed N           seed of the first weights (1)
  --help             this page

The new situation is asked for at a terminal, or read from a pipe, a line for each number:

printf '1\\n0\\n0\\n' | npm start
`;

/** Something that the user has to write differently: one line on stderr and status 2. */
export class UsageError extends Error {}

export interface Arguments {
  readonly hidden: readonly number[];
  readonly table: TableName;
  readonly iterations: number;
  readonly seed: number;
  readonly help: boolean;
}

const OPTIONS = {
  hidden: { type: "string" },
  table: { type: "string" },
  iterations: { type: "string" },
  seed: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the words behind the program's name. `environment` is looked at for options that npm has kept for itself. */
export function readArguments(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Arguments {
  const kept = Object.keys(OPTIONS).find((name) => environment[`npm_config_${name}`] !== undefined);
  if (kept) throw new UsageError(`--${kept}: npm has taken this option for itself; write "--" before it, as in npm start -- --hidden 4`);
  const values = parse(words);
  return {
    hidden: values.hidden === undefined ? [] : values.hidden.split(",").map((word) => whole("--hidden", word, 1, 2 ** 30)),
    table: tableName(values.table ?? "tutorial"),
    iterations: whole("--iterations", values.iterations ?? "15000", 0, Number.MAX_SAFE_INTEGER),
    seed: whole("--seed", values.seed ?? "1", 0, 2 ** 32 - 1),
    help: values.help ?? false,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values;
  } catch (error) {
    // Node's messages go on for several sentences; the first one says what is wrong.
    const [what] = (error as Error).message.split(/\.\s/, 1);
    throw new UsageError(`${what}; "npm start -- --help" lists the options`);
  }
}

/** A whole number from `least` to `most`, written in digits. */
function whole(name: string, word: string, least: number, most: number): number {
  const value = /^\s*\d+\s*$/.test(word) ? Number(word) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(word)}`);
}

function tableName(word: string): TableName {
  if (Object.hasOwn(TABLES, word)) return word as TableName;
  throw new UsageError(`--table: expected ${Object.keys(TABLES).join(" or ")}, got ${JSON.stringify(word)}`);
}
