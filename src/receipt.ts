// Receipts: what a network was made from, so that others can make it again and see the same bits: `feedforward/receipt`.

import { wrongKind, wrongValue } from "./errors.js";
import { type FlatRows, type History, NeuralNetwork, type NumericArray, type Row, type Rows, type TrainAsyncOptions } from "./index.js";

/** The package's version, which the build puts here. */
declare const PACKAGE_VERSION: string;

/** Under this name a network's notes hold its receipt. */
const NOTE = "receipt";

/** What of a run's options a receipt holds as it is. The others are data, of which it holds the hash, or say how and not what. */
const KEPT = ["epochs", "batchSize", "shuffle", "earlyStopping", "metrics", "historyInterval", "classWeights"] as const;

/** The options of a run that are data. */
export interface MoreData {
  readonly sampleWeights?: readonly number[] | NumericArray | undefined;
  /** The share of rows, or rows of their own, as in `train`. */
  readonly validation?: TrainAsyncOptions["validation"];
}

/** How to train with a receipt: as `trainAsync` does, but from the beginning to the end, which no function of one's own may change. */
export type ReceiptOptions = Omit<TrainAsyncOptions, "onEpoch" | "onStep" | "resume">;

/** Hashes are SHA-256, in hexadecimal. */
export interface Receipt {
  /** The package's version that has trained. */
  readonly version: string;
  readonly seed: number;
  /** Of the file's configuration: layers, loss, optimizer, precision, seed. */
  readonly configuration: string;
  /** Of inputs, targets, weights of samples and validation rows. */
  readonly data: string;
  /** The run's other options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of the parameters and statistics, before the run and after it. */
  readonly start: string;
  readonly parameters: string;
}

/** Whether a network came out again, and if not where it first differs. */
export type Verification =
  | { readonly same: true; readonly receipt: Receipt }
  | {
      readonly same: false;
      /** What is other than the receipt says: the file's options or parameters, the data, the parameters to begin with, or those that came out. */
      readonly differs: "configuration" | "parameters" | "data" | "start" | "result";
      readonly receipt: Receipt;
    };

/**
 * Trains a network and leaves the receipt in its `notes`, so that its files have it, too. The data must not be changed meanwhile.
 *
 * @throws the promise is rejected with what `trainAsync` throws, and with a TypeError for `onEpoch`, `onStep` and `resume`
 */
export async function trainWithReceipt(
  network: NeuralNetwork,
  inputs: Row | Rows,
  targets: Row | Rows,
  options: number | ReceiptOptions,
): Promise<{ readonly history: History; readonly receipt: Receipt }> {
  if (!(network instanceof NeuralNetwork)) throw wrongKind("network", "a NeuralNetwork", network);
  const given: Record<string, unknown> = typeof options === "number" ? { epochs: options } : { ...options };
  for (const name of ["onEpoch", "onStep", "resume"]) {
    if (given[name] !== undefined) throw wrongKind(name, "none in a run with a receipt", given[name]);
  }
  const start = await parametersOf(network);
  const history = await network.trainAsync(inputs, targets, given as unknown as TrainAsyncOptions);
  const { seed } = network;
  const kept = Object.fromEntries(KEPT.filter((name) => given[name] !== undefined).map((name) => [name, plain(given[name])]));
  const receipt: Receipt = {
    version: PACKAGE_VERSION,
    seed,
    configuration: await configurationOf(network),
    data: await dataOf(inputs, targets, given as MoreData),
    options: kept,
    start,
    parameters: await parametersOf(network),
  };
  network.notes.set(NOTE, JSON.stringify(receipt));
  return { history, receipt };
}

/** The receipt that a network's notes hold; undefined without one. Nothing of it is checked but its form. */
export function receiptOf(network: NeuralNetwork): Receipt | undefined {
  const text = network.notes.get(NOTE);
  if (text === undefined) return undefined;
  let receipt: unknown;
  try {
    receipt = JSON.parse(text);
  } catch {
    // As anything else that is no receipt.
  }
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const texts = ["version", "configuration", "data", "start", "parameters"];
  if (
    !isObject(receipt) ||
    !isObject(receipt.options) ||
    !texts.every((name) => typeof (receipt as Record<string, unknown>)[name] === "string")
  ) {
    throw wrongValue("file", "a receipt in the note of that name");
  }
  const { options } = receipt;
  for (const name in options) if (!(KEPT as readonly string[]).includes(name)) throw wrongValue("file", "a receipt of known options", name);
  return receipt as unknown as Receipt;
}

