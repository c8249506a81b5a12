import { closeSync, openSync } from "node:fs";
import { parseArgs } from "node:util";
import { CASES, type PeerCase } from "./cases.js";
import { PEERS, type Peer } from "./peers.js";

export interface Arguments {
  readonly help: boolean;
  readonly quick: boolean;
  readonly json: string | undefined;
  /** `undefined`: each peer's default. */
  readonly threads: 1 | undefined;
  readonly cases: readonly PeerCase[];
  readonly peers: readonly Peer[];
}

export const HELP = `npm run bench:peers -- [options]

  --case NAME    only this case; may be repeated. ${CASES.map(({ name }) => name).join(", ")}
  --peer NAME    only this one; may be repeated. ${PEERS.map(({ implementation }) => implementation).join(", ")}
  --threads N    1 (everything on one core), or default (what each peer takes by itself); default 1
  --json FILE    writes the figures to a file too
  --quick        shows that everything works; its figures mean nothing
  --help         prints this

The first run installs the peers into bench/peers. FEEDFORWARD_PEERS_PYTHON names a Python that has the packages already.
`;

/** @throws Error that says in one line what is wrong */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: "string", multiple: true },
      peer: { type: "string", multiple: true },
      threads: { type: "string", default: "1" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const cases = choose("--case", CASES, ({ name }) => name, values.case);
  const peers = choose("--peer", PEERS, ({ implementation }) => implementation, values.peer);
  if (values.threads !== "1" && values.threads !== "default") {
    throw new RangeError(`--threads: expected 1 or default, got "${values.threads}"`);
  }
  // A file that cannot be written is a wrong option, better known now than after the work.
  if (values.json !== undefined) closeSync(openSync(values.json, "a"));
  return { help: values.help, quick: values.quick, json: values.json, threads: values.threads === "1" ? 1 : undefined, cases, peers };
}

function choose<T>(option: string, all: readonly T[], nameOf: (one: T) => string, names: readonly string[] | undefined): readonly T[] {
  if (names === undefined) return all;
  const unknown = names.find((name) => !all.some((one) => nameOf(one) === name));
  if (unknown !== undefined) throw new RangeError(`${option}: expected one of ${all.map(nameOf).join(", ")}, got "${unknown}"`);
  return all.filter((one) => names.includes(nameOf(one)));
}
