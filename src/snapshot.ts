import { Abi, Header, LayerField } from "./abi.js";
import { type Block, layerField } from "./block.js";
import { describe } from "./errors.js";

// A snapshot is the kept part of the network's block as it is, behind four words: the letters FFSN, the ABI's version, the bytes that follow, and their checksum. It
// goes back into a network that was made with the same options, in any host.

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

/** The last word of a generator's state that is no random bits: the place of the next one, up to 624. */
const POSITION = 624 * 4;

/** All of a network that outlives a call, in bytes of its own. */
export function takeSnapshot(block: Block): Uint8Array {
  const kept = block.bytes().subarray(0, block.uint(Header.Gradient));
  const snapshot = new Uint8Array(HEAD + kept.length);
  snapshot.set(kept, HEAD);
  const head = new DataView(snapshot.buffer);
  [MAGIC, Abi.Version, kept.length, checksum(snapshot)].forEach((word, i) => {
    head.setUint32(4 * i, word, true);
  });
  return snapshot;
}

/** Puts a snapshot back. Throws before anything has changed. */
export function restoreSnapshot(block: Block, layers: number, given: unknown): void {
  if (!(given instanceof Uint8Array)) throw new TypeError(`snapshot: expected a Uint8Array, got ${describe(given)}`);
  // A copy, which nobody can change, and whose words are aligned.
  const bytes = given.slice();
  const view = new DataView(bytes.buffer);
  const body = bytes.subarray(HEAD);
  const word = (at: number) => view.getUint32(at, true);
  const least = HEAD + Header.Bytes + layers * Abi.LayerBytes;
  if (bytes.length < HEAD || word(0) !== MAGIC) throw new RangeError("snapshot: expected bytes that snapshot() has made");
  if (word(4) !== Abi.Version) throw new RangeError(`snapshot: expected version ${Abi.Version}, got ${word(4)}`);
  if (word(8) !== body.length || bytes.length < least || word(12) !== checksum(bytes)) {
    throw new RangeError("snapshot: expected all bytes of a snapshot as they were, but some are missing or changed");
  }
  const own = block.bytes();
  const field = (at: number) => word(HEAD + at);
  const equal = (from: number, to: number) => body.subarray(from, to).every((byte, i) => byte === own[from + i]);
  const isSame =
    CONFIGURATION.every(([from, to]) => equal(from, to)) &&
    Array.from({ length: layers }, (_, i) => i).every((i) =>
      LAYER_CONFIGURATION.every(([from, to]) => equal(layerField(i, from), layerField(i, to))),
    );
  if (!isSame) throw new RangeError("snapshot: expected one of a network that was made with the same options");
  const isSound =
    field(Header.Gradient) === body.length &&
    field(Header.PairCount) <= field(Header.PairCapacity) &&
    field(Header.PairNewest) < field(Header.PairCapacity) &&
    [Header.Generator, Header.EpochGenerator].every((at) => block.uint(at) === field(at) && field(block.uint(at) + POSITION) <= 624);
  if (!isSound) throw new RangeError("snapshot: expected the state of a network, got numbers that it cannot have");
  const { Training, RestoreBest } = { Training: field(Header.Training), RestoreBest: field(Header.RestoreBest) };
  block.ensure({ [Header.Training]: Training, [Header.RestoreBest]: RestoreBest });
  if (block.uint(Header.Gradient) < body.length) throw new RangeError("snapshot: expected the state of a network, got more than it has");
  block.putBack(body);
}

/** FNV-1a over the words behind the head, and what is left of the last. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, HEAD, (bytes.length - HEAD) >> 2);
  let sum = 2166136261;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] as number), 16777619);
  return sum >>> 0;
}
