import { describe } from "../errors.js";
import { ImportError } from "./errors.js";

/** What a safetensors header says of a tensor. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where the tensor begins and ends, in bytes behind the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors header by its own narrow grammar, not as any JSON: so nothing nests deeper than the format does, a key that comes twice is
 * noticed, which JSON.parse would overlook, and a number is a whole one of plain digits. `__metadata__` is checked and passed over.
 */
export function readHeader(text: string): Map<string, Entry> {
  return new HeaderReader(text).read();
}

class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    // The format wants the brace at once; padding is behind.
    if (this.#text[0] !== "{") throw this.#error("{");
    this.#members((key) => {
      if (key === "__metadata__") this.#members(() => void this.#string());
      else entries.set(key, this.#entry(key));
    });
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error("its end");
    return entries;
  }

  #entry(name: string): Entry {
    let dtype: string | undefined;
    let shape: readonly number[] | undefined;
    let offsets: readonly number[] | undefined;
    this.#members((key) => {
      if (key === "dtype") dtype = this.#string();
      else if (key === "shape") shape = this.#numbers();
      else if (key === "data_offsets") offsets = this.#numbers();
      else throw new ImportError("syntax", `header: ${describe(name)} has the unknown key ${describe(key)}`);
    });
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      throw new ImportError("syntax", `header: ${describe(name)}: expected dtype, shape and two data_offsets`);
    }
    const [begin, end] = offsets as [number, number];
    return { dtype, shape, begin, end };
  }

  /** An object, whose values `value` reads behind their keys. */
  #members(value: (key: string) => void): void {
    const keys = new Set<string>();
    this.#take("{");
    if (this.#next("}")) return;
    do {
      const key = this.#string();
      if (keys.has(key)) throw new ImportError("syntax", `header: the key ${describe(key)} comes twice`);
      keys.add(key);
      this.#take(":");
      value(key);
    } while (this.#next(","));
    this.#take("}");
  }

  #numbers(): number[] {
    const numbers: number[] = [];
    this.#take("[");
    if (this.#next("]")) return numbers;
    do {
      this.#skipSpace();
      const digits = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;
      digits.lastIndex = this.#at;
      const n = Number(digits.exec(this.#text)?.[0] ?? Number.NaN);
      if (!Number.isSafeInteger(n)) throw this.#error("a whole number from 0 to 2⁵³ − 1");
      this.#at = digits.lastIndex;
      numbers.push(n);
    } while (this.#next(","));
    this.#take("]");
    return numbers;
  }

  #string(): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#error("a string");
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    try {
      const value: string = JSON.parse(this.#text.slice(start, end + 1));
      if (/\p{Surrogate}/u.test(value)) throw this.#error("a string without unpaired surrogates");
      this.#at = end + 1;
      return value;
    } catch (error) {
      throw error instanceof ImportError ? error : this.#error("a string");
    }
  }

  #take(sign: string): void {
    if (!this.#next(sign)) throw this.#error(sign);
  }

  #next(sign: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "-")) this.#at++;
  }

  #error(expected: string): ImportError {
    const rest = this.#text.slice(this.#at, this.#at + 41);
    return new ImportError(
      "syntax",
      `header, character ${this.#at}: expected ${expected}, got ${rest === "" ? "its end" : describe(rest)}`,
    );
  }
}
