// npm run bench: this library beside what one would write instead, on this machine. `--help` tells the options.

import { closeSync, openSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Case } from "./case.js";
import { construct } from "./cases/construct.js";
import { iteration } from "./cases/iteration.js";
import { MODEL_FILE } from "./cases/model-file.js";
import { seed } from "./cases/seed.js";
import { think } from "./cases/think.js";
import { thinkWide } from "./cases/think-wide.js";
import { THREADS } from "./cases/threads.js";
import { LIMIT } from "./limit/cases.js";
import { FULL, LONG, measure, QUICK, SECTION } from "./measure.js";
import { type Result, theseVersions, thisMachine, writeReport } from "./report.js";
import { describeMachine, limitTable, table } from "./table.js";

/** Cases with a table of their own. */
const ALONE: readonly Case[] = [seed, iteration, think, thinkWide, construct, ...MODEL_FILE];

const CASES: readonly Case[] = [...ALONE, ...LIMIT, ...THREADS];

/** Names that stand for several cases. */
const SECTIONS: Readonly<Record<string, readonly Case[]>> = { limit: LIMIT, threads: THREADS };

const CHOICES = [...ALONE.map(({ name }) => name), ...Object.keys(SECTIONS)].join(", ");

const HELP = `npm run bench -- [options]

  --case NAME   only this case, or one of a section, such as forward-32x784x128-f32 or threads-b32; may be repeated.
                ${CHOICES}
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
  // Each with a table of its own.
  for (const subject of cases.filter((subject) => ALONE.includes(subject))) {
    const measured = await measure([subject], quick ? QUICK : FULL);
    console.log(`${table(`${subject.name}: ${subject.title}`, measured)}\n`);
    results.push(...measured);
  }
  const limit = cases.filter((subject) => LIMIT.includes(subject));
  if (limit.length > 0) {
    const measured = await measure(limit, quick ? QUICK : SECTION);
    console.log(
      `${limitTable("limit: the products of a layer, rows × inputs × units, beside the most that one core multiplies and adds", measured)}\n`,
    );
    results.push(...measured);
  }
  for (const subject of cases.filter((subject) => THREADS.includes(subject))) {
    const measured = await measure([subject], quick ? QUICK : LONG);
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
    const chosen = names.flatMap((name) => {
      const found = SECTIONS[name] ?? CASES.filter((subject) => subject.name === name);
      if (found.length === 0) throw new RangeError(`--case: expected one of ${CHOICES}, or a case of a section, got "${name}"`);
      return found;
    });
    // A file that cannot be written is a wrong option, better known now than after the work.
    if (values.json !== undefined) closeSync(openSync(values.json, "a"));
    const cases = names.length === 0 ? CASES : CASES.filter((subject) => chosen.includes(subject));
    return { help: values.help, quick: values.quick, json: values.json, cases };
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message.replaceAll("\n", " ")}\n`);
    process.exit(2);
  }
}
