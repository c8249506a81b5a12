import { Abi, Header, LayerField, type Status } from "./abi.js";
import { type Core, instantiate, statusError } from "./core.js";
import { ACTIVATIONS, INITIALIZERS, type Plan } from "./options.js";

/** Bytes of one page of WebAssembly memory, and of all that can be addressed. */
const PAGE = 65536;
const ADDRESSABLE = 2 ** 32;

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

  constructor(plan: Plan) {
    this.elementBytes = plan.precision === "float64" ? 8 : 4;
    this.inputs = plan.inputs;
    this.outputs = (plan.layers.at(-1) as Plan["layers"][number]).units;
    this.core = instantiate(plan.core);
    this.base = this.core.heapBase() >>> 0;
    this.#grow(Header.Bytes + plan.layers.length * Abi.LayerBytes);
    this.#header = new DataView(this.core.memory.buffer);
    // The self-test has left its network here; everything in front of the samples starts from zeros.
    new Uint8Array(this.core.memory.buffer, this.base).fill(0);
    this.setUint(Header.ElementBytes, this.elementBytes);
    this.setUint(Header.Inputs, plan.inputs);
    this.setUint(Header.LayerCount, plan.layers.length);
    this.setUint(Header.Seed, plan.seed);
    this.setUint(Header.Loss, plan.loss);
    this.setUint(Header.Reduction, plan.reduction);
    this.setDouble(Header.LearningRate, plan.learningRate);
    plan.layers.forEach((layer, i) => {
      this.setUint(layerField(i, LayerField.Units), layer.units);
      this.setUint(layerField(i, LayerField.Activation), ACTIVATIONS[layer.activation]);
      this.setUint(layerField(i, LayerField.Bias), layer.bias ? 1 : 0);
      this.setUint(layerField(i, LayerField.Initializer), INITIALIZERS[layer.initializer]);
    });
    this.#layOut(1, 0);
    this.core.initialize(this.base);
  }

  /**
   * Makes room for `rows` rows of samples, and for training where that is asked. Changes nothing if there is no room. Answers whether scratch
   * regions have moved, so that views of them are void.
   */
  ensure(rows: number, training: boolean): boolean {
    const capacity = this.uint(Header.SampleCapacity);
    const trained = this.uint(Header.Training);
    const wanted = Math.max(capacity, rows);
    const training01 = training ? 1 : trained;
    if (wanted === capacity && training01 === trained) return false;
    try {
      this.#layOut(wanted, training01);
      return true;
    } catch (error) {
      this.#layOut(capacity, trained);
      throw error;
    }
  }

  #layOut(rows: number, training: number): void {
    if (rows >= ADDRESSABLE) throw tooLarge(rows * this.inputs * this.elementBytes);
    this.setUint(Header.SampleCapacity, rows);
    this.setUint(Header.Training, training);
    const bytes = this.core.layout(this.base);
    if (bytes < 0) throw statusError(-bytes as Status);
    if (this.base + bytes > ADDRESSABLE) throw tooLarge(bytes);
    this.#grow(bytes);
    if (this.#header.buffer !== this.core.memory.buffer) this.#header = new DataView(this.core.memory.buffer);
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
    const Type = this.elementBytes === 8 ? Float64Array : Float32Array;
    return new Type(this.core.memory.buffer as ArrayBuffer, this.base + this.uint(field), length);
  }

  /** The losses in the history, which is empty afterwards. */
  takeHistory(): Float64Array {
    const losses = new Float64Array(
      this.core.memory.buffer,
      this.base + this.uint(Header.History),
      this.uint(Header.HistoryLength),
    ).slice();
    this.setUint(Header.HistoryLength, 0);
    return losses;
  }
}

/** The header offset of a field of layer `i`. */
export function layerField(i: number, field: LayerField): number {
  return Header.Bytes + i * Abi.LayerBytes + field;
}

function tooLarge(bytes: number): RangeError {
  return new RangeError(`the network needs ${sizeOf(bytes)}, but WebAssembly can address 4 GiB (${ADDRESSABLE} bytes)`);
}

/** "5368709120 bytes (5.0 GiB)" */
function sizeOf(bytes: number): string {
  return `${bytes} bytes (${(bytes / 2 ** 30).toFixed(bytes < 2 ** 37 ? 1 : 0)} GiB)`;
}
