import { Abi, Header, Loss, Normalization, Optimizer, Schedule, Status } from "../src/abi";
import { checksum } from "./checksum";
import { configuration, HEADER_WORDS, LAYER_COUNT, LAYER_WORDS, NAN, STATE_WORDS, state, Way } from "./fields";
import { startCounters } from "./initializers";
import { ADDRESSABLE, layOut, Network, setsOf } from "./layout";
import { GENERATOR_BYTES, isGenerator, seedGenerator } from "./random";
import { spreadRate } from "./update";

// A model file is a safetensors file that can be written in one way only: its header follows from what a network is. So nothing parses JSON here: a reader takes the
// configuration from the start of the data, writes the header that belongs to it, and compares. docs/model-file.md is the page for readers.
//
// A file can be loaded where it overlaps the block, as long as it ends behind it: tensors stand in the order of the block, which has gaps between them where the file has
// none, and so moves none over one that is yet to be moved. So loading takes no more memory than the network or the file.

/** The most bytes of a header. */
const MOST_HEADER: u32 = 1 << 20;
/** Header, configuration, state and generators of any file together are shorter. */
export const HEAD: u32 = 1 << 22;
/** Fewer bytes than any layer takes there. */
const LEAST_OF_LAYER: u32 = 64;
/** The words before the configuration: whether there are weights only, columns and rows of the history. */
const CONTENTS_WORDS: u32 = 3;

const START = '{"__metadata__":{"format":"feedforward","version":"';
const VERSION = '1","checksum":"';
/** Characters, since a string takes more room than these. */
const SPACE: u32 = 0x20;
const COMMA: u32 = 0x2c;
const ZERO: u32 = 0x30;
const BRACE: u32 = 0x7d;
/** Eight digits of the checksum for which it is computed. */
const ZEROS: u64 = 0x3030303030303030;
/** Where the checksum's digits stand in a file. */
const DIGITS_AT: usize = 74;

/** Bytes that are copied at once. */
const PIECE: usize = 1 << 16;

/** Below the compiler's data, behind what `apply` uses: a pass, the state that a network had before, and words of 0. */
const PASS: usize = 128;
const BEFORE: usize = 256;
const NOTHING: usize = 512;

const enum Type {
  U32,
  F32,
  F64,
}

/** What is done with each tensor. */
const enum Does {
  /** Counts the characters of the header. */
  Count,
  Write,
  /** Compares the header with what stands there. */
  Compare,
  /** Copies from the block to the file, and looks for numbers that may not be. */
  Out,
  /** Copies from the file to the block. */
  In,
  /** Looks for such numbers. */
  Check,
}

/** A walk through a file. */
@unmanaged
class Pass {
  does: Does;
  /** Whether all was as it must be. */
  sound: bool;
  /** The next character of the header, and where it ends. */
  at: usize;
  end: usize;
  /** Where the data begin, and the offset of the next tensor in them. */
  data: usize;
  weightsOnly: u32;
  columns: u32;
  rows: u32;
  offset: u64;
}

/**
 * Writes the network's file to `to` and answers its bytes, or a negative status; with `to` 0 only that. `text`, printable ASCII, goes into the metadata, and
 * `columns` · `rows` doubles at `history` become a tensor.
 */
