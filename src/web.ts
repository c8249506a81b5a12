// Model files where there is no disk: blobs, responses, streams and IndexedDB, for browsers and whatever knows their objects: `feedforward/web`. It knows bytes only and
// imports nothing, so that it goes along with any form of the library.

import { wrongKind, wrongValue } from "./errors.js";
import type { Bytes } from "./model-file.js";

/** What can be saved: a `NeuralNetwork`. */
export interface Saved {
  save(options?: { readonly weightsOnly?: boolean }): Bytes;
}

/** Where bytes come from. */
export type ByteSource = Blob | Response | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array;

const DATABASE = "feedforward";
const STORE = "networks";

/** The network's file as a blob: to be downloaded, sent or stored. */
export function toBlob(network: Saved, options?: { readonly weightsOnly?: boolean }): Blob {
  return new Blob([fileOf(network, options)], { type: "application/octet-stream" });
}

/**
 * All bytes of a blob (a `File` is one), a response, a stream or a promise of one, for `NeuralNetwork.load`.
 *
 * @param options at most so many bytes are taken: default 4 GiB, which no file exceeds
 * @throws the promise is rejected: TypeError for something else and for a stream of something else, RangeError for a response that is none of success and for more bytes
 */
export async function bytesOf(source: ByteSource | PromiseLike<ByteSource>, options?: { readonly most?: number }): Promise<Uint8Array> {
  const { most = 2 ** 32 } = options ?? {};
  if (!(typeof most === "number" && most >= 0)) throw wrongValue("most", "a number of bytes", most);
  const given = await source;
  const limited = (bytes: Uint8Array) => {
    if (bytes.length > most) throw tooMany(most);
    return bytes;
  };
  const is = <T>(value: unknown, ...kinds: readonly string[]): value is T => kinds.includes(kindOf(value));
  if (is<Uint8Array>(given, "Uint8Array")) return limited(given);
  if (is<ArrayBuffer>(given, "ArrayBuffer")) return limited(new Uint8Array(given));
  if (is<Blob>(given, "Blob", "File")) {
    if (given.size > most) throw tooMany(most);
    return new Uint8Array(await given.arrayBuffer());
  }
  if (is<Response>(given, "Response")) {
    if (!given.ok) throw wrongValue("response", "one of success", given.status);
    return given.body ? fromStream(given.body, most) : new Uint8Array();
  }
  if (is<ReadableStream>(given, "ReadableStream")) return fromStream(given, most);
  throw wrongKind("source", "a Blob, a Response, a stream or bytes", given);
}

/** The name of an object's class, of whatever realm: a frame's blob is one, too. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

async function fromStream(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (kindOf(value) !== "Uint8Array") throw wrongKind("source", "a stream of Uint8Arrays", value);
      length += value.length;
      if (length > most) throw tooMany(most);
      parts.push(value);
    }
  } catch (error) {
    // Nobody reads on.
    await reader.cancel(error).catch(() => {});
    throw error;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function tooMany(most: number): RangeError {
  return wrongValue("source", `at most ${most} bytes, got more`);
}

/** Keeps the network's file in the browser under a name, in place of the one that was there; either of them is there whatever happens. */
export async function saveToIndexedDB(network: Saved, name: string, options?: { readonly weightsOnly?: boolean }): Promise<void> {
  checkName(name);
  const bytes = fileOf(network, options);
  await inStore("readwrite", (store) => store.put(bytes, name));
}

/** The bytes that were kept under a name, for `NeuralNetwork.load`; undefined where there are none. */
export async function bytesFromIndexedDB(name: string): Promise<Uint8Array | undefined> {
  checkName(name);
  return inStore<Uint8Array | undefined>("readonly", (store) => store.get(name));
}

/** Forgets what was kept under a name. */
export async function deleteFromIndexedDB(name: string): Promise<void> {
  checkName(name);
  await inStore("readwrite", (store) => store.delete(name));
}

/** The names under which networks are kept. */
export async function namesInIndexedDB(): Promise<string[]> {
  return (await inStore("readonly", (store) => store.getAllKeys())) as string[];
}

/** Of a network of whichever form of the library. */
function fileOf(network: Saved, options: { readonly weightsOnly?: boolean } | undefined): Bytes {
  if (typeof network?.save !== "function") throw wrongKind("network", "a NeuralNetwork", network);
  return network.save(options);
}

function checkName(name: unknown): void {
  if (typeof name !== "string") throw wrongKind("name", "a string", name);
}

/** Asks the store for something and answers it once the transaction is done. */
async function inStore<R>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
  const database = await opened();
  try {
    return await new Promise<R>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  if (typeof indexedDB !== "object") throw new Error("IndexedDB: this host has none");
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("IndexedDB: another page holds an older database"));
  });
}
