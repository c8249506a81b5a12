/** What is measured, in the order of the tables. `OURS` is what all others are compared with, in results and in time. */
export interface Peer {
  /** As `--peer` and the report name it. */
  readonly implementation: string;
  readonly language: "javascript" | "python";
  /** The worker's file and arguments. */
  readonly worker: readonly [file: string, ...args: string[]];
  /** Trains the tutorial's network and prints the answer; or why there is none. */
  readonly program: readonly [file: string, ...args: string[]] | { readonly none: string };
  /** What a browser would get of it, if anything. */
  readonly download?: Download | undefined;
  /** Needs `npm ci` or pip in this folder. */
  readonly installed: boolean;
  /** Its worker imports TypeScript and is bundled before it runs. */
  readonly bundled?: boolean;
  /** Reads the ONNX file that python/model.py writes. */
  readonly needsModel?: boolean;
  /** The cases that it is for, where it was not made for others. */
  readonly cases?: readonly string[];
}

export interface Download {
  /** The program that is bundled. */
  readonly entry?: string;
  /** Files of node_modules that are fetched as they are. */
  readonly fetched: readonly string[];
}

export const OURS = "feedforward";

const NO_TRAINING = { none: "it runs models and does not train" };
const HAS_BIASES = { none: "its layers always have biases, the tutorial's neuron has none" };

function javascript(implementation: string, worker: Peer["worker"], rest: Partial<Peer> = {}): Peer {
  const entry = `${implementation}.mjs`;
  return { implementation, language: "javascript", worker, program: [entry], download: { entry, fetched: [] }, installed: true, ...rest };
}

function python(implementation: string, worker: Peer["worker"], program: Peer["program"]): Peer {
  return { implementation, language: "python", worker, program, installed: true };
}

/** The case's peers among those chosen. */
export const peersOf = (subject: string, chosen: readonly Peer[]): readonly Peer[] =>
  chosen.filter(({ cases }) => cases === undefined || cases.includes(subject));

const WASM_FILE = "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";

export const PEERS: readonly Peer[] = [
  javascript(OURS, ["feedforward.mjs"], { installed: false }),
  javascript("plain-js", ["plain-js.mjs"], { installed: false, bundled: true }),
  javascript("plain-js-one-neuron", ["plain-js-one-neuron.mjs"], { installed: false, bundled: true, cases: ["seed", "cold", "size"] }),
  javascript("tfjs-cpu", ["tfjs.mjs", "cpu"], { download: { entry: "browser/tfjs-cpu.mjs", fetched: [] } }),
  javascript("tfjs-wasm", ["tfjs.mjs", "wasm"], { download: { entry: "browser/tfjs-wasm.mjs", fetched: [WASM_FILE] } }),
  // The file that it ships for browsers; bundlers do not get past its streams, which are Node's.
  javascript("brain.js", ["brain.mjs"], { program: HAS_BIASES, download: { fetched: ["brain.js/browser.min.js"] } }),
  javascript("brain.js-deep-import", ["brain.mjs"], { download: { entry: "browser/brain-deep-import.mjs", fetched: [] }, cases: ["size"] }),
  javascript("jax-js", ["jax-js.mjs"]),
  javascript("onnxruntime-node", ["onnxruntime.mjs", "onnxruntime-node"], { program: NO_TRAINING, download: undefined, needsModel: true }),
  javascript("onnxruntime-web", ["onnxruntime.mjs", "onnxruntime-web"], { program: NO_TRAINING, download: undefined, needsModel: true }),
  python("numpy", ["peer_numpy.py"], ["tutorial_numpy.py"]),
  python("scikit-learn", ["peer_scikit_learn.py"], HAS_BIASES),
  python("pytorch", ["peer_pytorch.py"], ["tutorial_pytorch.py"]),
  python("pytorch-compile", ["peer_pytorch.py", "compile"], ["tutorial_pytorch.py", "compile"]),
  python("jax-step", ["peer_jax.py"], ["tutorial_jax.py"]),
  python("jax-loop", ["peer_jax.py", "loop"], ["tutorial_jax.py", "loop"]),
];
