import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HERE } from "./command.js";
import type { Peer } from "./peers.js";

// Installs what the chosen peers need, once for each version of the lists. What cannot be installed shows when its worker fails, as a row.

const NODE_MODULES = join(HERE, "node_modules");
const VENV = join(HERE, ".venv");

/** @returns the Python to use: FEEDFORWARD_PEERS_PYTHON, else that of the virtual environment here */
export function install(peers: readonly Peer[], needsModel: boolean, say: (line: string) => void): string {
  if (peers.some(({ language, installed }) => installed && language === "javascript")) installPackages(say);
  const named = process.env.FEEDFORWARD_PEERS_PYTHON;
  if (named) return named;
  if (needsModel || peers.some(({ language }) => language === "python")) installPython(say);
  return join(VENV, "bin", "python");
}

function installPackages(say: (line: string) => void): void {
  const wanted = read("package-lock.json");
  const stamp = join(NODE_MODULES, ".installed");
  if (isCurrent(stamp, wanted)) return;
  say("npm ci in bench/peers …");
  if (run("npm", ["ci"], say)) writeFileSync(stamp, wanted);
}

function installPython(say: (line: string) => void): void {
  const wanted = read("requirements.txt");
  const stamp = join(VENV, ".installed");
  if (isCurrent(stamp, wanted)) return;
  say("pip install in bench/peers/.venv …");
  if (!run("python3", ["-m", "venv", VENV], say)) return;
  const pip = (...args: string[]) => run(join(VENV, "bin", "python"), ["-m", "pip", "install", "--quiet", ...args], say);
  if (pip("-r", join(HERE, "requirements.txt"))) writeFileSync(stamp, wanted);
  // One that is not to be had must not keep the others away.
  else for (const line of wanted.split("\n")) if (/^\w/.test(line)) pip(line);
}

function run(file: string, args: readonly string[], say: (line: string) => void): boolean {
  const { status, stderr, error } = spawnSync(file, args, { cwd: HERE, encoding: "utf8" });
  if (status === 0) return true;
  say(`${file} ${args.join(" ")}: ${(error?.message ?? stderr.trim().split("\n").at(-1)) || `ended with ${status}`}`);
  return false;
}

const read = (name: string): string => readFileSync(join(HERE, name), "utf8");

const isCurrent = (stamp: string, wanted: string): boolean => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
