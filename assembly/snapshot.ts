import { Abi, Header, LayerField, Status } from "../src/abi";
import { layOut, Network, sizeOf } from "./layout";

// A snapshot is what a network's block says of the network and nothing else, so that equal networks give equal bytes: behind four words (the letters FFSN, the ABI's
// version, the bytes that follow, and their checksum) header and layer table, of which all is 0 but the fields below, the generators, and what stands from the rates
// on. It goes back into a network that was made with the same options, in any host.

const MAGIC: u32 = 0x4e534646;
const HEAD: usize = 16;

/** The last word of a generator's state that is no random bits: the place of the next one, up to 624. */
const POSITION: usize = 624 * 4;

/**
 * Fields, [first offset, offset behind the last], in words: of the header what a network is, as its options decide, and what it has become; and of a layer what it is.
 */
const FIELDS = memory.data<u8>([
  (Header.ElementBytes >> 2) as u8,
  (Header.SampleCapacity >> 2) as u8,
  (Header.Optimizer >> 2) as u8,
  (Header.Moments >> 2) as u8,
  (Header.Beta1 >> 2) as u8,
  (Header.Monitor >> 2) as u8,
  (Header.ScheduleSteps >> 2) as u8,
  (Header.Rate >> 2) as u8,
  (Header.LossParameter >> 2) as u8,
  (Header.Labels >> 2) as u8,
  (Header.PairCapacity >> 2) as u8,
  (Header.PairCount >> 2) as u8,
  (Header.SampleRows >> 2) as u8,
  (Header.HistoryInterval >> 2) as u8,
  (Header.Epoch >> 2) as u8,
  (Header.Outputs >> 2) as u8,
  (Header.EpochSum >> 2) as u8,
  (Header.ParameterCount >> 2) as u8,
  (Header.Rate >> 2) as u8,
  (Header.LossParameter >> 2) as u8,
  (Header.Shuffle >> 2) as u8,
  (Header.Order >> 2) as u8,
  (Header.RestoreBest >> 2) as u8,
  (Header.MinimumChange >> 2) as u8,
  (Header.BestLoss >> 2) as u8,
  (Header.BestParameters >> 2) as u8,
  (Header.Stopped >> 2) as u8,
  (Header.Statistics >> 2) as u8,
  (Header.LargestGradient >> 2) as u8,
  (Header.FailedLayer >> 2) as u8,
  (Header.NadamPower >> 2) as u8,
  (Header.SetBytes >> 2) as u8,
  (Header.EpochMeasures >> 2) as u8,
  (Header.Evaluation >> 2) as u8,
  (Header.PairCount >> 2) as u8,
  (Header.GradientReady >> 2) as u8,
  (Header.StepLength >> 2) as u8,
  (Header.Curvatures >> 2) as u8,
  (LayerField.Units >> 2) as u8,
  (LayerField.Inputs >> 2) as u8,
  (LayerField.Trainable >> 2) as u8,
  (LayerField.Scales >> 2) as u8,
  (LayerField.BiasInitializer >> 2) as u8,
  (Abi.LayerBytes >> 2) as u8,
]);
const STATE = FIELDS + 6 * 2;
const LAYER = FIELDS + 19 * 2;
const FIELDS_END = LAYER + 3 * 2;

/** The bytes of a network's snapshot, which goes to `to` where that is not 0. */
export function takeSnapshot(network: Network, to: usize): usize {
  const base = changetype<usize>(network);
  const end = keptEnd(network, network);
  const history: usize = network.history;
  const rest = end - network.rates;
  const bytes = HEAD + history + rest;
  if (!to) return bytes;
  // What stands behind the parameters of a set is left over from vectors.
  clearPadding(network, network.parameters, network.parameters + 1);
  clearPadding(network, network.moments, min(end, network.curvatures));
  clearPadding(network, network.bestParameters, min(end, network.bestParameters + 1));
  const body = to + HEAD;
  memory.fill(to, 0, HEAD + network.generator);
  configuration(network, body, false);
  walk(base, body, STATE, LAYER, 0, false);
  memory.copy(body + network.generator, base + network.generator, history - network.generator);
  memory.copy(body + history, base + network.rates, rest);
  store<u32>(to, MAGIC);
  store<u32>(to, Abi.Version, 4);
  store<u32>(to, (history + rest) as u32, 8);
  store<u32>(to, checksum(body, to + bytes), 12);
  return bytes;
}

/**
 * Puts back the snapshot of `bytes` bytes at `from` and answers 0; or a negative status; or the bytes that the block needs for it where `from` is not behind these.
 * Only in the first case anything has changed.
 */
