/** `WebAssembly.Module`, where the TypeScript libraries in use know it (`dom` or a host's own types), else any object. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: abstract new (...bytes: never[]) => infer Module } }
  ? Module
  : object;

/** A binary as `scripts/build.mjs` embeds it. */
export type Embedded = Packed | { readonly bytes: Uint8Array };

export interface Packed {
  readonly bytes?: undefined;
  /** The binary, packed, as `textOf` there writes bytes. */
  readonly packed: string;
  /** The module that unpacks, `assembly/packing/unpack.ts`, in hexadecimal. */
  readonly unpacker: string;
  /** The binary's length when unpacked. */
  readonly length: number;
}

interface Unpacker {
  readonly memory: WebAssembly.Memory;
  firstFree(): number;
  unpack(source: number, characters: number, target: number, size: number): void;
}

/** Compiles an embedded binary: half a millisecond in a new process. Where it has to be unpacked, as in browsers, that takes 50 ms more. */
export function compile(binary: Embedded): CompiledModule {
  return new WebAssembly.Module((binary.bytes ?? unpacked(binary)) as Uint8Array<ArrayBuffer>);
}

export function unpacked({ packed, unpacker, length }: Packed): Uint8Array {
  const binary = Uint8Array.from(unpacker.match(/../g) as string[], (byte) => Number(`0x${byte}`));
  const { memory, firstFree, unpack } = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as unknown as Unpacker;
  const source = firstFree();
  const target = source + packed.length;
  memory.grow(Math.ceil((target + length) / 65536));
  // Not by a TextEncoder, which worklets and bare contexts have none of.
  const text = new Uint8Array(memory.buffer, source);
  for (let i = 0; i < packed.length; i++) text[i] = packed.charCodeAt(i);
  unpack(source, packed.length, target, length);
  return new Uint8Array(memory.buffer).slice(target, target + length);
}
