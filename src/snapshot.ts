import { Abi, Header, LayerField } from "./abi.js";
import { type Block, layerField } from "./block.js";
import { wrongKind, wrongValue } from "./errors.js";

// A snapshot is what a network's block says of the network and nothing else, so that equal networks give equal bytes: behind four words (the letters FFSN, the ABI's
// version, the bytes that follow, and their checksum) header and layer table, of which all is 0 but the fields below, the generators, and what stands from the rates
// on. It goes back into a network that was made with the same options, in any host.

const MAGIC = 0x4e534646;
const HEAD = 16;

/** What a network is: the fields of the header and of each layer that its options decide, [first offset, offset behind the last]. */
const CONFIGURATION = [
  [Header.ElementBytes, Header.SampleCapacity],
  [Header.Optimizer, Header.Moments],
  [Header.Beta1, Header.Monitor],
  [Header.ScheduleSteps, Header.Rate],
  [Header.LossParameter, Header.Labels],
  [Header.PairCapacity, Header.PairCount],
] as const;
const LAYER_CONFIGURATION = [
  [LayerField.Units, LayerField.Inputs],
  [LayerField.Trainable, LayerField.Scales],
] as const;

/** What it has become, and where in a run it is. */
const STATE = [
  [Header.SampleRows, Header.HistoryInterval],
  [Header.Epoch, Header.Outputs],
  [Header.EpochSum, Header.ParameterCount],
  [Header.Rate, Header.LossParameter],
  [Header.Shuffle, Header.Order],
  [Header.RestoreBest, Header.MinimumChange],
  [Header.BestLoss, Header.BestParameters],
  [Header.Stopped, Header.Statistics],
  [Header.LargestGradient, Header.FailedLayer],
  [Header.NadamPower, Header.SetBytes],
  [Header.EpochMeasures, Header.Evaluation],
  [Header.PairCount, Header.GradientReady],
  [Header.StepLength, Header.Curvatures],
] as const;

/** The last word of a generator's state that is no random bits: the place of the next one, up to 624. */
const POSITION = 624 * 4;

/** All of a network that outlives a call, in bytes of its own. */
export function takeSnapshot(block: Block, layers: number): Uint8Array {
  const own = block.bytes();
  const kept = own.slice(0, endOf(block, own));
  kept.fill(0, 0, block.uint(Header.Generator));
  for (const [from, to] of [...configuration(layers), ...STATE]) kept.set(own.subarray(from, to), from);
  // What stands behind the parameters of a set is left over from vectors.
  const padding = block.uint(Header.ParameterCount) * block.elementBytes;
  const setBytes = block.uint(Header.SetBytes);
  for (const [from, to] of [
    [block.uint(Header.Parameters), block.uint(Header.Statistics)],
    [block.uint(Header.Moments), block.uint(Header.Curvatures)],
    [block.uint(Header.BestParameters), block.uint(Header.BestParameters) + 1],
  ] as const) {
    for (let at = from; at < Math.min(to, kept.length); at += setBytes) kept.fill(0, at + padding, at + setBytes);
  }
  const generatorsEnd = block.uint(Header.History);
  const rest = kept.subarray(block.uint(Header.Rates));
  const snapshot = new Uint8Array(HEAD + generatorsEnd + rest.length);
  snapshot.set(kept.subarray(0, generatorsEnd), HEAD);
  snapshot.set(rest, HEAD + generatorsEnd);
  const head = new DataView(snapshot.buffer);
  [MAGIC, Abi.Version, snapshot.length - HEAD, checksum(snapshot)].forEach((word, i) => {
    head.setUint32(4 * i, word, true);
  });
  return snapshot;
}