export function saveModel(
  network: Network,
  to: usize,
  weightsOnly: u32,
  text: usize,
  textBytes: usize,
  history: usize,
  columns: u32,
  rows: u32,
): f64 {
  const pass = changetype<Pass>(PASS);
  pass.weightsOnly = (weightsOnly != 0) as u32;
  const kept = weightsOnly == 0 && columns > 0 && rows > 0;
  pass.columns = kept ? columns : 0;
  pass.rows = kept ? rows : 0;
  begin(pass, Does.Count, to + 8, 0);
  writeHeader(pass, network, text, textBytes);
  const header = pass.at - to;
  const bytes = (header as f64) + (pass.offset as f64);
  if (!pass.sound) return -(Status.UnfitText as f64);
  if (header - 8 > MOST_HEADER || bytes >= ADDRESSABLE) return -(Status.TooLarge as f64);
  if (!to) return bytes;

  store<u64>(to, header - 8);
  begin(pass, Does.Write, to + 8, 0);
  writeHeader(pass, network, text, textBytes);
  const data = pass.at;
  store<u32>(data, pass.weightsOnly);
  store<u32>(data, pass.columns, 4);
  store<u32>(data, pass.rows, 8);
  configuration(network, data + (CONTENTS_WORDS << 2), Way.Out);
  const run = data + configurationBytes(network.layerCount);
  if (!weightsOnly) state(network, run, Way.Out);
  let p = run + (STATE_WORDS << 2) + 2 * GENERATOR_BYTES;
  if (kept) {
    // Signs and payloads of a NaN are the host's own.
    for (const end = history + ((columns * rows) << 3); history < end; history += 8, p += 8) {
      const x = load<f64>(history);
      store<u64>(p, isNaN<f64>(x) ? NAN : load<u64>(history));
    }
  }
  pass.data = data;
  visit(pass, network, Does.Out);
  if (!pass.sound) return -(Status.NonFiniteNumbers as f64);
  writeDigits(to + DIGITS_AT, checksum(to, to + (bytes as usize)));
  return bytes;
}

/**
 * Makes the network what the file of `bytes` bytes at `from` says and answers 0; or a negative status; or how many bytes behind the network's address the file must
 * end at least. Only in the first case anything has changed. A network whose ElementBytes is 0 is made anew; another must have the file's configuration. Of the file
 * `given` bytes are there: where these are not all, which takes at least `HEAD`, the answer is not 0.
 */
export function loadModel(network: Network, from: usize, bytes: usize, given: usize): f64 {
  const status = inspect(from, bytes, given);
  if (status != Status.Ok) return -(status as f64);
  const pass = changetype<Pass>(PASS);
  const base = changetype<usize>(network);
  const header = load<u32>(from);
  const data = from + 8 + header;
  pass.data = data;
  pass.end = data;
  const most = bytes - 8 - header;
  if (most < (CONTENTS_WORDS + HEADER_WORDS) << 2) return -(Status.MalformedHeader as f64);
  const words = data + (CONTENTS_WORDS << 2);
  const layers = load<u32>(words, LAYER_COUNT << 2);
  pass.weightsOnly = load<u32>(data);
  pass.columns = load<u32>(data, 4);
  pass.rows = load<u32>(data, 8);
  if (
    layers > header / LEAST_OF_LAYER ||
    pass.weightsOnly > 1 ||
    (pass.weightsOnly && pass.columns | pass.rows) ||
    (pass.columns == 0) != (pass.rows == 0) ||
    (configurationBytes(layers) as f64) +
      (pass.weightsOnly ? 0 : (((STATE_WORDS << 2) + 2 * GENERATOR_BYTES) as f64)) +
      (pass.columns as f64) * (pass.rows as f64) * 8 >
      (most as f64)
  ) {
    return -(Status.MalformedHeader as f64);
  }
  const isNew = network.elementBytes == 0;
  if (isNew) {
    const tables = Header.Bytes + layers * Abi.LayerBytes;
    if (from < base + tables) return (tables as f64) + (bytes as f64);
    memory.fill(base, 0, tables);
    network.sampleCapacity = 1;
  } else if (!configuration(network, words, Way.Compare)) return -(Status.OtherNetwork as f64);

  const training = network.training;
  state(network, BEFORE, Way.Out);
  const answer = isNew && !configuration(network, words, Way.In) ? -(Status.UnsoundNumbers as f64) : read(network, from, bytes, given);
  if (answer == 0) {
    visit(pass, network, Does.In);
    if (pass.weightsOnly) {
      seedGenerator(network.at(network.generator), network.seed);
      memory.fill(network.at(network.epochGenerator), 0, GENERATOR_BYTES);
    }
    spreadRate(network);
    network.historyLength = 0;
  } else if (isNew) network.elementBytes = 0;
  else {
    state(network, BEFORE, Way.In);
    network.training = training;
    layOut(network);
  }
  return answer;
}

