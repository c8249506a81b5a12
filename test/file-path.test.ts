// feedforward/node: a path has the old file or the new one, whole, whatever happens to the process. FC_SEED=… repeats the moments of the kills, as far as a machine can.

import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ModelFileError, NeuralNetwork } from "feedforward";
import { loadFile, saveFile } from "feedforward/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUILDS } from "./support/builds.js";
import { randomSource } from "./support/data.js";
import { SEED } from "./support/property.js";

let folder: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "feedforward-path-")));
});

afterAll(() => {
  console.info(`processes were killed with FC_SEED=${SEED}`);
  rmSync(folder, { recursive: true, force: true });
});

/** A network whose weights are all the same number. */
function constant(value: number, width = 4): NeuralNetwork {
  return new NeuralNetwork({ inputs: width, layers: [{ units: width, initializer: { name: "constant", value } }] });
}

test("a file is what save gives, by a path and by a URL, with the options of save and of load", async () => {
  const network = constant(0.5);
  network.notes.set("a", "b");
  const path = join(folder, "one.safetensors");
  await saveFile(network, path);
  expect(Buffer.compare(readFileSync(path), network.save())).toBe(0);
  for (const { options } of BUILDS) expect(Buffer.compare((await loadFile(pathToFileURL(path), options)).save(), network.save())).toBe(0);
  await saveFile(network, pathToFileURL(path), { weightsOnly: true });
  expect(Buffer.compare(readFileSync(path), network.save({ weightsOnly: true }))).toBe(0);
  expect((await loadFile(path, { untrained: true })).notes.get("a")).toBe("b");
  expect(readdirSync(folder).filter((name) => name.includes("one"))).toEqual(["one.safetensors"]);
});

test("it is the network as it was when it was asked for", async () => {
  const network = constant(1);
  const path = join(folder, "when.safetensors");
  const saving = saveFile(network, path);
  network.layers[0]?.weights.fill(2);
  await saving;
  expect((await loadFile(path)).layers[0]?.weights[0]).toBe(1);
});

test("what a link leads to is replaced, its permissions stay", async () => {
  const [target, link] = [join(folder, "target.safetensors"), join(folder, "link.safetensors")];
  writeFileSync(target, "old");
  chmodSync(target, 0o640);
  symlinkSync(target, link);
  await saveFile(constant(3), link);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect((await loadFile(target)).layers[0]?.weights[0]).toBe(3);
  expect(statSync(target).mode & 0o777).toBe(0o640);
});

test("a link to a name that is not UTF-8 is refused, and nothing is written", async () => {
  const odd = Buffer.concat([Buffer.from(`${join(folder, "odd")}-`), Buffer.from([0xff])]);
  writeFileSync(odd, "before");
  const link = join(folder, "to-odd");
  symlinkSync(odd, link);
  const before = readdirSync(folder).length;
  await expect(saveFile(new NeuralNetwork(), link)).rejects.toThrow(/^path: expected a path to a name in UTF-8, got /);
  expect(readdirSync(folder).length).toBe(before);
  expect(readFileSync(odd, "utf8")).toBe("before");
});

test("of several saves at once the last is there in the end, and one that fails holds up none", async () => {
  const path = join(folder, "often.safetensors");
  for (let round = 0; round < 5; round++) {
    // In callbacks of train nobody can wait for a save. Each is smaller than the one before, so that it would be done earlier.
    const saves = Array.from({ length: 12 }, (_, i) => saveFile(constant(i, 12 * (12 - i)), round % 2 ? pathToFileURL(path) : path));
    await Promise.all(saves);
    expect((await loadFile(path)).layers[0]?.weights[0]).toBe(11);
  }
  const missing = join(folder, "later");
  const [first, second] = [saveFile(constant(1), join(missing, "file")), saveFile(constant(2), join(missing, "file"))];
  await expect(first).rejects.toMatchObject({ code: "ENOENT" });
  await expect(second).rejects.toMatchObject({ code: "ENOENT" });
  mkdirSync(missing);
  await saveFile(constant(3), join(missing, "file"));
  expect(readdirSync(missing)).toEqual(["file"]);
});