export function restoreSnapshot(network: Network, from: usize, bytes: usize): f64 {
  const body = from + HEAD;
  const status = check(network, from, bytes);
  if (status != Status.Ok) return -(status as f64);
  const base = changetype<usize>(network);
  const kept = changetype<Network>(body);
  const training = network.training;
  const batchRows = network.batchRows;
  const shuffle = network.shuffle;
  const restoreBest = network.restoreBest;
  network.training |= (kept.step > 0) as u32;
  network.batchRows = kept.batchRows;
  network.shuffle |= kept.shuffle;
  network.restoreBest |= kept.restoreBest;
  const needed = sizeOf(network);
  const fits = (base as f64) + needed <= (from as f64);
  if (fits) layOut(network);
  const history: usize = network.history;
  const rest = keptEnd(network, kept) - network.rates;
  if (!fits || HEAD + history + rest != bytes) {
    network.training = training;
    network.batchRows = batchRows;
    network.shuffle = shuffle;
    network.restoreBest = restoreBest;
    layOut(network);
    return fits ? -(Status.UnsoundSnapshot as f64) : needed;
  }
  walk(body, base, STATE, LAYER, 0, false);
  memory.copy(base + network.generator, body + network.generator, history - network.generator);
  memory.copy(base + network.rates, body + history, rest);
  return 0;
}

function check(network: Network, from: usize, bytes: usize): Status {
  const body = from + HEAD;
  if (bytes < HEAD || load<u32>(from) != MAGIC) return Status.NoSnapshot;
  if (load<u32>(from, 4) != Abi.Version) return Status.OtherVersion;
  if (load<u32>(from, 8) != ((bytes - HEAD) as u32) || load<u32>(from, 12) != checksum(body, from + bytes)) return Status.DamagedSnapshot;
  if (bytes < HEAD + network.generator || !configuration(network, body, true)) return Status.OtherNetwork;
  if (bytes < HEAD + network.history) return Status.UnsoundSnapshot;
  return isSound(network, changetype<Network>(body)) ? Status.Ok : Status.UnsoundSnapshot;
}

/** Copies what a network is from its block to `body`, or answers whether that stands there. */
function configuration(network: Network, body: usize, compares: bool): bool {
  const base = changetype<usize>(network);
  let same = walk(base, body, FIELDS, STATE, 0, compares);
  for (let l: u32 = 0; l < network.layerCount; l++) {
    same = walk(base, body, LAYER, FIELDS_END, Header.Bytes + l * Abi.LayerBytes, compares) && same;
  }
  return same;
}

/** Copies the fields in the table from `at` to `end`, `apart` bytes further on, or answers whether they are the same. */
function walk(from: usize, to: usize, at: usize, end: usize, apart: u32, compares: bool): bool {
  for (; at < end; at += 2) {
    const last = apart + ((load<u8>(at, 1) as u32) << 2);
    for (let field = apart + ((load<u8>(at) as u32) << 2); field < last; field += 4) {
      if (!compares) store<u32>(to + field, load<u32>(from + field));
      else if (load<u32>(to + field) != load<u32>(from + field)) return false;
    }
  }
  return true;
}

/** Whether numbers are such as a network can have, so that nothing is read or written where it must not be. */
function isSound(network: Network, kept: Network): bool {
  return (
    isCount(kept.epoch) &&
    isCount(kept.step) &&
    isCount(kept.epochTarget) &&
    (kept.cursor == 0 || kept.cursor < kept.sampleRows) &&
    (kept.shuffle | kept.restoreBest) <= 1 &&
    kept.pairCount <= network.pairCapacity &&
    kept.pairNewest <= network.pairCapacity - (network.pairCapacity > 0 ? 1 : 0) &&
    load<u32>(changetype<usize>(kept) + network.generator + POSITION) <= 624 &&
    load<u32>(changetype<usize>(kept) + network.epochGenerator + POSITION) <= 624
  );
}

function isCount(x: f64): bool {
  return x >= 0 && x <= 9007199254740991 && floor<f64>(x) == x;
}

/**
 * Where what is kept of a block ends that has been laid out, with the header `kept`: moments are nothing before the first step, nor is the room for the best
 * parameters while there are none.
 */
function keptEnd(network: Network, kept: Network): u32 {
  if (kept.step == 0) return network.moments;
  const isBest = kept.restoreBest && kept.bestLoss < Infinity;
  return network.bestParameters + (isBest ? network.setBytes + 8 * network.statisticsCount : 0);
}

function clearPadding(network: Network, from: u32, end: u32): void {
  const used = network.parameterCount * network.elementBytes;
  for (; from < end; from += network.setBytes) memory.fill(network.at(from + used), 0, network.setBytes - used);
}

/** FNV-1a over words. */
function checksum(at: usize, end: usize): u32 {
  let sum: u32 = 2166136261;
  for (; at + 4 <= end; at += 4) sum = (sum ^ load<u32>(at)) * 16777619;
  return sum;
}
