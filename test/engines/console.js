// The task in an engine with a console: node, bun, deno.

import { NeuralNetwork } from "../../dist/index.js";
import { task } from "./task.js";

console.log(JSON.stringify(await task({ NeuralNetwork })));
