import { Abi, Header, type LayerField, Status } from "./abi.js";
import { type Core, instantiate, statusError } from "./core.js";
import type { Fields } from "./options/check.js";
import type { Plan } from "./options/network.js";

/** Bytes of one page of WebAssembly memory, and of all that can be addressed. */
const PAGE = 65536;
const ADDRESSABLE = 2 ** 32;

/** Of a large file this much says where it must stand. */
const FILE_HEAD = 2 ** 22;

/** The fields of the header that only make room. */
const ROOM = [Header.SampleCapacity, Header.Training, Header.Shuffle, Header.RestoreBest, Header.InputGradient] as const;

/** All that decide how much room there is, and that a call may want to be larger; the others also say what is done. */
const FIELDS = [...ROOM, Header.BatchRows, Header.Labels, Header.Weighted, Header.Measures, Header.Evaluation] as const;

/** What a call needs room for; what it does not name stays. */
export type Demand = Partial<Record<(typeof FIELDS)[number], number>>;

/** Elements of the network's precision. */
export type Elements = Float64Array | Float32Array;

/**
 * A network's block of linear memory in an instance of its own: lays it out, gives views of its regions, grows it. Views do not survive growth,
 * so they are made when asked for.
 */
export class Block {
  readonly core: Core;
  readonly base: number;
  readonly elementBytes: 4 | 8;
  readonly inputs: number;
  readonly outputs: number;
  #header: DataView;

  /** Of a plan, with what `fill` puts there instead of first weights; without a plan it says all. By default in an instance of its own, where it stands alone. */
  constructor(plan: Plan | undefined, core = instantiate(plan?.core), base = core.heapBase() >>> 0, fill?: (block: Block) => void) {
    this.core = core;
    this.base = base;
    const table = Header.Bytes + (plan?.layers.length ?? 0) * Abi.LayerBytes;
    this.#grow(table);
    this.#header = new DataView(this.core.memory.buffer);
    // The self-test, or who was here before, has left a network; everything starts from zeros.
    new Uint8Array(this.core.memory.buffer, this.base).fill(0, 0, Math.max(table, this.core.selfTestBytes()));
    if (plan) {
      this.#writePlan(plan);
      this.#layOut();
      if (!fill) this.core.initialize(this.base);
    }
    fill?.(this);
    this.elementBytes = this.uint(Header.ElementBytes) as 4 | 8;
    this.inputs = this.uint(Header.Inputs);
    this.outputs = this.uint(Header.Outputs);
  }

