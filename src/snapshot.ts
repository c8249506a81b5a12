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
  const check = (holds: boolean, expected: string) => {
    if (!holds) throw new RangeError(`snapshot: expected ${expected}`);
  };
  // A copy, which nobody can change, and whose words are aligned.
  const bytes = new Uint8Array(given);
  const body = bytes.subarray(HEAD);
  const view = new DataView(bytes.buffer);
  const word = (at: number) => (at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
  const field = (at: number) => word(HEAD + at);
  check(word(0) === MAGIC && word(4) === Abi.Version, "bytes that snapshot() of this version has made");
  check(word(8) === body.length && word(12) === checksum(bytes), "all bytes of a snapshot as they were, but some are missing or changed");
  const own = block.bytes();
  const isEqual =
    (at: number) =>
    ([from, to]: readonly [number, number]) =>
      body.subarray(at + from, at + to).every((byte, i) => byte === own[at + from + i]);
  const isSame =
    CONFIGURATION.every(isEqual(0)) && Array.from({ length: layers }).every((_, i) => LAYER_CONFIGURATION.every(isEqual(layerField(i, 0))));
  check(isSame, "one of a network that was made with the same options");
  const isSound =
    field(Header.Gradient) === body.length &&
    field(Header.PairCount) <= field(Header.PairCapacity) &&
    field(Header.PairNewest) < field(Header.PairCapacity) &&
    [Header.Generator, Header.EpochGenerator].every((at) => field(block.uint(at) + POSITION) <= 624);
  check(isSound, "the state of a network, got numbers that it cannot have");
  block.ensure({ [Header.Training]: field(Header.Training), [Header.RestoreBest]: field(Header.RestoreBest) });
  check(block.uint(Header.Gradient) >= body.length, "the state of a network, got more than it has");
  block.putBack(body);
}

/** FNV-1a over the 32-bit words behind the head, of which a snapshot has a whole number. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, HEAD, (bytes.length - HEAD) >> 2);
  let sum = 2166136261;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] as number), 16777619);
  return sum >>> 0;
}
