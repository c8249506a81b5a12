// The core's own reader and writer of model files, in each build, without the wrapper.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Header, Status } from "../../src/abi.js";
import { Block } from "../../src/block.js";
import type { Core } from "../../src/core.js";

/** A build of the core that reads files into one place. */
export class FileCore {
  readonly name: string;
  readonly core: Core;

  constructor(name: string, binary: string) {
    this.name = name;
    const module = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve(`feedforward/${binary}`)));
    const shared = name === "threads" ? new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }) : undefined;
    const { exports } = new WebAssembly.Instance(module, shared ? { env: { memory: shared } } : {});
    this.core = { ...exports, ...(shared && { memory: shared }) } as unknown as Core;
  }

  /** What the core says of a file, and the block it has made of it. */
  load(file: Uint8Array): { status: Status; block: Block } {
    let status: Status = Status.Ok;
    const block = new Block(undefined, this.core, undefined, (block) => {
      block.setUint(Header.ElementBytes, 0);
      status = block.load(file);
    });
    return { status, block };
  }

  /** The file of a block, without text and history. */
  save(block: Block, weightsOnly = false): Uint8Array {
    const bytes = this.core.save(block.base, 0, Number(weightsOnly), 0, 0, 0, 0, 0);
    const at = block.roomBehind(bytes);
    const written = this.core.save(block.base, at, Number(weightsOnly), 0, 0, 0, 0, 0);
    if (written !== bytes) throw new Error(`status ${-written}`);
    return new Uint8Array(this.core.memory.buffer, at, bytes).slice();
  }

  get memoryBytes(): number {
    return this.core.memory.buffer.byteLength;
  }
}

export const fileCores = () => [
  new FileCore("SIMD", "feedforward.wasm"),
  new FileCore("scalar", "feedforward.scalar.wasm"),
  new FileCore("threads", "feedforward.threads.wasm"),
];