/** Whether the bytes are those of a file as it was written, of this version. Before they are all there, only whether it may be one. */
function inspect(from: usize, bytes: usize, given: usize): Status {
  if (bytes < DIGITS_AT + 16) return Status.NoModelFile;
  const header = load<u64>(from);
  if (header > MOST_HEADER || header & 7 || header < DIGITS_AT + 16 || header > bytes - 8) return Status.NoModelFile;
  const pass = changetype<Pass>(PASS);
  begin(pass, Does.Compare, from + 8, from + bytes);
  put(pass, START);
  if (!pass.sound) return Status.NoModelFile;
  const digit = load<u8>(pass.at);
  put(pass, VERSION);
  if (!pass.sound) return digit >= 0x31 && digit <= 0x39 ? Status.NewerVersion : Status.NoModelFile;
  if (bytes & 3) return Status.DamagedFile;
  if (given < bytes) return Status.Ok;
  const digits = from + DIGITS_AT;
  const high = load<u64>(digits);
  const low = load<u64>(digits, 8);
  store<u64>(digits, ZEROS);
  store<u64>(digits, ZEROS, 8);
  writeDigits(digits, checksum(from, from + bytes));
  return load<u64>(digits) == high && load<u64>(digits, 8) == low ? Status.Ok : Status.DamagedFile;
}

/** Sets the network's counters and layout to those of the file and checks all the rest of it. Answers as `loadModel`. */
function read(network: Network, from: usize, bytes: usize, given: usize): f64 {
  const pass = changetype<Pass>(PASS);
  const run = pass.data + configurationBytes(network.layerCount);
  memory.fill(NOTHING, 0, STATE_WORDS << 2);
  if (!state(network, pass.weightsOnly ? NOTHING : run, Way.In)) return -(Status.UnsoundNumbers as f64);
  if (pass.weightsOnly) startCounters(network);
  if (network.step > 0) network.training = 1;
  const size = layOut(network);
  if (size < 0) return -(Status.UnsoundNumbers as f64);
  if ((changetype<usize>(network) as f64) + size > ADDRESSABLE) return -(Status.TooLarge as f64);

  const data = pass.data;
  begin(pass, Does.Compare, from + 8, data);
  writeHeader(pass, network, 0, 0);
  if (!pass.sound || pass.at != data || pass.offset != ((from + bytes - data) as u64)) return -(Status.MalformedHeader as f64);
  const generators = run + (STATE_WORDS << 2);
  if (!isSound(network) || !(pass.weightsOnly || (isGenerator(generators) && isGenerator(generators + GENERATOR_BYTES)))) {
    return -(Status.UnsoundNumbers as f64);
  }
  const needed = max<f64>(size, ((Header.Bytes + network.layerCount * Abi.LayerBytes) as f64) + (bytes as f64));
  if (given < bytes) return needed;
  visit(pass, network, Does.Check);
  if (!pass.sound) return -(Status.NonFiniteNumbers as f64);
  return (from as f64) + (bytes as f64) < (changetype<usize>(network) as f64) + needed ? needed : 0;
}

/** Whether numbers go together, so that nothing is read or written where it must not be, and no option is one that cannot be. */
function isSound(network: Network): bool {
  const last = network.lastLayer();
  return (
    (network.cursor == 0 || network.cursor < network.sampleRows) &&
    network.pairCount <= network.pairCapacity &&
    network.pairNewest <= network.pairCapacity - (network.pairCapacity > 0 ? 1 : 0) &&
    (network.schedule == Schedule.Constant || (network.scheduleSteps > 0 && network.scheduleFactor > 0)) &&
    (network.loss != Loss.Huber || network.lossParameter > 0) &&
    (network.loss < Loss.BinaryCrossEntropy || (network.lossParameter < 1 && last.dropout == 0 && !last.residual))
  );
}

function configurationBytes(layers: u32): u32 {
  return (CONTENTS_WORDS + HEADER_WORDS + layers * LAYER_WORDS) << 2;
}

function begin(pass: Pass, does: Does, at: usize, end: usize): void {
  pass.does = does;
  pass.sound = true;
  pass.at = at;
  pass.end = end;
  pass.offset = 0;
}

