import { Abi, Header, LayerField, type Loss, Status } from "./abi.js";
import type { CompiledModule } from "./binary.js";
import { Block, layerField } from "./block.js";
import { instantiate } from "./core.js";
import { wrongKind } from "./errors.js";
import { COLUMNS, type Columns } from "./history.js";
import { ACTIVATIONS, type ActivationName } from "./options/layers.js";
import { LOSSES, type LossName } from "./options/losses.js";
import type { Plan } from "./options/network.js";

/** Why a model file was not written or read. These never change. */
export type ModelFileErrorCode = (typeof REFUSALS)[number][0];

/** Bytes that are no model file or not that of this network, or a network that cannot be one. */
export class ModelFileError extends RangeError {
  override readonly name = "ModelFileError";
  declare readonly code: ModelFileErrorCode;

  constructor(name: string, status: number) {
    const [code, expected] = REFUSALS[status - Status.NoModelFile] as (typeof REFUSALS)[number];
    super(`${name}: expected ${expected}`);
    this.code = code;
  }
}

/** By status of the core; the last is the wrapper's too. */
const REFUSALS = [
  ["notModelFile", "a model file"],
  ["newerVersion", "version 1 of the format, got a newer one"],
  ["damaged", "a model file that is neither cut off nor changed"],
  ["otherNetwork", "the file of a network with the same options"],
  ["malformedHeader", "a header that belongs to the configuration"],
  ["unsoundNumbers", "numbers that a network can have"],
  ["nonFiniteNumbers", "finite parameters, statistics and moments"],
  ["tooLarge", "a header up to 1 MiB and a network up to 4 GiB"],
  ["unfitText", "a text as save writes it"],
] as const;

/** What a model file holds besides the core's block. */
export interface Contents {
  readonly past: Columns;
  readonly notes: Map<string, string>;
}

/** A network that was read from a file, as the class takes it. */
export class Opened implements Contents {
  constructor(
    readonly plan: Plan,
    readonly block: Block,
    readonly past: Columns,
    readonly notes: Map<string, string>,
  ) {}
}

/** The network's model file, in bytes of its own. May grow the block's memory. */
export function saveFile(block: Block, weightsOnly: boolean, { past, notes }: Contents): Uint8Array {
  const { core, base } = block;
  const names = weightsOnly ? [] : Object.keys(past);
  const columns = names.map((name) => past[name] as number[]);
  const text = new TextEncoder().encode(textOf(names, notes));
  const rows = columns[0]?.length ?? 0;
  const history = columns.length * rows * 8;
  const save = (at: number, from: number) => {
    const bytes = core.save(base, at, Number(weightsOnly), from + history, text.length, from, columns.length, rows);
    if (bytes < 0) throw new ModelFileError("save", -bytes);
    return bytes;
  };
  const place = () => {
    const from = block.roomBehind(history + text.length);
    columns.forEach((column, i) => {
      new Float64Array(core.memory.buffer, from + i * rows * 8).set(column);
    });
    new Uint8Array(core.memory.buffer, from + history).set(text);
    return from;
  };
  const bytes = save(0, place());
  const offset = Math.ceil((history + text.length) / 16) * 16;
  const at = block.roomBehind(offset + bytes) + offset;
  save(at, at - offset);
  return new Uint8Array(core.memory.buffer, at, bytes).slice();
}

/** Puts what a file holds into a network that was made with the same options. Throws before anything has changed. */
export function restoreFile(block: Block, given: unknown): void {
  load(block, "restore", given);
}

