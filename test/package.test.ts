// The package as its users get it: packed, installed into an empty folder, and used there by programs that know nothing of this repository.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as esbuild from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const TUTORIAL = `
const network = new NeuralNetwork();
network.train([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]], [[0], [1], [1], [0]], 15_000);
console.log(network.think([1, 0, 0])[0]);
`;
const ANSWER = "0.9999584016709994\n";

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** Beside each other: the tarball, and a project that has nothing but it installed. */
let folder: string;
let project: string;
let tarball: string;
let packed: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feedforward-package-"));
  project = join(folder, "project");
  mkdirSync(project);
  // Without scripts: the package is built already, and prepack would build it again under the feet of other tests.
  const [pack] = JSON.parse(npm(process.cwd(), "pack", "--ignore-scripts", "--json", "--pack-destination", folder));
  tarball = join(folder, pack.filename);
  packed = pack.files.map(({ path }: { path: string }) => path);
  write("package.json", JSON.stringify({ private: true, type: "module" }));
  npm(project, "install", "--prefer-offline", tarball);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(cwd: string, ...args: string[]): string {
  return output(spawnSync("npm", args, { cwd, encoding: "utf8", shell: process.platform === "win32" }));
}

function node(cwd: string, ...args: string[]): string {
  return output(spawnSync(process.execPath, args, { cwd, encoding: "utf8" }));
}

function output({ status, stdout, stderr, error }: ReturnType<typeof spawnSync>): string {
  if (status !== 0) throw error ?? new Error(`exit status ${status}\n${stdout}\n${stderr}`);
  return String(stdout);
}

/** Writes a file of the project. */
function write(name: string, text: string): string {
  writeFileSync(join(project, name), text);
  return name;
}

/** The path of a command's script that a development dependency brings. */
function script(name: string, command: string): string {
  const path = require.resolve(`${name}/package.json`);
  return join(dirname(path), JSON.parse(readFileSync(path, "utf8")).bin[command]);
}

describe("contents", () => {
  test("are what users need, and nothing else", () => {
    expect(packed).toEqual(
      expect.arrayContaining(["package.json", "README.md", "CHANGELOG.md", "LICENSE", "dist/index.js", "docs/abi.md"]),
    );
    const known =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|CONTRIBUTING\.md|examples\/[\w.]+|docs\/(guide\/)?[\w-]+\.md|dist\/((options|background|import|receipt|export(\/(onnx|source|json))?)\/)?[\w-]+\.d\.ts|dist\/(index|scalar|async|worker|import|node|web|receipt|onnx|source|json|threads-core|slices-core|feedforward|simd\.\w+|scalar\.\w+)\.js|dist\/feedforward(\.\w+)?\.wasm)$/;
    expect(packed.filter((path) => !known.test(path))).toEqual([]);
  });

  test("have every file that exports and imports name", () => {
    const named =
      JSON.stringify([manifest.exports, manifest.imports])
        .match(/\.\/[^"]+\.[^"]+/g)
        ?.filter((path) => !Object.hasOwn(manifest.exports, path)) ?? [];
    expect(named.length).toBeGreaterThan(9);
    for (const path of named) expect(packed).toContain(path.slice(2));
  });

  test("need nothing else at run time", () => {
    expect(JSON.parse(npm(project, "ls", "--all", "--json")).dependencies.feedforward.dependencies).toBeUndefined();
  });
});

describe("Node", () => {
  test("imports it", () => {
    write("tutorial.mjs", `import { NeuralNetwork } from "feedforward";${TUTORIAL}`);
    expect(node(project, "tutorial.mjs")).toBe(ANSWER);
  });

  test("loads it from CommonJS", () => {
    // Node 20.19 and 22.12 and later can require an ES module; others import it, which CommonJS can do anywhere.
    const canRequire = (process.features as { require_module?: boolean }).require_module === true;
    write("required.cjs", `const { NeuralNetwork } = require("feedforward");${TUTORIAL}`);
    write("imported.cjs", `import("feedforward").then(({ NeuralNetwork }) => {${TUTORIAL}});`);
    for (const name of canRequire ? ["required.cjs", "imported.cjs"] : ["imported.cjs"]) expect(node(project, name)).toBe(ANSWER);
  });

  test("finds the scalar core", () => {
    const scalar = TUTORIAL.replace("NeuralNetwork()", "NeuralNetwork({ core: scalarCore() })");
    write("scalar.mjs", `import { NeuralNetwork } from "feedforward"; import { scalarCore } from "feedforward/scalar";${scalar}`);
    expect(node(project, "scalar.mjs")).toBe(ANSWER);
  });

  test("finds the importers, whose networks are of the class that users have", () => {
    write(
      "import.mjs",
      `import { NeuralNetwork } from "feedforward";
       import { fromScikitLearn } from "feedforward/import";
       const { network } = fromScikitLearn({ coefs_: [[[2]]], intercepts_: [[1]], activation: "relu", out_activation_: "identity" });
       console.log(network instanceof NeuralNetwork, network.think([3]));`,
    );
    expect(node(project, "import.mjs")).toBe("true [ 7 ]\n");
  });

  test("finds the file for browsers, which stands alone", () => {
    const path = node(project, "--print", 'require.resolve("feedforward/browser")').trim();
    const alone = join(folder, "alone");
    mkdirSync(alone);
    writeFileSync(join(alone, "feedforward.mjs"), readFileSync(path));
    writeFileSync(join(alone, "tutorial.mjs"), `import { NeuralNetwork } from "./feedforward.mjs";${TUTORIAL}`);
    expect(node(alone, "tutorial.mjs")).toBe(ANSWER);
  });

  test.each(["feedforward.wasm", "feedforward.scalar.wasm"])("finds %s, which imports nothing and can be passed as a core", (name) => {
    const compiled = TUTORIAL.replace("NeuralNetwork()", "NeuralNetwork({ core })");
    write(
      "core.mjs",
      `import { readFileSync } from "node:fs";
       import { fileURLToPath } from "node:url";
       import { NeuralNetwork } from "feedforward";
       const core = new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve("feedforward/${name}"))));
       if (WebAssembly.Module.imports(core).length !== 0) throw new Error("it has imports");${compiled}`,
    );
    expect(node(project, "core.mjs")).toBe(ANSWER);
  });

  test("finds the ways out, which make no text into code", () => {
    write(
      "out.mjs",
      `import { NeuralNetwork } from "feedforward";
       import { fromJson, toJson } from "feedforward/json";
       import { toOnnx } from "feedforward/onnx";
       import { toSource } from "feedforward/source";
       const network = new NeuralNetwork();
       const read = fromJson(toJson(network));
       console.log(read instanceof NeuralNetwork, toOnnx(read).length > 100, toSource(read, { language: "python" }).includes("def predict"));`,
    );
    expect(node(project, "--disallow-code-generation-from-strings", "out.mjs")).toBe("true true true\n");
    for (const name of ["onnx", "source", "json"]) {
      expect(readFileSync(join(project, `node_modules/feedforward/dist/${name}.js`), "utf8"), name).not.toMatch(
        /\beval\b\(|\bFunction\(|import\(/,
      );
    }
  });

  test("finds the licence of what is bundled", () => {
    const text = readFileSync(join(project, "node_modules/feedforward/dist/onnx.js"), "utf8");
    expect(text.slice(2)).toContain(readFileSync("node_modules/pbf/LICENSE", "utf8"));
    expect(text).not.toMatch(/^import .* from "(?!\.\/)/m);
  });

  test("finds nothing that is not exported", () => {
    write("inner.mjs", 'import("feedforward/dist/index.js").catch(({ code }) => console.log(code));');
    expect(node(project, "inner.mjs")).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });
});

test("the class has its own name, which the console shows", async () => {
  const { NeuralNetwork } = await import("feedforward");
  expect(NeuralNetwork.name).toBe("NeuralNetwork");
  expect(NeuralNetwork.load(new NeuralNetwork().save()).constructor).toBe(NeuralNetwork);
});

describe("TypeScript", () => {
  const right = `
    import { NeuralNetwork, TrainingError, type Evaluation, type Gradients, type History, type MetricName, type NetworkOptions } from "feedforward";
    import { fromJson, toJson, type LearningOptions } from "feedforward/json";
    import { toOnnx, type OnnxOptions } from "feedforward/onnx";
    import { scalarCore } from "feedforward/scalar";
    import { toSource, type Scaling, type SourceLanguage, type SourceOptions } from "feedforward/source";
    import {
      fromBrain, fromSafetensors, fromScikitLearn, ImportError,
      type BrainImport, type ClassLabel, type ImportErrorCode, type ImportOptions, type SafetensorsImport, type SafetensorsOptions, type ScikitLearnImport,
    } from "feedforward/import";
    const choices: ImportOptions = { optimizer: "adam", seed: 3, core: scalarCore() };
    const said: SafetensorsOptions = { ...choices, activations: ["relu", { name: "leakyRelu", slope: 0.3 }], layers: ["fc1", "fc2"], normalization: { epsilon: 1e-3 } };
    const tensors: SafetensorsImport = fromSafetensors(new ArrayBuffer(8), said);
    const loaded: NeuralNetwork = tensors.network;
    const forest: ScikitLearnImport = fromScikitLearn("{}", choices);
    const labels: readonly ClassLabel[] | undefined = forest.classes;
    const brain: BrainImport = fromBrain({}, { activation: "leaky-relu", leakyReluAlpha: 0.1 });
    const black: number | undefined = brain.run({ r: 1 }).black;
    const list: number[] = fromBrain<number[]>("{}").run([1, 2]);
    const code = (error: unknown): ImportErrorCode | undefined => (error instanceof ImportError ? error.code : undefined);
    export { black, code, labels, list, loaded };
    const options: NetworkOptions = { inputs: 3, layers: [{ units: 4, activation: "relu" }, { units: 1 }], precision: "float32" };
    const network = new NeuralNetwork({ ...options, core: scalarCore() });
    const scaling: Scaling = { mean: [0, 0, 0], scale: Float64Array.of(1, 1, 1) };
    const onnxOptions: OnnxOptions = { scaling };
    const model: Uint8Array = toOnnx(network, onnxOptions);
    const language: SourceLanguage = "c";
    const sourceOptions: SourceOptions = { language, name: "f", scaling };
    const json: string = toSource(network, sourceOptions) + toJson(network);
    const learning: LearningOptions = { optimizer: "adam", seed: 1 };
    const again: NeuralNetwork[] = [fromJson(json, learning), fromJson(JSON.parse(json))];
    export { again, model };
    const history: History = network.train([[0, 0, 1], [1, 1, 1]], [0, 1], { epochs: 3, batchSize: 1 });
    const row: number[] = network.think([1, 0, 0]);
    const rows: number[][] = network.think([[1, 0, 0], [0, 1, 0]]);
    const flat: Float64Array | Float32Array = network.think({ data: Float32Array.of(1, 0, 0), rows: 1 });
    const weights: number[][] = network.synapticWeights;
    const y: number = network.sigmoidDerivative(network.sigmoid(0));
    const classes = new NeuralNetwork({ inputs: 3, layers: [{ units: 3, activation: "softmax" }], optimizer: { name: "lbfgs", historySize: 5 } });
    const losses: number[] = [];
    network.train([[0, 0, 1]], [[0]], { epochs: 1, onEpoch: ({ loss }) => losses.push(loss), onStep: () => void losses.push(0) });
    network.train([[0, 0, 1]], [[0]], { epochs: 1, onEpoch: () => void losses.pop(), onStep: () => losses });
    const either = { name: Math.random() < 0.5 ? "sgd" : "lbfgs" } as const;
    new NeuralNetwork({ optimizer: either }).train([[0, 0, 1]], [[0]], { epochs: 1, earlyStopping: { monitor: "loss" } });
    new NeuralNetwork({ inputs: 3, optimizer: { name: Math.random() < 0.5 ? "sgd" : "adam", learningRate: 1, clipNorm: 1 } });
    new NeuralNetwork({ optimizer: { name: "sgd", momentum: 0.9, nesterov: Math.random() < 0.5 } });
    new NeuralNetwork({ inputs: 3, layers: [{ units: 1, bias: { name: "constant", value: 1 } }] });
    const metrics: MetricName[] = ["accuracy", "rootMeanSquaredError"];
    const { validationMetrics } = classes.train([[0, 0, 1], [1, 1, 1]], [0, 2], {
      epochs: 3, metrics, classWeights: "balanced", resume: false, validation: { split: 0.5 },
      onStep: ({ step, batch, loss }) => step < 10 || batch + loss < 1,
      onEpoch: ({ metrics }) => (metrics?.accuracy ?? 0) < 1,
    });
    const accuracies: number[] | undefined = validationMetrics.accuracy;
    const evaluation: Evaluation = classes.evaluate([[0, 0, 1]], [0], { topK: 2, sampleWeights: Float32Array.of(1) });
    const matrix: readonly (readonly number[])[] = evaluation.kind === "classes" ? evaluation.confusionMatrix : [];
    const exact: number = evaluation.kind === "labels" ? evaluation.exactMatch : evaluation.kind === "values" ? evaluation.r2 : evaluation.accuracy;
    const { layers: [first], inputs }: Gradients = network.gradients([[0, 0, 1]], [0], { training: true });
    const derivatives: (Float64Array | Float32Array)[] = [inputs, ...(first ? [first.weights, first.biases, first.scales, first.shifts] : [])];
    const ofRow: number[][] = network.activations([1, 0, 0]);
    const ofRows: number[][][] = network.activations([[1, 0, 0]]);
    const ofFlat: (Float64Array | Float32Array)[] = network.activations({ data: Float32Array.of(1, 0, 0), rows: 1 });
    const snapshot: Uint8Array = network.snapshot();
    network.restore(snapshot);
    const counted: string = network.summary() + (network.epoch + network.step).toFixed();
    export { accuracies, counted, derivatives, exact, matrix, ofFlat, ofRow, ofRows };
    const iteration = (error: unknown): number => (error instanceof TrainingError ? error.iteration : 0);
    network.dispose();
    export { flat, history, iteration, row, rows, weights, y };
  `;
  const wrong = `
    import { NeuralNetwork } from "feedforward";
    import { fromJson } from "feedforward/json";
    import { toOnnx } from "feedforward/onnx";
    import { toSource } from "feedforward/source";
    import { fromBrain, fromSafetensors, fromScikitLearn } from "feedforward/import";
    // @ts-expect-error: activations are not in the file
    fromSafetensors(new Uint8Array(8), {});
    // @ts-expect-error: bytes, not text
    fromSafetensors("", { activations: [] });
    // @ts-expect-error: the file has them
    fromScikitLearn("{}", { activations: ["relu"] });
    // @ts-expect-error: a name of brain.js'
    fromBrain("{}", { activation: "leakyRelu" });
    // @ts-expect-error: names or numbers
    fromBrain<string>("{}");
    // @ts-expect-error: no such activation
    new NeuralNetwork({ inputs: 3, layers: [{ units: 4, activation: "sigmoidd" }] });
    // @ts-expect-error: units are missing
    new NeuralNetwork({ inputs: 3, layers: [{ activation: "sigmoid" }] });
    // @ts-expect-error: no such option
    new NeuralNetwork({ inputs: 3, layers: [{ units: 1 }], learningRate: 1 });
    // @ts-expect-error: undefined is not the same as leaving it out
    new NeuralNetwork({ seed: undefined });
    const network = new NeuralNetwork();
    // @ts-expect-error: how often is missing
    network.train([[0, 0, 1]], [[0]]);
    // @ts-expect-error: text is no row
    network.think("1, 0, 0");
    // @ts-expect-error: one row in, one row out
    const answers: number[][] = network.think([1, 0, 0]);
    // @ts-expect-error: L-BFGS has no clipping
    new NeuralNetwork({ optimizer: { name: "lbfgs", clipNorm: 1 } });
    // @ts-expect-error: a share of the rows, or rows of their own
    network.train([[0, 0, 1]], [[0]], { epochs: 1, validation: { split: 0.5, inputs: [[0, 0, 1]], targets: [[0]] } });
    // @ts-expect-error: nobody would wait
    network.train([[0, 0, 1]], [[0]], { epochs: 1, onEpoch: async () => {} });
    // @ts-expect-error: nobody would wait
    network.train([[0, 0, 1]], [[0]], { epochs: 1, onStep: () => Promise.resolve(false) });
    // @ts-expect-error: nothing to watch
    network.train([[0, 0, 1]], [[0]], { epochs: 1, earlyStopping: { monitor: "validationLoss" } });
    // @ts-expect-error: layers need their inputs' width
    new NeuralNetwork({ layers: [{ units: 1 }] });
    // @ts-expect-error: Nesterov's momentum needs a momentum
    new NeuralNetwork({ optimizer: { name: "sgd", nesterov: true } });
    // @ts-expect-error: a vector cannot be orthogonal
    new NeuralNetwork({ inputs: 3, layers: [{ units: 1, bias: "orthogonal" }] });
    // @ts-expect-error: nor a schedule
    new NeuralNetwork({ optimizer: { name: "lbfgs", schedule: "constant" } });
    // @ts-expect-error: a history of steps is L-BFGS' alone
    new NeuralNetwork({ optimizer: { name: "adam", historySize: 5 } });
    // @ts-expect-error: no such metric
    network.train([[0, 0, 1]], [[0]], { epochs: 1, metrics: ["accurcy"] });
    // @ts-expect-error: one weight for each class, or this word
    network.train([[0, 0, 1]], [[0]], { epochs: 1, classWeights: "balance" });
    // @ts-expect-error: true or false
    network.train([[0, 0, 1]], [[0]], { epochs: 1, resume: 1 });
    // @ts-expect-error: only metrics that there are
    network.train([[0, 0, 1]], [[0]], 1).metrics.loss;
    const evaluation = network.evaluate([[0, 0, 1]], [[0]]);
    // @ts-expect-error: only classes have a confusion matrix
    evaluation.confusionMatrix;
    if (evaluation.kind === "values") {
      // @ts-expect-error: values have no accuracy
      evaluation.accuracy;
    } else {
      // @ts-expect-error: and others no R²
      evaluation.r2;
    }
    // @ts-expect-error: what is found is not to be written
    evaluation.loss = 0;
    // @ts-expect-error: no such option
    network.evaluate([[0, 0, 1]], [[0]], { top: 1 });
    // @ts-expect-error: true or false
    network.gradients([[0, 0, 1]], [[0]], { training: "yes" });
    // @ts-expect-error: text is no row
    network.activations("1, 0, 0");
    // @ts-expect-error: bytes, not their buffer
    network.restore(new ArrayBuffer(8));
    // @ts-expect-error: counters are read
    network.epoch = 0;
    // @ts-expect-error: no such language
    toSource(network, { language: "rust" });
    // @ts-expect-error: which language is missing
    toSource(network, {});
    // @ts-expect-error: a scaling has both
    toOnnx(network, { scaling: { mean: [0, 0, 0] } });
    // @ts-expect-error: the shape is in the document
    fromJson("", { inputs: 3 });
    // @ts-expect-error: the layers are fixed
    network.layers = [];
    export { answers };
  `;

  test.each([
    ["nodenext", "nodenext", ["es2022", "dom"]],
    ["bundler", "esnext", ["es2022", "dom"]],
    ["nodenext", "nodenext", ["es2022"]],
  ])(
    "checks right and wrong uses strictly, modules resolved as %s, module %s, libraries %j",
    (moduleResolution, module, lib) => {
      write("right.ts", right);
      write("wrong.ts", wrong);
      const compilerOptions = {
        target: "es2022",
        module,
        moduleResolution,
        lib,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      };
      write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["right.ts", "wrong.ts"] }));
      node(project, script("typescript", "tsc"), "--project", ".");
      // The check checks: an error that nobody expects is found.
      write("wrong.ts", wrong.replaceAll("// @ts-expect-error", "//"));
      expect(() => node(project, script("typescript", "tsc"), "--project", ".")).toThrow(/"sigmoidd"/);
    },
    60_000,
  );
});

describe("bundlers", () => {
  test.each([
    // Browsers get the core packed, Node as it is; an unknown host is taken for a browser.
    { platform: "browser", packed: true },
    { platform: "neutral", packed: true },
    { platform: "node", packed: false },
  ] as const)("bundle it for $platform", async ({ platform, packed }) => {
    const outdir = join(folder, platform);
    const outfile = join(outdir, "stdin.mjs");
    const { metafile } = await esbuild.build({
      stdin: {
        contents: `import { NeuralNetwork } from "feedforward"; import { scalarCore } from "feedforward/scalar"; scalarCore();${TUTORIAL}`,
        resolveDir: project,
      },
      outdir,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      // What is loaded on demand is a file of its own.
      splitting: true,
      platform,
      format: "esm",
      minify: true,
      metafile: true,
      logLevel: "silent",
    });
    const embedded = Object.keys(metafile.inputs).map((path) => path.split("/").at(-1));
    const form = packed ? "packed" : "node";
    expect(embedded).toEqual(expect.arrayContaining([`simd.${form}.js`, `scalar.${form}.js`]));
    expect(embedded).not.toContain(`simd.${packed ? "node" : "packed"}.js`);
    for (const other of ["onnx.js", "source.js", "json.js"]) expect(embedded).not.toContain(other);
    expect(node(folder, outfile)).toBe(ANSWER);
    if (platform === "node") return;
    // As in a worklet, which has nothing of browsers but WebAssembly.
    const bare = join(folder, "bare.mjs");
    writeFileSync(
      bare,
      `import vm from "node:vm"; import { readFileSync } from "node:fs";
      vm.runInNewContext(readFileSync(${JSON.stringify(outfile)}, "utf8"), { console });`,
    );
    expect(node(folder, bare)).toBe(ANSWER);
  });
});

test("a bundle with importers has one class and one core", async () => {
  const { metafile, outputFiles } = await esbuild.build({
    stdin: {
      contents: `import { NeuralNetwork } from "feedforward"; import { fromScikitLearn } from "feedforward/import";
        const { network } = fromScikitLearn({ coefs_: [[[2]]], intercepts_: [[1]], activation: "relu", out_activation_: "identity" });
        console.log(network instanceof NeuralNetwork, network.think([3]));`,
      resolveDir: project,
    },
    outdir: join(folder, "importing"),
    bundle: true,
    splitting: true,
    format: "esm",
    outExtension: { ".js": ".mjs" },
    minify: true,
    metafile: true,
    logLevel: "silent",
  });
  expect(outputFiles).toBeUndefined();
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((path) => path.endsWith("dist/index.js"))).toHaveLength(1);
  expect(inputs.filter((path) => path.endsWith("simd.packed.js"))).toHaveLength(1);
  expect(node(folder, join(folder, "importing", "stdin.mjs"))).toBe("true [ 7 ]\n");
});

test("the entry knows nothing of importers", () => {
  for (const name of ["index.js", "feedforward.js"])
    expect(readFileSync(`dist/${name}`, "utf8")).not.toMatch(/ImportError|coefs_|fromSafetensors|inputLookup/);
});

describe("checks of packages", () => {
  test("publint finds nothing", async () => {
    const bytes = readFileSync(tarball);
    const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: content }, strict: true });
    expect(pkg.name).toBe("feedforward");
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("arethetypeswrong finds nothing", () => {
    // The package is ES modules only, which CommonJS imports; the binaries are for hosts that read files, and have no types.
    const binaries = Object.keys(manifest.exports).filter((name) => name.endsWith(".wasm"));
    expect(binaries).toHaveLength(3);
    const args = [tarball, "--profile", "esm-only", "--exclude-entrypoints", ...binaries.map((name) => name.slice(2))];
    expect(node(project, script("@arethetypeswrong/cli", "attw"), ...args)).toContain("feedforward/scalar");
  }, 60_000);
});

describe("size", () => {
  test("is within the budget", () => {
    expect(node(".", "scripts/size.mjs")).toMatch(/feedforward\.js +\d+ +\d+ +34400\n/);
  });

  test("fails above the budget", () => {
    const { status, stdout } = spawnSync(process.execPath, ["scripts/size.mjs", "--budget", "10000"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stdout).toMatch(/feedforward\.js +\d+ +\d+ +10000 too large\n/);
  });
});

test("the lock file names no download address", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const entries = Object.values<{ resolved?: string }>(lock.packages);
  expect(entries.length).toBeGreaterThan(50);
  expect(entries.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