/**
 * Makes a network again from what the receipt in its file says and these data, and answers whether the same bits came out. It begins with the weights of the seed; `start` is
 * the file of the network as it was before the run where it began otherwise.
 *
 * @throws the promise is rejected with a RangeError for a file without a receipt, and with what `NeuralNetwork.load` and `trainAsync` throw
 */
export async function verify(
  file: Uint8Array,
  inputs: Row | Rows,
  targets: Row | Rows,
  options: MoreData & Pick<ReceiptOptions, "signal" | "threads" | "worker" | "onProgress"> & { readonly start?: Uint8Array } = {},
): Promise<Verification> {
  const { start, sampleWeights, validation, ...how } = options;
  const network = NeuralNetwork.load(file);
  const receipt = receiptOf(network);
  if (!receipt) throw wrongValue("file", "a receipt in the network's notes, got none");
  const differing = (differs: Extract<Verification, { same: false }>["differs"]): Verification => ({ same: false, differs, receipt });
  const data: MoreData = { ...(sampleWeights !== undefined && { sampleWeights }), ...(validation !== undefined && { validation }) };
  const again = start === undefined ? NeuralNetwork.load(file, { untrained: true }) : NeuralNetwork.load(start);
  try {
    for (const each of [network, again]) if ((await configurationOf(each)) !== receipt.configuration) return differing("configuration");
    if ((await parametersOf(network)) !== receipt.parameters) return differing("parameters");
    if ((await dataOf(inputs, targets, data)) !== receipt.data) return differing("data");
    if ((await parametersOf(again)) !== receipt.start) return differing("start");
    await again.trainAsync(inputs, targets, { ...receipt.options, ...data, ...how } as unknown as TrainAsyncOptions);
    return (await parametersOf(again)) === receipt.parameters ? { same: true, receipt } : differing("result");
  } finally {
    network.dispose();
    again.dispose();
  }
}

/** Lists as arrays, for JSON. */
function plain(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
}

/** Of the words of the file's configuration that say what the network is. */
async function configurationOf(network: NeuralNetwork): Promise<string> {
  const file = network.save({ weightsOnly: true });
  const head = new DataView(file.buffer).getUint32(0, true);
  const { configuration } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + head)));
  const [from, to] = configuration.data_offsets;
  // Before it: whether the file has weights only, and its history.
  return hashOf([file.subarray(8 + head + from + 12, 8 + head + to)]);
}

async function parametersOf(network: NeuralNetwork): Promise<string> {
  const views = network.layers.flatMap(({ weights, biases, scales, shifts, means, variances }) => [
    weights,
    biases,
    scales,
    shifts,
    means,
    variances,
  ]);
  return hashOf(views.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)));
}

/** Of all data of a run, each list of numbers as doubles behind its name and length. */
async function dataOf(inputs: Row | Rows, targets: Row | Rows, { sampleWeights, validation }: MoreData): Promise<string> {
  const own = validation !== undefined && "inputs" in (validation as object);
  const lists: readonly (readonly [string, unknown])[] = [
    ["inputs", inputs],
    ["targets", targets],
    ["sampleWeights", sampleWeights ?? []],
    ["validation.inputs", own ? (validation as { inputs: unknown }).inputs : []],
    ["validation.targets", own ? (validation as { targets: unknown }).targets : []],
    ["validation.split", own || validation === undefined ? [] : [(validation as { split: number }).split]],
  ];
  return hashOf(
    lists.flatMap(([name, list]) => {
      const numbers = numbersOf(list as Row | Rows);
      return [new TextEncoder().encode(`${name} ${numbers.length}\n`), littleEndian(numbers)];
    }),
  );
}

/** All numbers of rows in whatever form, one after the other. */
function numbersOf(rows: Row | Rows): Float64Array {
  if (!Array.isArray(rows)) return Float64Array.from(ArrayBuffer.isView(rows) ? (rows as NumericArray) : (rows as FlatRows).data);
  return Float64Array.from(
    (rows as readonly (number | ArrayLike<number>)[]).flatMap((row) => (typeof row === "number" ? row : Array.from(row))),
  );
}

function littleEndian(numbers: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * numbers.length));
  numbers.forEach((x, i) => {
    view.setFloat64(8 * i, x, true);
  });
  return new Uint8Array(view.buffer);
}

async function hashOf(parts: readonly Uint8Array[]): Promise<string> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) throw new Error("crypto.subtle: this host has none; browsers have it in secure contexts only");
  const hash = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