/** A network of its own for what a file holds. */
export function openFile(given: unknown, core: CompiledModule | undefined, untrained: boolean): Opened {
  let file: Uint8Array = new Uint8Array();
  const block = new Block(undefined, instantiate(core), undefined, (block) => {
    file = load(block, "load", given);
  });
  // The core has found the header to be such as it writes.
  const head = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + head)));
  const { text } = header.__metadata__;
  const past: Columns = {};
  let notes: Map<string, string>;
  try {
    const [names, entries] = text === "" ? [[], []] : JSON.parse(text);
    const [columns, rows] = header.history?.shape ?? [0, 0];
    const start = 8 + head + (header.history?.data_offsets[0] ?? 0);
    names.forEach((name: string, i: number) => {
      if (!COLUMNS.includes(name)) throw text;
      past[name] = Array.from(new Float64Array(new Uint8Array(file.subarray(start + 8 * i * rows, start + 8 * (i + 1) * rows)).buffer));
    });
    notes = new Map(entries);
    // Whatever else stands there, it is not written so.
    if (names.length !== columns || (columns && !past.epoch) || textOf(Object.keys(past), notes) !== text) throw text;
  } catch {
    throw new ModelFileError("load", Status.UnfitText);
  }
  const plan = planOf(block, core);
  return untrained ? new Opened(plan, new Block(plan), {}, notes) : new Opened(plan, block, past, notes);
}

function load(block: Block, name: string, given: unknown): Uint8Array {
  if (!(given instanceof Uint8Array)) throw wrongKind(name, "a Uint8Array", given);
  // Of its own where others might write to it meanwhile.
  const file = given.buffer instanceof ArrayBuffer && given.buffer !== block.core.memory.buffer ? given : new Uint8Array(given);
  const status = block.load(file);
  if (status !== Status.Ok) throw new ModelFileError(name, status);
  return file;
}

/** The text of the metadata, in ASCII: the names of the history's columns, and the notes. */
function textOf(names: readonly string[], notes: ReadonlyMap<string, string>): string {
  if (names.length + notes.size === 0) return "";
  for (const [key, note] of notes) {
    if (typeof key !== "string" || typeof note !== "string") throw wrongKind("notes", "strings by strings", note);
  }
  return JSON.stringify([names, [...notes]]).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The options that a block was made with, as far as they are in it. */
function planOf(block: Block, core: CompiledModule | undefined): Plan {
  // All words of a part of the block, of which those that are no options are written over again when a block is laid out.
  const words = (at: number, from: number, end: number) => {
    const uints: Record<number, number> = {};
    for (let field = from; field < end; field += 4) uints[field] = block.uint(at + field);
    return uints;
  };
  const nameOf = <K extends string>(codes: Readonly<Record<K, number>>, code: number) =>
    (Object.keys(codes) as K[]).find((name) => codes[name] === code) as K;
  const code: Loss = block.uint(Header.Loss);
  return {
    inputs: block.inputs,
    layers: Array.from({ length: block.uint(Header.LayerCount) }, (_, l) => {
      const at = layerField(l, 0);
      const uint = (field: LayerField) => block.uint(at + field);
      return {
        units: uint(LayerField.Units),
        activation: nameOf<ActivationName>(ACTIVATIONS, uint(LayerField.Activation)),
        bias: uint(LayerField.Bias) > 0,
        values: undefined,
        normalization: uint(LayerField.Normalization),
        dropout: block.double(at + LayerField.Dropout),
        residual: uint(LayerField.Residual) > 0,
        trainable: uint(LayerField.Trainable) > 0,
        uints: words(at, 0, Abi.LayerBytes),
        doubles: {
          [LayerField.Parameter]: block.double(at + LayerField.Parameter),
          [LayerField.NormalizationEpsilon]: block.double(at + LayerField.NormalizationEpsilon),
        },
      };
    }),
    loss: { name: nameOf<LossName>(LOSSES, code), code, parameter: block.double(Header.LossParameter) },
    reduction: block.uint(Header.Reduction),
    optimizer: {
      code: block.uint(Header.Optimizer),
      uints: {
        ...words(0, Header.LearningRate, Header.SampleCapacity),
        ...words(0, Header.Optimizer, Header.Rate),
        [Header.PairCapacity]: block.uint(Header.PairCapacity),
      },
      doubles: {},
    },
    precision: block.elementBytes > 4 ? "float64" : "float32",
    seed: block.uint(Header.Seed),
    core,
  };
}
