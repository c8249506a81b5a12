/// <reference types="node" />

// Model files on a disk, for Node, Deno and Bun: `feedforward/node`.

import { randomUUID } from "node:crypto";
import { open, readFile, readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompiledModule } from "./binary.js";
import { wrongKind } from "./errors.js";
import { NeuralNetwork } from "./index.js";

/** So many characters of a file's name begin that of the one which is written beside it. No system has names of less than 255 bytes. */
const NAME_LENGTH = 40;

/** The last of the saves to each path that are under way. */
const saves = new Map<string, Promise<unknown>>();

/**
 * Saves a network, as it is now, to a file. Whoever reads the path, at whatever time, and though the process be killed or the power fail, finds the file that was there before or the
 * new one, whole: it is written beside, flushed, and renamed. A process that is killed meanwhile leaves `.name.….tmp` behind. Of several saves to a path that are under way at once, the
 * one that was asked for last is there in the end. What is no file, such as a device, is written to as it is.
 *
 * @throws the promise is rejected with what `save` throws, and with the errors of Node's file system
 */
export async function saveFile(network: NeuralNetwork, path: string | URL, options?: { readonly weightsOnly?: boolean }): Promise<void> {
  if (!(network instanceof NeuralNetwork)) throw wrongKind("network", "a NeuralNetwork", network);
  const given = resolve(pathOf(path));
  const bytes = network.save(options);
  const before = saves.get(given);
  const saving = (async () => {
    await before?.catch(() => {});
    await put(bytes, given);
  })();
  saves.set(given, saving);
  try {
    await saving;
  } finally {
    if (saves.get(given) === saving) saves.delete(given);
  }
}

/** Makes these bytes what a path has. */
async function put(bytes: Uint8Array, path: string): Promise<void> {
  const target = await followed(path);
  const status = await stat(target).catch(notThere);
  // A folder is refused by the system, in its own words.
  if (status && !status.isFile()) return writeFile(target, bytes);
  const beside = join(dirname(target), `.${basename(target).slice(0, NAME_LENGTH)}.${randomUUID()}.tmp`);
  try {
    const file = await open(beside, "wx");
    try {
      if (status) await file.chmod(status.mode & 0o777);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Where a path leads to: a link stays one, and what it leads to is written, be it there or not. */
async function followed(path: string): Promise<string> {
  const there = await realpath(path).catch(notThere);
  if (there !== undefined) return there;
  const link = await readlink(path).catch(notThere);
  return link === undefined ? path : followed(resolve(dirname(path), link));
}

function notThere(error: { readonly code?: string }): undefined {
  if (error.code !== "ENOENT") throw error;
}

/**
 * The network of a file.
 *
 * @throws the promise is rejected with what `NeuralNetwork.load` throws, and with the errors of Node's file system
 */
export async function loadFile(
  path: string | URL,
  options?: { readonly core?: CompiledModule; readonly untrained?: boolean },
): Promise<NeuralNetwork> {
  return NeuralNetwork.load(await readFile(pathOf(path)), options);
}

function pathOf(path: string | URL): string {
  if (typeof path === "string") return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw wrongKind("path", "a string or a URL", path);
}

/** The new name outlives a failure of power once the folder is written, which not all systems can be asked for. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"].includes((error as { code?: string }).code ?? "")) throw error;
  }
}
