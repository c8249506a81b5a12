/// <reference types="node" />

// Model files on a disk, for Node, Deno and Bun: `feedforward/node`.

import { randomUUID } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompiledModule } from "./binary.js";
import { wrongKind } from "./errors.js";
import { NeuralNetwork } from "./index.js";

/**
 * Saves a network, as it is now, to a file. Whoever reads the path, at whatever time, and though the process be killed or the power fail, finds the file that was there before or the
 * new one, whole: it is written beside, flushed, and renamed. A process that is killed meanwhile leaves `.name.….tmp` behind.
 *
 * @throws the promise is rejected with what `save` throws, and with the errors of Node's file system
 */
export async function saveFile(network: NeuralNetwork, path: string | URL, options?: { readonly weightsOnly?: boolean }): Promise<void> {
  if (!(network instanceof NeuralNetwork)) throw wrongKind("network", "a NeuralNetwork", network);
  const given = pathOf(path);
  const bytes = network.save(options);
  // A link stays one: what it leads to is replaced.
  const target = await realpath(given).catch(() => given);
  const mode = await stat(target).then(
    (status) => status.mode & 0o777,
    () => undefined,
  );
  const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const file = await open(beside, "wx");
    try {
      if (mode !== undefined) await file.chmod(mode);
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