/** Puts a snapshot back. Throws before anything has changed. */
export function restoreSnapshot(block: Block, layers: number, given: unknown): void {
  if (!(given instanceof Uint8Array)) throw wrongKind("snapshot", "a Uint8Array", given);
  // A copy, which nobody can change, and whose words are aligned.
  const bytes = new Uint8Array(given);
  const view = new DataView(bytes.buffer);
  const body = bytes.subarray(HEAD);
  const word = (at: number) => view.getUint32(at, true);
  if (bytes.length < HEAD || word(0) !== MAGIC) throw wrongValue("snapshot", "bytes that snapshot() has made");
  if (word(4) !== Abi.Version) throw wrongValue("snapshot", `version ${Abi.Version}`, word(4));
  if (word(8) !== body.length || word(12) !== checksum(bytes)) {
    throw wrongValue("snapshot", "all bytes of a snapshot as they were, but some are missing or changed");
  }
  const own = block.bytes();
  if (!configuration(layers).every(([from, to]) => own.subarray(from, to).every((byte, i) => byte === body[from + i]))) {
    throw wrongValue("snapshot", "one of a network that was made with the same options");
  }
  const field = (at: number) => word(HEAD + at);
  const generatorsEnd = block.uint(Header.History);
  const isSound =
    body.length > generatorsEnd &&
    [Header.Epoch, Header.Step, Header.EpochTarget].every((at) => isCount(view.getFloat64(HEAD + at, true))) &&
    (field(Header.Cursor) === 0 || field(Header.Cursor) < field(Header.SampleRows)) &&
    Math.max(field(Header.Shuffle), field(Header.RestoreBest)) <= 1 &&
    field(Header.PairCount) <= field(Header.PairCapacity) &&
    field(Header.PairNewest) < field(Header.PairCapacity) &&
    [Header.Generator, Header.EpochGenerator].every((at) => field(block.uint(at) + POSITION) <= 624);
  const unsound = wrongValue("snapshot", "the state of a network, got numbers that it cannot have");
  if (!isSound) throw unsound;
  const rates = block.uint(Header.Rates);
  block.keepsRun(() => {
    block.ensure({
      [Header.Training]: Number(view.getFloat64(HEAD + Header.Step, true) > 0),
      [Header.BatchRows]: field(Header.BatchRows),
      [Header.Shuffle]: field(Header.Shuffle),
      [Header.RestoreBest]: field(Header.RestoreBest),
    });
    if (endOf(block, body) - rates !== body.length - generatorsEnd) throw unsound;
  });
  const to = block.bytes();
  for (const [from, end] of STATE) to.set(body.subarray(from, end), from);
  const generators = block.uint(Header.Generator);
  to.set(body.subarray(generators, generatorsEnd), generators);
  to.set(body.subarray(generatorsEnd), rates);
  block.setUint(Header.OrderReady, 0);
  block.setUint(Header.GradientReady, 0);
}

function configuration(layers: number): (readonly [from: number, to: number])[] {
  const ofLayers = Array.from({ length: layers }, (_, i) =>
    LAYER_CONFIGURATION.map(([from, to]) => [layerField(i, from), layerField(i, to)] as const),
  );
  return [...CONFIGURATION, ...ofLayers.flat()];
}

/**
 * Where what is kept of a block ends, with a header that says so: moments are nothing before the first step, nor is the room for the best parameters while there are
 * none.
 */
function endOf(block: Block, { buffer, byteOffset }: Uint8Array): number {
  const header = new DataView(buffer, byteOffset);
  if (header.getFloat64(Header.Step, true) === 0) return block.uint(Header.Moments);
  const best = block.uint(Header.BestParameters);
  const isBest = header.getUint32(Header.RestoreBest, true) === 1 && header.getFloat64(Header.BestLoss, true) < Number.POSITIVE_INFINITY;
  return isBest ? best + block.uint(Header.SetBytes) + 8 * block.uint(Header.StatisticsCount) : best;
}

function isCount(x: number): boolean {
  return Number.isSafeInteger(x) && x >= 0;
}

/** FNV-1a over the words behind the head. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, HEAD, (bytes.length - HEAD) >> 2);
  let sum = 2166136261;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] as number), 16777619);
  return sum >>> 0;
}
