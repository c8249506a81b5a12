import { Abi, Header, LayerField } from "../src/abi";
import { Network } from "./layout";

// What of a block's header and layer table is the network's, in the order in which model files have it, and what its numbers may be: the one list of what is state.

/** Bits of a field's kind: an f64 and not a u32, and what its value may be. */
const WIDE: u32 = 1;
const NUMBER: u32 = 2;
const FINITE: u32 = 4;
const POSITIVE: u32 = 8;
/** Not below 0. */
const SIZE: u32 = 16;
const BELOW_ONE: u32 = 32;
const WHOLE: u32 = 64;
/** A u32 that is 0 or 1. */
const FLAG: u32 = 128;

const CODE: u8 = 0;
const YES: u8 = FLAG as u8;
const ANY: u8 = WIDE as u8;
const LOSS: u8 = (WIDE | NUMBER) as u8;
const REAL: u8 = (WIDE | NUMBER | FINITE) as u8;
const REACH: u8 = (WIDE | NUMBER | FINITE | SIZE) as u8;
const RATE: u8 = (WIDE | NUMBER | FINITE | POSITIVE) as u8;
const SHARE: u8 = (WIDE | NUMBER | SIZE | BELOW_ONE) as u8;
const COUNT: u8 = (WIDE | NUMBER | FINITE | SIZE | WHOLE) as u8;

/** Pairs of a field's offset, in words, and its kind. */
const FIELDS = memory.data<u8>([
  // What the options decide.
  (Header.ElementBytes >> 2) as u8,
  CODE,
  (Header.Inputs >> 2) as u8,
  CODE,
  (Header.LayerCount >> 2) as u8,
  CODE,
  (Header.Seed >> 2) as u8,
  CODE,
  (Header.Loss >> 2) as u8,
  CODE,
  (Header.Reduction >> 2) as u8,
  CODE,
  (Header.LearningRate >> 2) as u8,
  RATE,
  (Header.Optimizer >> 2) as u8,
  CODE,
  (Header.Beta1 >> 2) as u8,
  SHARE,
  (Header.Beta2 >> 2) as u8,
  SHARE,
  (Header.Epsilon >> 2) as u8,
  REACH,
  (Header.WeightDecay >> 2) as u8,
  REACH,
  (Header.ClipValue >> 2) as u8,
  REACH,
  (Header.ClipNorm >> 2) as u8,
  REACH,
  (Header.Schedule >> 2) as u8,
  CODE,
  (Header.ScheduleSteps >> 2) as u8,
  REACH,
  (Header.ScheduleFactor >> 2) as u8,
  REACH,
  (Header.ScheduleFloor >> 2) as u8,
  SHARE,
  (Header.WarmUpSteps >> 2) as u8,
  REACH,
  (Header.LossParameter >> 2) as u8,
  REACH,
  (Header.PairCapacity >> 2) as u8,
  CODE,
  // The same of a layer.
  (LayerField.Units >> 2) as u8,
  CODE,
  (LayerField.Activation >> 2) as u8,
  CODE,
  (LayerField.Bias >> 2) as u8,
  CODE,
  (LayerField.Initializer >> 2) as u8,
  CODE,
  (LayerField.Trainable >> 2) as u8,
  YES,
  (LayerField.Parameter >> 2) as u8,
  REACH,
  (LayerField.Normalization >> 2) as u8,
  CODE,
  (LayerField.Residual >> 2) as u8,
  YES,
  (LayerField.NormalizationEpsilon >> 2) as u8,
  REACH,
  (LayerField.NormalizationMomentum >> 2) as u8,
  SHARE,
  (LayerField.Dropout >> 2) as u8,
  SHARE,
  (LayerField.L1 >> 2) as u8,
  REACH,
  (LayerField.L2 >> 2) as u8,
  REACH,
  (LayerField.MaxNorm >> 2) as u8,
  REACH,
  (LayerField.InitializerParameter >> 2) as u8,
  REAL,
  (LayerField.BiasInitializer >> 2) as u8,
  CODE,
  (LayerField.BiasInitializerParameter >> 2) as u8,
  REAL,
  // What training has made of it.
  (Header.SampleRows >> 2) as u8,
  CODE,
  (Header.BatchRows >> 2) as u8,
  CODE,
  (Header.EpochTarget >> 2) as u8,
  COUNT,
  (Header.Epoch >> 2) as u8,
  COUNT,
  (Header.Step >> 2) as u8,
  COUNT,
  (Header.Cursor >> 2) as u8,
  CODE,
  (Header.EpochSum >> 2) as u8,
  LOSS,
  (Header.Rate >> 2) as u8,
  REACH,
  (Header.Beta1Power >> 2) as u8,
  REACH,
  (Header.Beta2Power >> 2) as u8,
  REACH,
  (Header.MomentumProduct >> 2) as u8,
  REACH,
  (Header.PlateauScale >> 2) as u8,
  REACH,
  (Header.PlateauBest >> 2) as u8,
  LOSS,
  (Header.PlateauWait >> 2) as u8,
  COUNT,
  (Header.Shuffle >> 2) as u8,
  YES,
  (Header.RestoreBest >> 2) as u8,
  YES,
  (Header.BestLoss >> 2) as u8,
  LOSS,
  (Header.BestEpoch >> 2) as u8,
  COUNT,
  (Header.Stopped >> 2) as u8,
  YES,
  (Header.LargestGradient >> 2) as u8,
  LOSS,
  (Header.NadamPower >> 2) as u8,
  REACH,
  (Header.ValidationLoss >> 2) as u8,
  ANY,
  (Header.EpochMeasures >> 2) as u8,
  ANY,
  ((Header.EpochMeasures + 8) >> 2) as u8,
  ANY,
  ((Header.EpochMeasures + 16) >> 2) as u8,
  ANY,
  ((Header.EpochMeasures + 24) >> 2) as u8,
  ANY,
  (Header.ValidationMeasures >> 2) as u8,
  ANY,
  ((Header.ValidationMeasures + 8) >> 2) as u8,
  ANY,
  ((Header.ValidationMeasures + 16) >> 2) as u8,
  ANY,
  (Header.PairCount >> 2) as u8,
  CODE,
  (Header.PairNewest >> 2) as u8,
  CODE,
  (Header.StepLength >> 2) as u8,
  REAL,
]);
const LAYER = FIELDS + 21 * 2;
const STATE = LAYER + 17 * 2;
const END = STATE + 32 * 2;