test.each(["link", "linked folder", "link in a linked folder", "link that leads nowhere yet", "`..` behind a link"])(
  "of several saves at once by several names, the last is there in the end: %s",
  async (how) => {
    for (let round = 0; round < 5; round++) {
      const real = mkdtempSync(join(folder, "real-"));
      mkdirSync(join(real, "below"));
      const [path, linked, link] = [join(real, "file"), `${real}-linked`, join(real, "link")];
      symlinkSync(real, linked);
      symlinkSync("file", link);
      symlinkSync(join(real, "below"), `${real}-below`);
      if (!how.includes("yet")) writeFileSync(path, "old");
      const other = {
        "linked folder": join(linked, "file"),
        "link in a linked folder": join(linked, "link"),
        "`..` behind a link": `${real}-below/../file`,
      }[how];
      const names = [path, other ?? link];
      // As above, each smaller than the one before; the last name is one, then the other.
      await Promise.all(Array.from({ length: 12 }, (_, i) => saveFile(constant(i, 12 * (12 - i)), names[(i + round) % 2] as string)));
      expect((await loadFile(path)).layers[0]?.weights[0]).toBe(11);
      expect(lstatSync(path).isFile()).toBe(true);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    }
  },
);

test("it is the file that a path led to when it was asked for", async () => {
  const [first, second, link] = [join(folder, "first-led"), join(folder, "second-led"), join(folder, "leads")];
  symlinkSync(first, link);
  const saves = [saveFile(constant(1), link)];
  rmSync(link);
  symlinkSync(second, link);
  saves.push(saveFile(constant(2), link));
  await Promise.all(saves);
  for (const [path, value] of [[first, 1] as const, [second, 2] as const]) {
    expect((await loadFile(path)).layers[0]?.weights[0]).toBe(value);
  }
});

test("`..` behind a link is where the system says, and so is the place that a link in there leads to", async () => {
  const real = join(folder, "elsewhere", "below");
  mkdirSync(real, { recursive: true });
  symlinkSync(real, join(folder, "to-below"));
  const path = `${folder}/to-below/../behind`;
  await saveFile(constant(1), path);
  expect((await loadFile(path)).layers[0]?.weights[0]).toBe(1);
  await saveFile(constant(2), path);
  expect((await loadFile(join(folder, "elsewhere", "behind"))).layers[0]?.weights[0]).toBe(2);
  symlinkSync("../to-below/../by-link", join(folder, "elsewhere", "link"));
  await saveFile(constant(3), `${folder}/to-below/../link`);
  expect((await loadFile(join(folder, "elsewhere", "by-link"))).layers[0]?.weights[0]).toBe(3);
  expect(readdirSync(folder).filter((name) => ["behind", "link", "by-link"].includes(name))).toEqual([]);
});

test("a relative path is one of the working directory at the call", () => {
  // In a process of its own, as workers cannot change theirs.
  const [here, there] = [mkdtempSync(join(folder, "here-")), mkdtempSync(join(folder, "there-"))];
  const code = `
    import { pbkdf2 } from "node:crypto";
    import { NeuralNetwork } from ${JSON.stringify(import.meta.resolve("feedforward"))};
    import { loadFile, saveFile } from ${JSON.stringify(import.meta.resolve("feedforward/node"))};
    const saving = [saveFile(new NeuralNetwork(), "one"), saveFile(new NeuralNetwork(), "./two")];
    process.chdir(${JSON.stringify(there)});
    await Promise.all(saving);
    process.chdir(${JSON.stringify(here)});
    // Node's only thread for files is busy until the folder is another one.
    pbkdf2("", "", 100_000, 8, "sha1", () => {});
    const loading = loadFile("one");
    process.chdir(${JSON.stringify(there)});
    console.log((await loading).inputs);`;
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: here, env, encoding: "utf8" });
  expect(output).toBe("3\n");
  expect(readdirSync(here)).toEqual(["one", "two"]);
  expect(readdirSync(there)).toEqual([]);
});

