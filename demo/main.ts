// The tutorial's program: a network learns a table of four rows, then says what it makes of a situation that it has never seen.

import { NeuralNetwork } from "feedforward";
import { type Arguments, HELP, readArguments, UsageError } from "./arguments.js";
import { counted, isLearned, picture, rowsOf, vector, weightsOf } from "./print.js";
import { askNumbers } from "./questions.js";
import { TABLES, type Table } from "./tables.js";

/** What a program's status is after Ctrl-C: 128 and the signal's number. */
const INTERRUPTED = 130;

async function main(options: Arguments): Promise<void> {
  const table: Table = TABLES[options.table];
  const network = createNetwork(options, table);
  const isTutorial = options.table === "tutorial" && network.layers.length === 1;
  if (!isTutorial) print(picture(network), "");

  print("Beginning Randomly Generated Weights:", weightsOf(network), "");

  const start = performance.now();
  network.train(table.inputs, table.targets, options.iterations);
  const milliseconds = performance.now() - start;
  const work = `${counted(options.iterations, "iteration")} over ${counted(table.inputs.length, "row")}`;
  print(`Trained in WebAssembly: ${work} in ${milliseconds.toFixed(1)} ms.`, "");

  print("Ending Weights After Training:", weightsOf(network), "");

  const outputs = network.think(table.inputs);
  const learned = isLearned(table, outputs);
  if (!(isTutorial && learned)) print(rowsOf(table, outputs), verdict(learned, network, table), "");

  // Where the output goes to a file, the person at the keyboard still wants to see the questions.
  const output = process.stdin.isTTY && !process.stdout.isTTY ? process.stderr : process.stdout;
  const situation = await askNumbers(table.situation, { input: process.stdin, output });
  print(`Considering New Situation: ${situation.join(" ")}`);
  print("New Output data:", vector(network.think(situation)));
  if (learned) print("Wow, we did it!");
}

function createNetwork({ hidden, table, seed }: Arguments, { inputs }: Table): NeuralNetwork {
  if (table === "tutorial" && hidden.length === 0) return new NeuralNetwork({ seed });
  // The tutorial's neuron throughout, now with a bias, and trained as the tutorial does.
  return new NeuralNetwork({
    inputs: inputs[0]?.length ?? 0,
    layers: [...hidden, 1].map((units) => ({ units, activation: "sigmoid" })),
    reduction: "sum",
    optimizer: { name: "sgd", learningRate: 1 },
    seed,
  });
}

function verdict(learned: boolean, network: NeuralNetwork, table: Table): string {
  if (learned) return "Learned: every output is near its target.";
  if (network.layers.length === 1 && !table.separable) {
    return "Not learned: one neuron cannot separate these rows. Try --hidden 4.";
  }
  return "Not learned: some outputs are far from their targets. Try other --iterations, --hidden or --seed.";
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

// A reader that has seen enough, as in `npm start | head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  const options = readArguments(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(HELP);
  else await main(options);
} catch (error) {
  if (error instanceof Error && error.name === "ExitPromptError") {
    process.exitCode = INTERRUPTED;
  } else if (error instanceof UsageError || error instanceof RangeError) {
    // RangeError: the library has no room for such a network, and says so.
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}
