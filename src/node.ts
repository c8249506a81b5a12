/// <reference types="node" />

// Model files on a disk, for Node, Deno and Bun: `feedforward/node`.

import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readlinkSync, realpathSync } from "node:fs";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { cwd } from "node:process";
import { fileURLToPath } from "node:url";
import type { CompiledModule } from "./binary.js";
import { wrongKind, wrongValue } from "./errors.js";
import { NeuralNetwork } from "./index.js";

/** So many characters of a file's name begin that of the one which is written beside it. No system has names of less than 255 bytes. */
const NAME_LENGTH = 40;

/** The last of the saves to each file that are under way, by its real name. */
const saves = new Map<string, Promise<unknown>>();

/**
 * Saves a network, as it is now, to a file. Whoever reads the path, at whatever time, and though the process be killed or the power fail, finds the file that was there before or the
 * new one, whole: it is written beside, flushed, and renamed. A process that is killed meanwhile leaves `.name.….tmp` behind. Of several saves to a file that are under way at once, by
 * whatever names, the one that was asked for last is there in the end. What is no file, such as a device, is written to as it is.
 *
 * @throws the promise is rejected with what `save` throws, with the errors of Node's file system, and with a RangeError where a link leads to a name that is not UTF-8
 */
export async function saveFile(network: NeuralNetwork, path: string | URL, options?: { readonly weightsOnly?: boolean }): Promise<void> {
  if (!(network instanceof NeuralNetwork)) throw wrongKind("network", "a NeuralNetwork", network);
  // Now: which save is the last one, goes by the calls, and links may lead elsewhere later.
  const target = targetOf(pathOf(path));
  const bytes = network.save(options);
  const before = saves.get(target);
  const saving = (async () => {
    await before?.catch(() => {});
    await put(bytes, target);
  })();
  saves.set(target, saving);
  try {
    await saving;
  } finally {
    if (saves.get(target) === saving) saves.delete(target);
  }
}

/** Makes these bytes what a file has. */
async function put(bytes: Uint8Array, target: string): Promise<void> {
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

/** What stands in a name for bytes that are no UTF-8. */
const UNREADABLE = "\ufffd";

/** The real name of the file that a path leads to, be it there or not: a link stays one, and what it leads to is written. */
function targetOf(path: string): string {
  const target = realName(path);
  // The name that was read would be another file's.
  if (target.includes(UNREADABLE) && !path.includes(UNREADABLE)) throw wrongValue("path", "a path to a name in UTF-8", target);
  return target;
}

function realName(path: string): string {
  const there = ifThere(() => realpathSync.native(path));
  if (there !== undefined) return there;
  // What `/dev/stdout` leads to may have no name.
  if (existsSync(path)) return path;
  // Only a folder's name ends so: the system says why there is none.
  if (path === "" || path.endsWith("/") || path.endsWith(sep)) closeSync(openSync(path, "w"));
  const folder = realpathSync.native(dirname(path));
  const link = ifThere(() => readlinkSync(path));
  if (link === undefined) return join(folder, basename(path));
  return realName(isAbsolute(link) ? link : join(folder, sep) + link);
}

function ifThere(look: () => string): string | undefined {
  try {
    return look();
  } catch (error) {
    return notThere(error as { code?: string });
  }
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

/** A path from the root, for the working directory may become another one. */
function pathOf(path: string | URL): string {
  if (path instanceof URL) return fileURLToPath(path);
  if (typeof path !== "string") throw wrongKind("path", "a string or a URL", path);
  if (path === "" || isAbsolute(path)) return path;
  // `..` behind a link leads to where the system says; Windows takes it by its text, too.
  return sep === "/" ? `${cwd()}/${path}` : resolve(path);
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