  #writePlan({ inputs, layers, seed, loss, reduction, optimizer, precision }: Plan): void {
    const uints = {
      [Header.ElementBytes]: precision === "float64" ? 8 : 4,
      [Header.Inputs]: inputs,
      [Header.LayerCount]: layers.length,
      [Header.Seed]: seed,
      [Header.Loss]: loss.code,
      [Header.Reduction]: reduction,
      [Header.SampleCapacity]: 1,
    };
    this.#write({ uints, doubles: { [Header.LossParameter]: loss.parameter } }, 0);
    this.#write(optimizer, 0);
    layers.forEach((layer, i) => {
      this.#write(layer, layerField(i, 0));
    });
  }

  /** Writes numbers to their offsets behind `at`. */
  #write({ uints, doubles }: Fields, at: number): void {
    for (const [field, value] of Object.entries(uints)) this.setUint(at + Number(field), value);
    for (const [field, value] of Object.entries(doubles)) this.setDouble(at + Number(field), value);
  }

  /**
   * Makes room for what a call needs. Room once made stays. Changes nothing if there is no room. Answers whether scratch regions have moved,
   * so that views of them are void.
   */
  ensure(demand: Demand): boolean {
    const before = this.#fields();
    const wanted = before.map((present, i) => {
      const asked = demand[FIELDS[i] as (typeof FIELDS)[number]] ?? present;
      return i < ROOM.length ? Math.max(present, asked) : asked;
    });
    if (wanted.every((value, i) => value === before[i])) return false;
    const rows = wanted[0] as number;
    if (rows >= ADDRESSABLE) throw tooLarge(rows * this.inputs * this.elementBytes);
    this.attempt(() => this.#setFields(wanted));
    return true;
  }

  /** Runs `task`, which may make room; if it throws, all lies as it did, and a run that was cut before goes on as it was meant to. */
  attempt<R>(task: () => R): R {
    const before = this.#fields();
    try {
      return task();
    } catch (error) {
      this.#setFields(before);
      throw error;
    }
  }

  #fields(): number[] {
    return FIELDS.map((field) => this.uint(field));
  }

  #setFields(values: readonly number[]): void {
    FIELDS.forEach((field, i) => {
      this.setUint(field, values[i] as number);
    });
    this.#layOut();
  }

  #layOut(): void {
    const bytes = this.core.layout(this.base);
    if (bytes < 0) throw statusError(-bytes as Status);
    this.#reach(bytes);
  }

  /** Makes sure that the memory has so many bytes from the base on. */
  #reach(bytes: number): void {
    if (this.base + bytes > ADDRESSABLE) throw tooLarge(bytes);
    this.#grow(bytes);
    if (this.#header.buffer !== this.core.memory.buffer) this.#header = new DataView(this.core.memory.buffer);
  }

  /** The address of `bytes` bytes behind the block: room until the next call that needs some. */
  roomBehind(bytes: number): number {
    const at = this.core.layout(this.base);
    this.#reach(at + bytes);
    return this.base + at;
  }

  /** Makes the network what a model file says, if the answer is `Ok`; else nothing has changed. A block that is not laid out yet becomes the file's. */
  load(file: Uint8Array): Status {
    const { core, base } = this;
    const { length } = file;
    const first = this.uint(Header.ElementBytes) ? core.layout(base) : Header.Bytes;
    let given = Math.min(length, FILE_HEAD);
    for (let at: number = first; ; ) {
      this.#reach(at + given);
      new Uint8Array(core.memory.buffer, base + at).set(given < length ? file.subarray(0, given) : file);
      const answer = core.load(base, base + at, length, given);
      if (answer === 0) break;
      // Whoever sees no more than the head of a file that was cut off or changed takes it for unsound.
      if (answer < 0 && (given === length || answer > -Status.DamagedFile)) return -answer;
      const next = Math.max(first, Math.ceil((answer - length) / Abi.Alignment) * Abi.Alignment);
      // All of it now, where its head need not move, or where so much more is asked for than the file has that it must be sound first.
      if (given < length && (answer < 0 || next === at || answer > 2 * length + FILE_HEAD)) given = length;
      else at = next;
    }
    this.#layOut();
    return Status.Ok;
  }

  #grow(bytes: number): void {
    const { memory } = this.core;
    const missing = this.base + bytes - memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      memory.grow(Math.ceil(missing / PAGE));
    } catch (error) {
      throw new RangeError(`this host has no room for a network of ${sizeOf(bytes)}`, { cause: error });
    }
  }

  uint(field: number): number {
    return this.#header.getUint32(this.base + field, true);
  }

  setUint(field: number, value: number): void {
    this.#header.setUint32(this.base + field, value, true);
  }

  double(field: number): number {
    return this.#header.getFloat64(this.base + field, true);
  }

  setDouble(field: number, value: number): void {
    this.#header.setFloat64(this.base + field, value, true);
  }

  /** A view of `length` elements where the offset in `field` points to. */
  view(field: number, length: number): Elements {
    return this.elements(this.uint(field), length);
  }

  /** A view of `length` elements from `offset` on. */
  elements(offset: number, length: number): Elements {
    const Type = this.elementBytes === 8 ? Float64Array : Float32Array;
    return new Type(this.core.memory.buffer, this.base + offset, length);
  }

  /** A view of the whole block and what follows it. */
  bytes(): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, this.base);
  }

  /** An image as src/background/image.ts has it, at once. */
  image(): Uint8Array<ArrayBuffer> {
    return this.bytes().slice(0, this.uint(Header.Gradient));
  }

  /** A view of `length` doubles where the offset in `field` points to. */
  doubles(field: number, length: number): Float64Array {
    return new Float64Array(this.core.memory.buffer, this.base + this.uint(field), length);
  }

  /** The entries of the history one after the other, each `HistoryWidth` numbers. It is empty afterwards. */
  takeHistory(): Float64Array {
    const length = this.uint(Header.HistoryLength) * this.uint(Header.HistoryWidth);
    this.setUint(Header.HistoryLength, 0);
    return this.doubles(Header.History, length).slice();
  }
}

/** The header offset of a field of layer `i`. */
export function layerField(i: number, field: LayerField): number {
  return Header.Bytes + i * Abi.LayerBytes + field;
}

function tooLarge(bytes: number): RangeError {
  return new RangeError(`the network needs ${sizeOf(bytes)}, but WebAssembly can address 4 GiB`);
}

/** "5368709120 bytes (5.0 GiB)" */
function sizeOf(bytes: number): string {
  return `${bytes} bytes (${(bytes / 2 ** 30).toFixed(1)} GiB)`;
}
