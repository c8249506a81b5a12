// Receipts: what a network was made from, so that others can make it again and see the same bits: `feedforward/receipt`.

import { wrongKind, wrongValue } from "./errors.js";
import { type History, NeuralNetwork, type NumericArray, type Row, type Rows, type TrainAsyncOptions } from "./index.js";
import { record } from "./options/check.js";
import { checkHost, checkList, hashOfBytes, hashOfLists, hasParameters, momentOf, parametersOf } from "./receipt/hashes.js";

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
export interface ReceiptOptions extends Omit<TrainAsyncOptions, "onEpoch" | "onStep" | "resume"> {
  readonly resume?: false;
}

/** Hashes are SHA-256, in hexadecimal, of the hashes of pieces of 512 KiB, one behind the other. */
export interface Receipt {
  /** The package's version that has trained, as it says. */
  readonly version: string;
  readonly seed: number;
  /** Of the file's configuration: layers, loss, optimizer, precision, seed. */
  readonly configuration: string;
  /** Of inputs, targets, weights of samples and validation rows, in the network's precision. */
  readonly data: string;
  /** The run's other options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of all that the network was before the run: parameters, moments, generators, position. */
  readonly start: string;
  /** Of the parameters and statistics after it. */
  readonly parameters: string;
}

/** What `verify` is told besides: data as the run had them, `start`, and how to train. */
export interface VerifyOptions extends MoreData, Pick<ReceiptOptions, "signal" | "threads" | "worker" | "onProgress"> {
  /** The file of the network as it was before the run, where that was not as its seed makes it. */
  readonly start?: Uint8Array;
}

const VERIFY_OPTIONS = ["sampleWeights", "validation", "start", "signal", "threads", "worker", "onProgress"] as const;

/** Whether a network came out again, and if not where it first differs. */
export type Verification =
  | { readonly same: true; readonly receipt: Receipt }
  | {
      readonly same: false;
      /** What is other than the receipt says: the file's options or parameters, the data, what to begin with, or the parameters that came out. */
      readonly differs: "configuration" | "parameters" | "data" | "start" | "result";
      readonly receipt: Receipt;
    };

/**
 * Trains a network and leaves the receipt in its `notes`, so that its files have it, too. The network is held, as by `trainAsync`, from the call to the end of the run: its weights
 * must not be written to until then, the data not until the receipt is there, which is made from copies. A network that has been disposed of by then, or whose parameters have
 * become others, keeps the notes that it has; the receipt is answered all the same.
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
    if (given[name]) throw wrongKind(name, "none in a run with a receipt", given[name]);
  }
  const kept = Object.fromEntries(KEPT.filter((name) => given[name] !== undefined).map((name) => [name, plain(given[name])]));
  const data = dataOf(inputs, targets, given as MoreData);
  checkHost();
  const { seed, precision } = network;
  const hashing = hashesNow(network);
  // Who waits for them hears of it. Nobody does where the run fails.
  hashing.catch(() => {});
  // In the turn in which the start was taken, so that the network is held from then on. With the options that the receipt will have, whatever becomes of those that were given.
  const history = await network.trainAsync(inputs, targets, { ...given, ...kept } as unknown as TrainAsyncOptions);
  // In this turn, too: anybody may change the network now.
  const parameters = parametersOf(network);
  const { configuration, start } = await hashing;
  const receipt: Receipt = {
    version: PACKAGE_VERSION,
    seed,
    configuration,
    data: await hashOfLists(data, precision),
    options: kept,
    start,
    parameters: await hashOfBytes(...parameters),
  };
  if (hasParameters(network, parameters)) network.notes.set(NOTE, JSON.stringify(receipt));
  return { history, receipt };
}

/** The hashes of what a network is when this is called, whatever becomes of it meanwhile. */
async function hashesNow(network: NeuralNetwork): Promise<Pick<Receipt, "configuration" | "start">> {
  const { configuration, state } = momentOf(network);
  return { configuration: await hashOfBytes(configuration), start: await hashOfBytes(state) };
}

/** The receipt that a network's notes hold; undefined without one. Nothing of it is checked but its form. */
export function receiptOf(network: NeuralNetwork): Receipt | undefined {
  if (!(network instanceof NeuralNetwork)) throw wrongKind("network", "a NeuralNetwork", network);
  const text = network.notes.get(NOTE);
  if (text === undefined) return undefined;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    // As anything else that is no receipt.
  }
  const { version, seed, configuration, data, options, start, parameters } = Object(given) as Receipt;
  const isReceipt =
    [version, configuration, data, start, parameters].every((text) => typeof text === "string") &&
    typeof seed === "number" &&
    typeof options === "object" &&
    options !== null &&
    !Array.isArray(options);
  if (!isReceipt) throw wrongValue("file", "a receipt in the note of that name");
  for (const name in options) if (!(KEPT as readonly string[]).includes(name)) throw wrongValue("file", "a receipt of known options", name);
  return { version, seed, configuration, data, options, start, parameters };
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
  options: VerifyOptions = {},
): Promise<Verification> {
  // The run's own options are the receipt's.
  const { start, sampleWeights, validation, ...how } = record("options", options, VERIFY_OPTIONS) as VerifyOptions;
  const data: MoreData = { ...(sampleWeights !== undefined && { sampleWeights }), ...(validation !== undefined && { validation }) };
  const lists = dataOf(inputs, targets, data);
  const network = NeuralNetwork.load(file);
  const receipt = receiptOf(network);
  if (!receipt) throw wrongValue("file", "a receipt in the network's notes, got none");
  const differing = (differs: Extract<Verification, { same: false }>["differs"]): Verification => ({ same: false, differs, receipt });
  const again = start === undefined ? NeuralNetwork.load(file, { untrained: true }) : NeuralNetwork.load(start);
  try {
    for (const each of [network, again]) {
      if (each.seed !== receipt.seed || (await hashOfBytes(momentOf(each).configuration)) !== receipt.configuration)
        return differing("configuration");
    }
    if ((await hashOfBytes(...parametersOf(network))) !== receipt.parameters) return differing("parameters");
    if ((await hashOfLists(lists, network.precision)) !== receipt.data) return differing("data");
    if ((await hashOfBytes(momentOf(again).state)) !== receipt.start) return differing("start");
    await again.trainAsync(inputs, targets, { ...receipt.options, ...data, ...how } as unknown as TrainAsyncOptions);
    return (await hashOfBytes(...parametersOf(again))) === receipt.parameters ? { same: true, receipt } : differing("result");
  } finally {
    network.dispose();
    again.dispose();
  }
}

/** A copy of an option, for JSON: lists as arrays. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plain);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

/** All data of a run, by their names. */
function dataOf(inputs: unknown, targets: unknown, { sampleWeights = [], validation }: MoreData): Record<string, Row | Rows> {
  if (validation !== undefined && (typeof validation !== "object" || validation === null)) {
    throw wrongKind("validation", "{ split } or { inputs, targets }", validation);
  }
  const { split, ...own } = { inputs: [], targets: [], ...validation } as { split?: number; inputs: unknown; targets: unknown };
  const lists = {
    inputs,
    targets,
    sampleWeights,
    "validation.inputs": own.inputs,
    "validation.targets": own.targets,
    "validation.split": split === undefined ? [] : [split],
  };
  for (const [name, list] of Object.entries(lists)) checkList(name, list);
  return lists as Record<string, Row | Rows>;
}