test("what ends in a slash is no file's name", async () => {
  const network = constant(1);
  const path = join(folder, "slash");
  await expect(saveFile(network, `${path}/`)).rejects.toMatchObject({ code: "EISDIR", path: `${path}/` });
  await saveFile(network, path);
  symlinkSync("slash", `${path}-link`);
  symlinkSync("slash/", `${path}-wrong`);
  for (const wrong of [`${path}/`, `${path}-link/`, `${path}-wrong`, `${path}/.`, `${path}/../slash`, `${path}/below`]) {
    await expect(saveFile(constant(2), wrong), wrong).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(loadFile(wrong), wrong).rejects.toMatchObject({ code: "ENOTDIR" });
  }
  for (const missing of [`${path}-none/below/`, `${path}-none/../slash`, ""]) {
    await expect(saveFile(constant(2), missing), missing).rejects.toMatchObject({ code: "ENOENT" });
  }
  await expect(saveFile(constant(2), `${folder}/`)).rejects.toMatchObject({ code: "EISDIR" });
  await expect(saveFile(constant(2), `${path}\0`)).rejects.toMatchObject({ code: "ERR_INVALID_ARG_VALUE" });
  expect((await loadFile(path)).layers[0]?.weights[0]).toBe(1);
  expect(readdirSync(folder).filter((name) => name.includes("slash"))).toEqual(["slash", "slash-link", "slash-wrong"]);
});

test("a file that is for reading only is replaced and stays so; its other names keep the old one", async () => {
  const [path, other] = [join(folder, "read-only"), join(folder, "hard-link")];
  writeFileSync(path, "old");
  linkSync(path, other);
  chmodSync(path, 0o444);
  await saveFile(constant(7), path);
  expect((await loadFile(path)).layers[0]?.weights[0]).toBe(7);
  expect(statSync(path).mode & 0o777).toBe(0o444);
  expect(readFileSync(other, "utf8")).toBe("old");
});

test("a link that leads nowhere yet stays one, and one that leads to itself is refused", async () => {
  const [target, link, loop] = [join(folder, "yet.safetensors"), join(folder, "to-yet"), join(folder, "loop")];
  symlinkSync("yet.safetensors", link);
  await saveFile(constant(4), link);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect((await loadFile(target)).layers[0]?.weights[0]).toBe(4);
  symlinkSync("loop", loop);
  await expect(saveFile(constant(4), loop)).rejects.toMatchObject({ code: "ELOOP" });
  expect(lstatSync(loop).isSymbolicLink()).toBe(true);
});

test("names may be as long as the system has them, in any script", async () => {
  for (const name of ["x".repeat(255), "網".repeat(85)]) {
    await saveFile(constant(5), join(folder, name));
    expect((await loadFile(join(folder, name))).layers[0]?.weights[0]).toBe(5);
  }
});

test("a pipe is written to and stays one; a folder is refused by its name", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const network = constant(6);
  const [read] = await Promise.all([readFile(pipe), saveFile(network, pipe)]);
  expect(Buffer.compare(read, network.save())).toBe(0);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  await expect(saveFile(network, folder)).rejects.toMatchObject({ code: "EISDIR", path: folder });
});

test.skipIf(process.platform === "win32")("a pipe without a name is written to, too", () => {
  const code = `
    import { NeuralNetwork } from ${JSON.stringify(import.meta.resolve("feedforward"))};
    import { saveFile } from ${JSON.stringify(import.meta.resolve("feedforward/node"))};
    await saveFile(new NeuralNetwork(), "/dev/stdout");`;
  // The shell's pipe: those of Node's child processes are sockets.
  const read = execFileSync("sh", ["-c", '"$0" --input-type=module --eval "$1" | cat', process.execPath, code]);
  expect(Buffer.compare(read, new NeuralNetwork().save())).toBe(0);
});

