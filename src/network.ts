/// <reference lib="esnext.disposable" preserve="true" />
import { Activation, Function as CoreFunction, Header, LayerField, Normalization } from "./abi.js";
import type { Capabilities } from "./background/capabilities.js";
import type { Batches, StreamOptions, ThinkAsyncOptions, TrainAsyncOptions } from "./background/options.js";
import type { CompiledModule } from "./binary.js";
import { Block, type Elements, layerField } from "./block.js";
import { compiled } from "./core.js";
import { count, TrainingError, wrongKind, wrongValue } from "./errors.js";
import { type EvaluateOptions, type Evaluation, evaluate, readEvaluation } from "./evaluation.js";
import { append, type Columns, forget, historyOf, joined } from "./history.js";
import { activations, type GradientOptions, type Gradients, gradients, readQuestion, summary } from "./inspection.js";
import { type Bytes, type Contents, Opened, openFile, restoreFile, saveFile } from "./model-file.js";
import { boolean, record } from "./options/check.js";
import type { ActivationName, LayerPlan } from "./options/layers.js";
import { type NetworkOptions, type Plan, type Precision, readCore, readOptions } from "./options/network.js";
import type { EpochReport, TrainOptions } from "./options/training.js";
import {
  checkAttached,
  checkLength,
  type FlatRows,
  isNumericArray,
  isUsable,
  type NumericArray,
  numberError,
  type Row,
  type Rows,
  readTable,
  type Table,
  type TableShape,
} from "./rows.js";
import { answerOf, type History, noHistory, placeData, placeRun, readRun, trainRun } from "./training.js";

/** Images of so many bytes take no time to speak of. */
const SMALL = 2 ** 22;

/** The options of `think`. */
const INTO = ["into"] as const;

/** What training in the background needs of the library: `Parts` in async.ts. A list, since each name would be bytes of every bundle. */
const PARTS = [Block, compiled, placeRun, readRun, TrainingError, trainRun, readTable, inForm] as const;

/** One dense layer of a network. */
export interface Layer {
  /** Width of the layer's input. */
  readonly inputs: number;
  /** Width of the layer's output. */
  readonly units: number;
  readonly activation: ActivationName;
  /** The activation's parameter: the slope of leakyRelu, the alpha of elu; without meaning for others. */
  readonly parameter: number;
  /** The epsilon of the normalisation; 0 without. */
  readonly epsilon: number;
  /** Whether the layer's inputs are added to its outputs. */
  readonly residual: boolean;
  /** Shape of `weights`: [inputs, units]. */
  readonly shape: readonly [inputs: number, units: number];
  /**
   * The weights themselves, row by row: input i's weight for unit u is at i · units + u. A view: it changes as the network learns, and writing to it
   * changes the network. Ask again after a call that needed more memory than any before, which leaves older views empty.
   */
  readonly weights: Elements;
  /** The biases themselves, one for each unit, as a view like `weights`; empty in a layer without. */
  readonly biases: Elements;
  /** The scales and shifts of a normalisation, one for each unit, likewise; empty in a layer without. */
  readonly scales: Elements;
  readonly shifts: Elements;
  /** What batch normalisation has gathered, one for each unit, likewise; empty in a layer without. Always float64. */
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/**
 * A feed-forward neural network. Without options it is the tutorial's: 3 inputs, one sigmoid neuron without bias, seed 1.
 *
 * ```js
 * const network = new NeuralNetwork();
 * network.train([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]], [[0], [1], [1], [0]], 15_000);
 * network.think([1, 0, 0]); // [0.9999584016709994]
 * ```
 *
 * The same options, data and calls give the same bits in every host.
 */
export class NeuralNetwork implements Disposable {
  /** Width of an input row. */
  readonly inputs: number;
  /** Width of an output row. */
  readonly outputs: number;
  /** The seed that the weights were drawn from. */
  readonly seed: number;
  readonly precision: Precision;
  /** The layers from first to last. */
  readonly layers: readonly Layer[];
  /** Texts of one's own by names of one's own, which model files have with them. */
  readonly notes: Map<string, string>;
  #block: Block | undefined;
  readonly #plan: Plan;
  readonly #inputShape: TableShape;
  /** One row of inputs and of outputs, for `think` of a single row. */
  #inputRow!: Elements;
  #outputRow!: Elements;
  /** Counts the uses of the sample regions, so that one notices another in its midst. */
  #turn = 0;
  /** Whether a run is under way, from within which `onEpoch` may think, but neither train nor dispose. */
  #training: unknown;
  /** How the runs went that are over, and how the present one goes. */
  #past: Columns;
  #run: History | undefined;
  /** What the last run in the background has of this network. */
  #host: { readonly capabilities: Capabilities; ended: boolean; end(): void; settle(): void } = {
    capabilities: { path: "calling thread", threads: 1, why: "no run yet" },
    ended: false,
    end() {},
    settle() {},
  };