function visit(pass: Pass, network: Network, does: Does): void {
  begin(pass, does, 0, 0);
  visitTensors(pass, network);
}

function writeHeader(pass: Pass, network: Network, text: usize, textBytes: usize): void {
  const from = pass.at;
  put(pass, START);
  put(pass, VERSION);
  // The digits themselves have been checked where this compares.
  if (pass.does == Does.Compare) pass.at += 16;
  else for (let i = 0; i < 16; i++) putCharacter(pass, ZERO);
  put(pass, '","text":"');
  putText(pass, text, textBytes);
  put(pass, '"}');
  visitTensors(pass, network);
  putCharacter(pass, BRACE);
  while ((pass.at - from) & 7) putCharacter(pass, SPACE);
}

function visitTensors(pass: Pass, network: Network): void {
  const type = network.elementBytes == 8 ? Type.F64 : Type.F32;
  const layers = network.layerCount;
  const trained = !pass.weightsOnly && network.step > 0;
  tensor(pass, network, "configuration", -1, "", Type.U32, configurationBytes(layers) >> 2, 0, 0);
  if (!pass.weightsOnly) {
    tensor(pass, network, "run", -1, "", Type.U32, STATE_WORDS, 0, 0);
    tensor(pass, network, "generators", -1, "", Type.U32, 2, GENERATOR_BYTES >> 2, network.generator);
    if (pass.rows) tensor(pass, network, "history", -1, "", Type.F64, pass.columns, pass.rows, 0);
  }
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    const units = layer.units;
    tensor(pass, network, "layers.", l, ".weights", type, layer.inputs, units, layer.weights);
    if (layer.bias) tensor(pass, network, "layers.", l, ".biases", type, units, 0, layer.biases);
    if (!layer.normalization) continue;
    tensor(pass, network, "layers.", l, ".scales", type, units, 0, layer.scales);
    tensor(pass, network, "layers.", l, ".shifts", type, units, 0, layer.shifts);
  }
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    if (layer.normalization != Normalization.Batch) continue;
    tensor(pass, network, "layers.", l, ".means", Type.F64, layer.units, 0, layer.means);
    tensor(pass, network, "layers.", l, ".variances", Type.F64, layer.units, 0, layer.variances);
  }
  if (!trained) return;
  const count = network.parameterCount;
  const sets = setsOf(network);
  for (let k: u32 = 0; k < sets; k++) {
    tensor(pass, network, "optimizer.moments.", k, "", type, count, 0, network.moments + k * network.setBytes);
  }
  if (network.optimizer == Optimizer.Lbfgs) {
    tensor(pass, network, "optimizer.curvatures", -1, "", Type.F64, 2 * network.pairCapacity + 1, 0, network.curvatures);
  }
  if (!network.restoreBest || !(network.bestLoss < Infinity)) return;
  tensor(pass, network, "best.parameters", -1, "", type, count, 0, network.bestParameters);
  if (network.statisticsCount) {
    tensor(pass, network, "best.statistics", -1, "", Type.F64, network.statisticsCount, 0, network.bestParameters + network.setBytes);
  }
}

/** Does with one tensor what the pass does: `name` and, from 0 on, `index` and `rest`; of `rows` · `columns` elements, or `rows` with 0; at `place` in the block, or 0. */
function tensor(
  pass: Pass,
  network: Network,
  name: string,
  index: i32,
  rest: string,
  type: Type,
  rows: u32,
  columns: u32,
  place: u32,
): void {
  const bytes = ((rows as u64) * (max<u32>(columns, 1) as u64)) << (type == Type.F64 ? 3 : 2);
  const from = pass.offset;
  const end = from + bytes;
  pass.offset = end;
  const does = pass.does;
  if (does > Does.Compare) {
    const p = pass.data + (from as usize);
    const size = bytes as usize;
    if (place == 0) {
      if (does == Does.Check && type == Type.F64 && !isHistory(p, size)) pass.sound = false;
    } else if (does == Does.In) memory.copy(network.at(place), p, size);
    else {
      // In pieces that are still in the cache when they are looked at.
      for (let i: usize = 0; i < size; i += PIECE) {
        const length = min(size - i, PIECE);
        if (does == Does.Out) memory.copy(p + i, network.at(place) + i, length);
        if (type != Type.U32 && !isFinite(p + i, length, type)) pass.sound = false;
      }
    }
    return;
  }
  put(pass, ',"');
  put(pass, name);
  if (index >= 0) putNumber(pass, index);
  put(pass, rest);
  put(pass, '":{"dtype":"');
  put(pass, type == Type.U32 ? "U32" : type == Type.F32 ? "F32" : "F64");
  put(pass, '","shape":[');
  putNumber(pass, rows);
  if (columns) {
    putCharacter(pass, COMMA);
    putNumber(pass, columns);
  }
  put(pass, '],"data_offsets":[');
  putNumber(pass, from);
  putCharacter(pass, COMMA);
  putNumber(pass, end);
  put(pass, "]}");
}

