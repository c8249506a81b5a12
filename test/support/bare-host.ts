// A host that knows of the core what docs/abi.md says, and nothing else: even the offsets come from the page's tables.

import { readFileSync } from "node:fs";

export const PAGE = readFileSync("docs/abi.md", "utf8");

/** The rows of the first table under a heading of the page, each a list of cells. */
export function pageTable(heading: string): string[][] {
  const section = PAGE.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  const lines = (section ?? "").split("\n");
  const start = lines.findIndex((line) => line.startsWith("|---")) + 1;
  const rest = lines.slice(start);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  if (start === 0 || end < 1) throw new Error(`docs/abi.md has no table under "${heading}"`);
  return rest.slice(0, end).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** The offset of a field in a table of the page. */
function offset(heading: string, name: string): number {
  const row = pageTable(heading).find((cells) => cells[2] === name);
  if (!row) throw new Error(`docs/abi.md has no field ${name} under "${heading}"`);
  return Number(row[0]);
}

export const HEADER_BYTES = 608;
export const LAYER_BYTES = 160;
const SIGMOID = 1;
const PAGE_BYTES = 65536;

/** An instance of the bare module. */
export class BareCore {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly #exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module).exports;
    this.memory = this.#exports.memory as WebAssembly.Memory;
    this.base = this.call("heapBase");
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  call(name: string, ...values: number[]): number {
    return (this.#exports[name] as (...values: number[]) => number)(...values);
  }

  growTo(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

/** The tutorial's network, in a block at `network`: made anew, or from the bytes of another block. */
export class BareNetwork {
  readonly core: BareCore;
  readonly network: number;
  readonly bytes: number;
  readonly #rows: number;

  constructor(core: BareCore, inputs: readonly number[], targets: readonly number[], network = core.base, saved?: Uint8Array) {
    this.core = core;
    this.network = network;
    this.#rows = targets.length;
    const start = HEADER_BYTES + LAYER_BYTES;
    core.growTo(network + Math.max(start, saved?.length ?? 0));
    if (saved) {
      new Uint8Array(core.memory.buffer).set(saved, network);
      this.bytes = this.layOut();
    } else {
      new Uint8Array(core.memory.buffer, network, start).fill(0);
      this.set("ElementBytes", 8);
      this.set("Inputs", 3);
      this.set("LayerCount", 1);
      this.set("Seed", 1);
      this.setDouble("LearningRate", 1);
      this.set("SampleCapacity", this.#rows);
      this.set("Training", 1);
      this.setLayer("Units", 1);
      this.setLayer("Activation", SIGMOID);
      this.setLayer("Trainable", 1);
      this.bytes = this.layOut();
      this.call("initialize");
    }
    this.place(inputs, targets);
  }

  /** A place where there is no network yet. */
  static none(core: BareCore): BareNetwork {
    const network = new BareNetwork(core, [0, 0, 0], [0]);
    new Uint8Array(core.memory.buffer, network.network).fill(0);
    return network;
  }

  /** Calls an export with the block's address in front. */
  call(name: string, ...values: number[]): number {
    return this.core.call(name, this.network, ...values);
  }

  get(name: string): number {
    return this.core.view.getUint32(this.network + offset("Header", name), true);
  }

  set(name: string, value: number): void {
    this.core.view.setUint32(this.network + offset("Header", name), value, true);
  }

  getDouble(name: string): number {
    return this.core.view.getFloat64(this.network + offset("Header", name), true);
  }

  setDouble(name: string, value: number): void {
    this.core.view.setFloat64(this.network + offset("Header", name), value, true);
  }

  setLayer(name: string, value: number): void {
    this.core.view.setUint32(this.network + HEADER_BYTES + offset("Layer table", name), value, true);
  }

  save(): Uint8Array {
    const bytes = this.call("save", 0, 0, 0, 0, 0, 0, 0);
    const to = this.network + this.layOut();
    this.core.growTo(to + bytes);
    this.call("save", to, 0, 0, 0, 0, 0, 0);
    return new Uint8Array(this.core.memory.buffer).slice(to, to + bytes);
  }

  /** Puts a file `at` bytes behind the network's address and loads it from there. */
  load(file: Uint8Array, at: number): number {
    this.core.growTo(this.network + at + file.length);
    new Uint8Array(this.core.memory.buffer).set(file, this.network + at);
    return this.call("load", this.network + at, file.length, file.length);
  }

  /** The bytes from the block's address to the region that a field points to. */
  bytesBefore(name: string): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, this.network, this.get(name)).slice();
  }

  /** A copy of `length` doubles in the region that a field points to. */
  doubles(name: string, length: number): number[] {
    return Array.from(new Float64Array(this.core.memory.buffer, this.network + this.get(name), length));
  }

  weights(): number[] {
    const at = this.core.view.getUint32(this.network + HEADER_BYTES + offset("Layer table", "Weights"), true);
    return Array.from(new Float64Array(this.core.memory.buffer, this.network + at, 3));
  }

  layOut(): number {
    const bytes = this.call("layout");
    if (bytes > 0) this.core.growTo(this.network + bytes);
    return bytes;
  }

  place(inputs: readonly number[], targets: readonly number[]): void {
    new Float64Array(this.core.memory.buffer, this.network + this.get("SampleInputs"), inputs.length).set(inputs);
    new Float64Array(this.core.memory.buffer, this.network + this.get("SampleTargets"), targets.length).set(targets);
  }

  placeWeights(weights: readonly number[]): void {
    new Float64Array(this.core.memory.buffer, this.network + this.get("SampleWeights"), weights.length).set(weights);
  }

  prepare(epochs: number, interval: number): void {
    this.set("SampleRows", this.#rows);
    this.set("BatchRows", this.#rows);
    this.setDouble("EpochTarget", this.getDouble("Epoch") + epochs);
    this.setDouble("HistoryInterval", interval);
    this.set("HistoryLength", 0);
  }

  /** Trains in calls of `steps` steps and answers the last status and the history. */
  train(epochs: number, steps: number, interval: number): { status: number; losses: number[] } {
    const losses: number[] = [];
    this.prepare(epochs, interval);
    for (;;) {
      const status = this.call("train", steps);
      const width = this.get("HistoryWidth");
      const history = this.doubles("History", this.get("HistoryLength") * width);
      // Epoch, loss, and what does not matter here.
      for (let i = 0; i < history.length; i += width) losses.push(history[i + 1] as number);
      this.set("HistoryLength", 0);
      if (status !== 1) return { status, losses };
    }
  }

  /** The network's output for one row. The targets have to be placed again afterwards. */
  think(row: readonly number[]): number {
    new Float64Array(this.core.memory.buffer, this.network + this.get("SampleInputs"), row.length).set(row);
    this.call("think", 1);
    return this.core.view.getFloat64(this.network + this.get("SampleTargets"), true);
  }
}