  /**
   * @throws TypeError for an option of the wrong kind or an unknown one
   * @throws RangeError for a value out of range, and for a network that does not fit into the 4 GiB that WebAssembly addresses
   */
  constructor(options?: NetworkOptions) {
    const opened = options instanceof Opened && options;
    const plan = opened ? opened.plan : readOptions(options);
    this.#plan = plan;
    this.#block = opened ? opened.block : new Block(plan);
    this.#past = opened ? opened.past : {};
    this.notes = opened ? opened.notes : new Map();
    this.inputs = plan.inputs;
    this.outputs = this.#block.outputs;
    this.seed = plan.seed;
    this.precision = plan.precision;
    this.#inputShape = { name: "inputs", width: this.inputs, precision: this.precision };
    this.layers = Object.freeze(plan.layers.map((layer, i) => this.#layer(layer, i)));
    plan.layers.forEach((layer, i) => {
      this.#placeValues(layer, i);
    });
    this.#takeViews(this.#block);
  }

  /**
   * The network's outputs. A row gives a row, rows give rows; arrays give arrays, typed arrays give typed arrays of the network's precision,
   * and `{ data, rows }` gives one flat typed array (rows × outputs). A row's answer does not depend on the other rows.
   * Inputs so large that sums overflow give Infinity or NaN, as they do in NumPy.
   *
   * With `into`, an array of the network's precision (Float64Array or Float32Array) and of rows · outputs numbers, the answers are written there, row by row, and
   * it is returned: nothing is allocated for a row.
   *
   * @throws TypeError, RangeError for inputs that are not rows of `inputs` finite numbers, or an `into` that does not fit; the message says where
   */
  think(inputs: readonly number[]): number[];
  think(inputs: NumericArray): Elements;
  think(inputs: readonly (readonly number[])[]): number[][];
  think(inputs: readonly NumericArray[]): Elements[];
  think(inputs: FlatRows): Elements;
  think<E extends Elements>(inputs: Row | Rows, options: { into: E }): E;
  think(inputs: Row | Rows): number[] | number[][] | Elements | Elements[];
  think(inputs: Row | Rows, options?: { into: Elements }): number[] | number[][] | Elements | Elements[] {
    const block = this.#alive("think");
    const { memory } = block.core;
    const into = options === undefined ? undefined : this.#checkInto(record("options", options, INTO).into, memory);
    if (Array.isArray(inputs) ? typeof inputs[0] === "number" : into && isNumericArray(inputs)) return this.#thinkRow(inputs as Row, into);
    const turn = ++this.#turn;
    // Arrays are read to where the core wants them, unless room is still to be made for so many, which would detach rows that are views of the network.
    const { rows, form, values } = readTable(inputs, this.#inputShape, memory, (rows) => {
      const size = rows * this.inputs;
      return rows > block.uint(Header.SampleCapacity) ? new Float64Array(size) : block.view(Header.SampleInputs, size);
    });
    // A snapshot is no use in this sense, but makes room, and so takes away what was read.
    this.#unusedSince(values.length && turn);
    if (into) checkLength("into", into, rows * this.outputs);
    if (block.ensure({ [Header.SampleCapacity]: rows })) this.#takeViews(block);
    if (values.buffer !== memory.buffer) block.view(Header.SampleInputs, values.length).set(values);
    block.core.think(block.base, rows);
    const outputs = block.view(Header.SampleTargets, rows * this.outputs);
    if (!into) return inForm(outputs, this.outputs, form);
    into.set(outputs);
    return into;
  }

  /** An array of the caller's that outputs can go into as they are. */
  #checkInto(into: unknown, { buffer }: { readonly buffer: ArrayBufferLike }): Elements {
    const Numbers = this.#inputRow.constructor as Float64ArrayConstructor;
    if (!(into instanceof Numbers)) throw wrongKind("into", `a ${Numbers.name}, as the network's precision is ${this.precision}`, into);
    if (into.buffer === buffer) throw wrongKind("into", "an array outside the network");
    return into;
  }