test("what cannot be written leaves nothing behind, and what was there", async () => {
  await expect(saveFile(constant(1), join(folder, "none", "file"))).rejects.toMatchObject({ code: "ENOENT" });
  const isFolder = join(folder, "folder");
  await saveFile(constant(1), join(folder, "other.safetensors"));
  const before = readdirSync(folder);
  await expect(saveFile(constant(1), folder)).rejects.toThrow();
  const wrong = constant(1);
  wrong.layers[0]?.weights.fill(Number.NaN);
  await expect(saveFile(wrong, join(folder, "other.safetensors"))).rejects.toMatchObject({ code: "nonFiniteNumbers" });
  expect(readdirSync(folder)).toEqual(before);
  expect(readdirSync(join(folder, "..")).filter((name) => name.endsWith(".tmp") && name.includes("feedforward-path"))).toEqual([]);
  expect((await loadFile(join(folder, "other.safetensors"))).layers[0]?.weights[0]).toBe(1);
  await expect(loadFile(isFolder)).rejects.toMatchObject({ code: "ENOENT" });
  writeFileSync(join(folder, "text"), "no model");
  await expect(loadFile(join(folder, "text"))).rejects.toBeInstanceOf(ModelFileError);
  await expect(saveFile(constant(1), 5 as unknown as string)).rejects.toEqual(new TypeError("path: expected a string or a URL, got 5"));
  await expect(saveFile({} as NeuralNetwork, "x")).rejects.toEqual(new TypeError("network: expected a NeuralNetwork, got an object"));
});

test("200 processes that are killed while they save lose nothing", { timeout: 300_000 }, async () => {
  const random = randomSource(SEED);
  let [kills, saves, midway] = [0, 0, 0];
  const chain = async (name: string) => {
    const path = join(folder, `${name}.safetensors`);
    // Two megabytes, so that most of a process' time goes into writing.
    await saveFile(constant(1, 512), path);
    let value = 1;
    for (let i = 0; i < 100; i++) {
      const output = await killed(path, 1 + Math.floor(random() * 3), random() * 12);
      const done = output.trim().split("\n").map(Number);
      const last = done.at(-1) as number;
      expect(done).toEqual(Array.from({ length: done.length }, (_, k) => value + 1 + k));
      const { weights } = (await loadFile(path)).layers[0] as { weights: Float64Array };
      value = weights[0] as number;
      expect(weights.every((weight) => weight === value)).toBe(true);
      // The last save that was told of, or the one after it, which came through without a word.
      expect([last, last + 1]).toContain(value);
      kills++;
      saves += done.length;
      const left = readdirSync(folder).filter((file) => file.startsWith(`.${name}.`));
      midway += left.length;
      for (const file of left) rmSync(join(folder, file));
    }
  };
  await Promise.all([chain("first"), chain("second")]);
  expect(kills).toBe(200);
  expect(saves).toBeGreaterThanOrEqual(200);
  // That there were any in the midst of a save is what makes this a test.
  expect(midway).toBeGreaterThan(20);
});

/** What a process that saves to `path` has written when it is killed, some time after so many saves. */
function killed(path: string, saves: number, milliseconds: number): Promise<string> {
  const child = spawn(process.execPath, ["test/support/saver.mjs", path], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let isDoomed = false;
  child.stdout.on("data", (data) => {
    output += data;
    if (isDoomed || output.split("\n").length <= saves) return;
    isDoomed = true;
    setTimeout(() => child.kill("SIGKILL"), milliseconds);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_code, signal) => (signal === "SIGKILL" ? resolve(output) : reject(new Error(`it ended by ${signal}: ${output}`))));
  });
}