function put(pass: Pass, text: string): void {
  const from = changetype<usize>(text);
  for (let i = 0; i < text.length; i++) putCharacter(pass, load<u16>(from + (i << 1)));
}

function putNumber(pass: Pass, x: u64): void {
  let unit: u64 = 1;
  while (x / unit >= 10) unit *= 10;
  for (; unit > 0; unit /= 10) putCharacter(pass, ZERO + (((x / unit) % 10) as u32));
}

function putCharacter(pass: Pass, character: u32): void {
  const at = pass.at;
  if (pass.does == Does.Write) store<u8>(at, character);
  if (pass.does == Does.Compare && !(at < pass.end && (load<u8>(at) as u32) == character)) pass.sound = false;
  pass.at = at + 1;
}

/** Printable ASCII, in which quotes and backslashes stand behind a backslash; or passes over such a text where the pass compares. */
function putText(pass: Pass, text: usize, bytes: usize): void {
  if (pass.does == Does.Compare) {
    for (; pass.at < pass.end; pass.at++) {
      let character = load<u8>(pass.at);
      if (character == 0x22) return;
      // It must be one of the two; a quote that ends the text is found by what comes next.
      if (character == 0x5c) {
        character = ++pass.at < pass.end ? load<u8>(pass.at) : 0;
        if (character != 0x22 && character != 0x5c) pass.sound = false;
      }
      if (!isPrintable(character)) pass.sound = false;
    }
    return;
  }
  for (const end = text + bytes; text < end; text++) {
    const character = load<u8>(text);
    if (!isPrintable(character)) pass.sound = false;
    if (character == 0x22 || character == 0x5c) putCharacter(pass, 0x5c);
    putCharacter(pass, character);
  }
}

function isPrintable(character: u32): bool {
  return character >= 0x20 && character < 0x7f;
}

/** Sixteen digits of base 16. */
function writeDigits(at: usize, x: u64): void {
  for (const end = at + 16; at < end; at++, x <<= 4) {
    const digit = (x >> 60) as u32;
    store<u8>(at, digit + (digit < 10 ? 0x30 : 0x57));
  }
}

/** Whether numbers are finite. To an exponent of ones 1 is added, which carries into the sign's place. */
function isFinite(p: usize, bytes: usize, type: Type): bool {
  const exponents: u64 = type == Type.F64 ? 0x7ff0000000000000 : 0x7f8000007f800000;
  const one: u64 = type == Type.F64 ? 0x0010000000000000 : 0x0080000000800000;
  let carried: u64 = 0;
  const end = p + bytes;
  for (; p + 8 <= end; p += 8) carried |= (load<u64>(p) & exponents) + one;
  if (p < end) carried |= ((load<u32>(p) as u64) & exponents) + one;
  return !(carried & (type == Type.F64 ? 0x8000000000000000 : 0x8000000080000000));
}

/** Losses may be infinite, and NaN where there are none, but of NaN there is one only. */
function isHistory(p: usize, bytes: usize): bool {
  for (const end = p + bytes; p < end; p += 8) {
    const x = load<f64>(p);
    if (isNaN<f64>(x) && load<u64>(p) != NAN) return false;
  }
  return true;
}