  /** The block, unless something has used the network since this `turn`, or disposed of it: a getter in the inputs may have. */
  #unusedSince(turn: number): Block {
    const block = this.#alive("think");
    if (turn !== this.#turn) throw wrongKind("inputs", "an array that does not use the network while it is read");
    return block;
  }

  /** The frequent case without the detour over a table. */
  #thinkRow(row: Row, into: Elements | undefined): number[] | Elements {
    const { inputs, precision } = this;
    checkLength("inputs", row, inputs);
    if (into) checkLength("into", into, this.outputs);
    const turn = ++this.#turn;
    const from = this.#inputRow;
    for (let i = 0; i < inputs; i++) {
      const x = row[i];
      if (!isUsable(x, precision)) throw numberError(`inputs[${i}]`, x, precision);
      from[i] = x;
    }
    // As in think.
    const { core, base } = this.#unusedSince(from.length && turn);
    core.think(base, 1);
    const to = this.#outputRow;
    if (into) {
      into.set(to);
      return into;
    }
    const outputs: number[] = [];
    for (let i = 0; i < to.length; i++) outputs.push(to[i] as number);
    return outputs;
  }

  /**
   * Trains by gradient descent: for each batch of rows w ← w − learningRate · gradient of the loss, the rows' gradients summed or averaged as the
   * option `reduction` says. Called again, it goes on from where it was. Nothing of `inputs` and `targets` is kept.
   *
   * @param inputs rows of `network.inputs` numbers
   * @param targets as many rows of `network.outputs` numbers; with one output a flat list of numbers will do
   * @param options the number of iterations, each a step over all rows as in the tutorial; or epochs, batch size and more
   * @returns the loss over time
   * @throws TypeError, RangeError for data or options that cannot be used, before anything is changed
   * @throws TrainingError when the loss or the gradient is no longer finite; the weights are those of the last step before
   */
  train(inputs: Row | Rows, targets: Row | Rows, options: number | TrainOptions): History {
    const run = readRun(this.#alive("train").core.memory, this.#plan, inputs, targets, options);
    // Only now: a getter in what was read may have disposed of the network, or used it.
    const block = this.#alive("train");
    this.#refuseWhileTraining("train");
    this.#use("train", () => placeRun(block, this.#plan, run));
    let turn = this.#turn;
    this.#training = true;
    const history = noHistory();
    this.#run = history;
    try {
      const slices = trainRun(block, run, undefined, history);
      for (let answer: unknown; ; ) {
        const { done, value } = slices.next(answer);
        if (done) return value;
        if (!value) continue;
        answer = answerOf(run, value);
        // Weights may have been written.
        block.setUint(Header.GradientReady, 0);
        if (turn === this.#turn) continue;
        this.#use("train", () => placeData(block, this.#plan, run));
        turn = this.#turn;
      }
    } finally {
      this.#end();
    }
  }

  /**
   * Trains without blocking, in a worker, or where none starts in time slices on this thread: as `train` does, to the same bits. While it is under way the network can be
   * asked everything, and answers from the state that was last reported: after each epoch with `onEpoch`, each step with `onStep`, else about every 100 ms (but for epochs, less often
   * if it has more than 4 MiB: what `save` gives in `onStep` is then some steps older than the step that is told). `dispose` ends the run. The data must not be changed meanwhile.
   *
   * @returns the loss over time
   * @throws the promise is rejected with what `train` throws; with the signal's reason; with what a function of the user's throws
   */
  trainAsync(inputs: Row | Rows, targets: Row | Rows, options: number | TrainAsyncOptions): Promise<History>;
  /** The same from data that come batch by batch, each a step: nothing of them is kept but the batch that is learned from and the next one. */
  trainAsync(batches: Batches, options?: StreamOptions): Promise<History>;
  async trainAsync(
    inputs: Row | Rows | Batches,
    targets?: Row | Rows | StreamOptions,
    options?: number | TrainAsyncOptions,
  ): Promise<History> {
    const block = this.#alive("trainAsync");
    this.#refuseWhileTraining("trainAsync");
    const put = (task: (block: Block) => void) => this.#use("restore", task);
    const watch = (history: History) => {
      this.#run = history;
    };
    // As it is now: weights may be written in the next line. What is large takes too long.
    const state = block.uint(Header.Gradient) > SMALL ? undefined : block.image();
    const host = { ...this.#host, parts: PARTS, plan: this.#plan, block, state, put, watch };
    this.#host = this.#training = host;
    try {
      return await (await import("./async.js")).trainAsync(host, inputs, targets, options);
    } finally {
      this.#end();
    }
  }

  /** The same, epoch by epoch: `for await (const { epoch, loss } of network.training(…))`. To leave the loop ends the run, as `onEpoch` does by `false`. */
  training(inputs: Row | Rows, targets: Row | Rows, options: number | TrainAsyncOptions): AsyncGenerator<EpochReport, History>;
  training(batches: Batches, options?: StreamOptions): AsyncGenerator<EpochReport, History>;
  async *training(
    inputs: Row | Rows | Batches,
    targets?: Row | Rows | StreamOptions,
    options?: number | TrainAsyncOptions,
  ): AsyncGenerator<EpochReport, History> {
    return yield* (await import("./async.js")).training(this, inputs, targets, options);
  }

  /**
   * How good the network's answers are: the loss, and what belongs to its outputs: accuracy, confusion matrix, precision, recall, F1 and ROC AUC of classes, or errors
   * and R² of values. Definitions are scikit-learn's.
   *
   * @throws TypeError, RangeError for data or options that cannot be used
   */
  evaluate(inputs: Row | Rows, targets: Row | Rows, options?: EvaluateOptions): Evaluation {
    const question = readEvaluation(this.#alive("evaluate").core.memory, this.#plan, inputs, targets, options);
    return this.#use("evaluate", (block) => evaluate(block, this.#plan, question));
  }

  /**
   * The derivatives of the loss over all rows as one batch, by the parameters and by the inputs. Changes nothing.
   *
   * @throws TypeError, RangeError for data or options that cannot be used
   */
  gradients(inputs: Row | Rows, targets: Row | Rows, options?: GradientOptions): Gradients {
    const question = readQuestion(this.#alive("gradients").core.memory, this.#plan, inputs, targets, options);
    return this.#use("gradients", (block) => gradients(block, this.#plan, question));
  }

  /** The outputs of each layer, from first to last, in the form of the inputs; the last are what `think` answers. */
  activations(inputs: readonly number[]): number[][];
  activations(inputs: NumericArray | FlatRows): Elements[];
  activations(inputs: readonly (readonly number[])[]): number[][][];
  activations(inputs: readonly NumericArray[]): Elements[][];
  activations(inputs: Row | Rows): (number[] | number[][] | Elements | Elements[])[];
  activations(inputs: Row | Rows): (number[] | number[][] | Elements | Elements[])[] {
    const table = readTable(inputs, this.#inputShape, this.#alive("activations").core.memory);
    const outputs = this.#use("activations", (block) => activations(block, this.#plan, table));
    return outputs.map((flat, i) => {
      const { units } = this.layers[i] as Layer;
      return table.form === "row" ? Array.from(flat) : inForm(flat, units, table.form);
    });
  }

  /** The layers as a text table: their shapes, parameters and bytes. */
  summary(): string {
    return summary(this.#alive("summary"), this.#plan);
  }

  /**
   * The network as a model file, which is a safetensors file: options, parameters, and all that training needs to go on with the same bits, the history and `notes` too.
   * The same network gives the same bytes. With `weightsOnly` what only training needs is left out.
   *
   * @throws ModelFileError for parameters that are not finite, for notes of more than about 1 MiB
   * @throws RangeError where the network's memory has no room for as much again
   */
  save(options?: { readonly weightsOnly?: boolean }): Bytes {
    const { weightsOnly = false } = record("options", options ?? {}, ["weightsOnly"]);
    return this.#file("save", boolean("weightsOnly", weightsOnly), { past: joined(this.#past, this.#run), notes: this.notes });
  }

  /**
   * The network that `save` has made a file of, in any host: it answers with the same bits, and goes on training with the same bits.
   *
   * @param options a compiled core, as for the constructor; `untrained` makes the network as it was before it has learned, its weights drawn from its seed
   * @throws TypeError for what is no Uint8Array, ModelFileError for bytes that are no model file, that were changed, or that a newer version has written
   */
  static load(file: Uint8Array, options?: { readonly core?: CompiledModule; readonly untrained?: boolean }): NeuralNetwork {
    const { core, untrained = false } = record("options", options ?? {}, ["core", "untrained"]);
    return new this(openFile(file, readCore(core), boolean("untrained", untrained)) as unknown as NetworkOptions);
  }

  /** How all runs went since the network was made, in copies; NaN where a run did not measure what others did. Of a run under way it has what was reported. */
  get history(): History {
    return historyOf(joined(this.#past, this.#run));
  }

  /** `save` without history and notes: all that the network has become, for `restore`. */
  snapshot(): Bytes {
    return this.#file("snapshot", false, { past: {}, notes: new Map() });
  }

  /**
   * Puts back what `snapshot` or `save` has taken, of this network or of another that was made with the same options. The history is that of the file; where it has none, as a
   * snapshot, the network's own until that epoch. Notes stay.
   *
   * @throws TypeError, ModelFileError as `load`, and for a network of other options, before anything is changed
   */
  restore(file: Uint8Array): void {
    this.#alive("restore");
    this.#refuseWhileTraining("restore");
    const past = this.#use("restore", (block) => restoreFile(block, file));
    if (past.epoch) this.#past = past;
    else forget(this.#past, this.epoch);
  }

  /**
   * `think` without blocking, of rows as many as there may be: by threads where they are worth it, in workers, or in time slices. The answers are those of the network as it is now,
   * whatever becomes of it meanwhile, and may be asked for while it trains.
   *
   * @throws the promise is rejected with what `think` throws
   */
  thinkAsync(inputs: readonly number[], options?: ThinkAsyncOptions): Promise<number[]>;
  thinkAsync(inputs: NumericArray, options?: ThinkAsyncOptions): Promise<Elements>;
  thinkAsync(inputs: readonly (readonly number[])[], options?: ThinkAsyncOptions): Promise<number[][]>;
  thinkAsync(inputs: readonly NumericArray[], options?: ThinkAsyncOptions): Promise<Elements[]>;
  thinkAsync(inputs: FlatRows, options?: ThinkAsyncOptions): Promise<Elements>;
  thinkAsync(inputs: Row | Rows, options?: ThinkAsyncOptions): Promise<number[] | number[][] | Elements | Elements[]>;
  async thinkAsync(inputs: Row | Rows, options?: ThinkAsyncOptions): Promise<unknown> {
    const block = this.#alive("thinkAsync");
    // As it is now: it may be trained in the next line.
    const image = block.image();
    return (await import("./async.js")).thinkAsync(PARTS, this.#plan, block, image, inputs, options);
  }

  /** Which way `trainAsync` took when it was called last, and why. */
  get capabilities(): Capabilities {
    return this.#host.capabilities;
  }

  /** Epochs that were completed since the network was made. */
  get epoch(): number {
    return this.#alive("epoch").double(Header.Epoch);
  }

  /** Training steps that were completed since the network was made. */
  get step(): number {
    return this.#alive("step").double(Header.Step);
  }

  /**
   * The tutorial's sigmoid, 1 / (1 + e^−x), computed in the network's precision.
   *
   * @param x a number, or an array or typed array of numbers, each of which is replaced in a new one
   */
  sigmoid(x: number): number;
  sigmoid(x: readonly number[]): number[];
  sigmoid(x: NumericArray): Elements;
  sigmoid(x: Row): number[] | Elements;
  sigmoid(x: number | Row): number | number[] | Elements {
    return this.#apply("sigmoid", CoreFunction.Activation + Activation.Sigmoid, x);
  }

  /** The sigmoid's slope where its output is `y`: y · (1 − y). As in the tutorial, of the output and not of the sum. */
  sigmoidDerivative(y: number): number;
  sigmoidDerivative(y: readonly number[]): number[];
  sigmoidDerivative(y: NumericArray): Elements;
  sigmoidDerivative(y: Row): number[] | Elements;
  sigmoidDerivative(y: number | Row): number | number[] | Elements {
    return this.#apply("sigmoidDerivative", CoreFunction.Slope + Activation.Sigmoid, y);
  }

  /** The first layer's weights as the tutorial prints them: one row for each input, one column for each unit. A copy. */
  get synapticWeights(): number[][] {
    const { weights, units } = this.layers[0] as Layer;
    return nested(weights, units, (row) => Array.from(row));
  }

  /** Gives the network's memory back and ends `trainAsync`. Afterwards every use throws; a second call does nothing. */
  dispose(): void {
    const host = this.#host;
    if (this.#training !== host) this.#refuseWhileTraining("dispose");
    host.ended = true;
    host.end();
    this.#block = undefined;
    this.#turn++;
    this.#inputRow = this.#outputRow = new Float64Array(0);
  }

  declare [Symbol.dispose]: () => void;

  static {
    // Not all browsers have the symbol yet; where it is missing nobody can ask for it.
    // biome-ignore lint/complexity/noThisInStatic: with the class's own name bundlers give it another one, which the console shows
    if (Symbol.dispose) this.prototype[Symbol.dispose] = this.prototype.dispose;
  }

  #file(method: string, weightsOnly: boolean, contents: Contents): Bytes {
    const block = this.#alive(method);
    const bytes = saveFile(block, weightsOnly, contents);
    this.#takeViews(block);
    return bytes;
  }

  #alive(method: string): Block {
    this.#host.settle();
    if (this.#block) return this.#block;
    throw new TypeError(`${method}: this network has been disposed`);
  }

  /** Training is over, however it went. */
  #end(): void {
    if (this.#run) append(this.#past, this.#run);
    this.#training = this.#run = undefined;
  }

  #refuseWhileTraining(method: string): void {
    if (this.#training) throw wrongKind(method, "no training to be under way");
  }

  /** Lets something else than `train` use the sample regions. */
  #use<R>(method: string, task: (block: Block) => R): R {
    // Only now: a getter in what was read may have disposed of the network, or used it.
    const block = this.#alive(method);
    this.#turn++;
    try {
      return task(block);
    } finally {
      this.#takeViews(block);
    }
  }

  #takeViews(block: Block): void {
    this.#inputRow = block.view(Header.SampleInputs, this.inputs);
    this.#outputRow = block.view(Header.SampleTargets, this.outputs);
  }

  /** Writes given weights and biases over those that the initializer has made. */
  #placeValues({ values, units, bias }: LayerPlan, i: number): void {
    if (!values) return;
    const name = `layers[${i}].initializer`;
    const { weights, biases, inputs } = this.layers[i] as Layer;
    const { memory } = (this.#block as Block).core;
    const rows = readTable(
      values.weights,
      { name: `${name}.weights`, width: units, precision: this.precision, column: units === 1 },
      memory,
    );
    if (rows.rows !== inputs) throw wrongValue(`${name}.weights`, `${count(inputs, "row")}, one for each input`, rows.rows);
    weights.set(rows.values);
    if (values.biases === undefined) return;
    if (!bias) throw wrongValue(`${name}.biases`, "none for a layer without bias");
    const row = readTable(values.biases, { name: `${name}.biases`, width: units, precision: this.precision }, memory);
    if (row.rows > 1) throw wrongValue(`${name}.biases`, "one row", row.rows);
    biases.set(row.values);
  }

  #layer(plan: LayerPlan, i: number): Layer {
    const inputs = this.#alive("layers").uint(layerField(i, LayerField.Inputs));
    const { units, bias, activation, normalization, residual } = plan;
    const normalized = normalization === Normalization.None ? 0 : units;
    const gathered = normalization === Normalization.Batch ? units : 0;
    const doubles = (name: string, field: LayerField) => this.#alive(`layers[${i}].${name}`).doubles(layerField(i, field), gathered);
    const view = (name: string, field: LayerField, length: number) =>
      this.#alive(`layers[${i}].${name}`).view(layerField(i, field), length);
    return Object.freeze({
      inputs,
      units,
      activation,
      parameter: plan.doubles[LayerField.Parameter] as number,
      epsilon: plan.doubles[LayerField.NormalizationEpsilon] as number,
      residual,
      shape: Object.freeze([inputs, units] as const),
      get weights() {
        return view("weights", LayerField.Weights, inputs * units);
      },
      get biases() {
        return view("biases", LayerField.Biases, bias ? units : 0);
      },
      get scales() {
        return view("scales", LayerField.Scales, normalized);
      },
      get shifts() {
        return view("shifts", LayerField.Shifts, normalized);
      },
      get means() {
        return doubles("means", LayerField.Means);
      },
      get variances() {
        return doubles("variances", LayerField.Variances);
      },
    });
  }

  /** Applies a function of the core to each number, by way of the first row of samples. */
  #apply(name: string, fn: number, x: number | Row): number | number[] | Elements {
    const block = this.#alive(name);
    const list = typeof x === "number" ? [x] : x;
    if (!Array.isArray(list) && !isNumericArray(list)) throw wrongKind(name, "a number or an array of numbers", x);
    checkAttached(name, list);
    const values: readonly unknown[] = Array.from(list as ArrayLike<unknown>);
    const bad = values.findIndex((value) => typeof value !== "number");
    if (bad >= 0) throw wrongKind(`${name}[${bad}]`, "a number", values[bad]);
    this.#turn++;
    const row = this.#inputRow;
    const result = new (row.constructor as Float64ArrayConstructor)(values.length);
    for (let i = 0; i < values.length; i += row.length) {
      const part = values.slice(i, i + row.length) as number[];
      row.set(part);
      block.core.apply(fn, block.elementBytes, row.byteOffset, part.length);
      result.set(row.subarray(0, part.length), i);
    }
    if (typeof x === "number") return result[0] as number;
    return Array.isArray(x) ? Array.from(result) : result;
  }
}

/** Rows of outputs in the form of the inputs that they answer. */
export function inForm(outputs: Elements, width: number, form: Table["form"]): number[][] | Elements | Elements[] {
  if (form === "flat" || form === "typed row") return outputs.slice();
  if (form === "typed rows") return nested(outputs, width, (row) => row.slice());
  return nested(outputs, width, (row) => Array.from(row));
}

/** The rows of a flat array. */
function nested<R>(flat: Elements, width: number, copy: (row: Elements) => R): R[] {
  const rows: R[] = [];
  for (let at = 0; at < flat.length; at += width) rows.push(copy(flat.subarray(at, at + width)));
  return rows;
}
