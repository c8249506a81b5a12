// npm run bench: this library beside what one would write instead, on this machine. `--help` tells the options.

import { closeSync, openSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Case } from "./case.js";
import { construct } from "./cases/construct.js";
import { seed } from "./cases/seed.js";
import { think } from "./cases/think.js";
import { FULL, measure, QUICK } from "./measure.js";
import { type Result, theseVersions, thisMachine, writeReport } from "./report.js";
import { describeMachine, table } from "./table.js";

const CASES: readonly Case[] = [seed, think, construct];

const HELP = `npm run bench -- [options]

  --case NAME   only this case; may be repeated. ${CASES.map(({ name }) => name).join(", ")}
  --json FILE   writes the figures to a file too
  --quick       takes seconds and shows that everything works; its figures mean nothing
  --help        prints this
`;

const { help, quick, json, cases } = readArguments();
if (help) {
  process.stdout.write(HELP);
} else {
  const machine = thisMachine();
  const versions = theseVersions();
  console.log(`${describeMachine(machine, versions)}\n`);
  const results: Result[] = [];
  for (const subject of cases) {
    const measured = await measure(subject, quick ? QUICK : FULL);
    console.log(`${table(`${subject.name}: ${subject.title}`, measured)}\n`);
    results.push(...measured);
  }
  if (json !== undefined) writeReport(json, { machine, versions, results });
}

function readArguments(): { help: boolean; quick: boolean; json: string | undefined; cases: readonly Case[] } {
  try {
    const { values } = parseArgs({
      options: {
        case: { type: "string", multiple: true },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const names = values.case ?? [];
    const unknown = names.find((name) => !CASES.some((subject) => subject.name === name));
    if (unknown !== undefined)
      throw new RangeError(`--case: expected one of ${CASES.map(({ name }) => name).join(", ")}, got "${unknown}"`);
    // A file that cannot be written is a wrong option, better known now than after the work.
    if (values.json !== undefined) closeSync(openSync(values.json, "a"));
    const cases = names.length === 0 ? CASES : CASES.filter(({ name }) => names.includes(name));
    return { help: values.help, quick: values.quick, json: values.json, cases };
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message.replaceAll("\n", " ")}\n`);
    process.exit(2);
  }
}