/** Words of the configuration: of the header, and of each layer. */
export const HEADER_WORDS: u32 = 33;
export const LAYER_WORDS: u32 = 26;
/** Words of the state. */
export const STATE_WORDS: u32 = 56;

/** A NaN as files have it: signs and payloads are the host's own. */
export const NAN: u64 = 0x7ff8000000000000;

/** The place of LayerCount among the configuration's words. */
export const LAYER_COUNT: u32 = 2;

/** What to do with the fields of a block and words elsewhere. */
export const enum Way {
  /** Writes the fields to the words. */
  Out,
  /** Answers whether they are the same. */
  Compare,
  /** Writes the words to the fields and answers whether their numbers may be so. */
  In,
}

/** The configuration, whose words stand at `words`. */
export function configuration(network: Network, words: usize, way: Way): bool {
  const base = changetype<usize>(network);
  if (!walk(base, words, FIELDS, LAYER, way)) return false;
  words += HEADER_WORDS << 2;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    if (!walk(base + Header.Bytes + l * Abi.LayerBytes, words, LAYER, STATE, way)) return false;
    words += LAYER_WORDS << 2;
  }
  return true;
}

/** The state, likewise. */
export function state(network: Network, words: usize, way: Way): bool {
  return walk(changetype<usize>(network), words, STATE, END, way);
}

function walk(base: usize, words: usize, from: usize, end: usize, way: Way): bool {
  let sound = true;
  for (; from < end; from += 2) {
    const field = base + ((load<u8>(from) as usize) << 2);
    const kind = load<u8>(from, 1) as u32;
    const size: usize = kind & WIDE ? 8 : 4;
    if (way == Way.Compare) {
      for (let i: usize = 0; i < size; i += 4) sound = sound && load<u32>(field + i) == load<u32>(words + i);
    } else {
      const into = way == Way.In;
      memory.copy(into ? field : words, into ? words : field, size);
      if (!into && kind == (ANY as u32) && isNaN<f64>(load<f64>(words))) store<u64>(words, NAN);
      if (into) sound = sound && (kind & WIDE ? isSound(load<f64>(field), kind) : kind == CODE || load<u32>(field) <= 1);
    }
    words += size;
  }
  return sound;
}

function isSound(x: f64, kind: u32): bool {
  return (
    (!isNaN<f64>(x) || (!(kind & NUMBER) && reinterpret<u64>(x) == NAN)) &&
    (!(kind & FINITE) || Math.abs(x) < Infinity) &&
    (!(kind & POSITIVE) || x > 0) &&
    (!(kind & SIZE) || x >= 0) &&
    (!(kind & BELOW_ONE) || x < 1) &&
    (!(kind & WHOLE) || (x <= 9007199254740991 && floor<f64>(x) == x))
  );
}
