import {
  Abi,
  Activation,
  ClassReport,
  Evaluation,
  Header,
  Initializer,
  LayerField,
  Loss,
  Monitor,
  Normalization,
  Optimizer,
  Reduction,
  Report,
  Schedule,
  Status,
} from "../src/abi";
import { slopeNeedsSum } from "./kernels/activations";
import { momentsOf, RATES_BYTES } from "./kernels/optimizers";
import { panelBytes } from "./kernels/product";
import { GENERATOR_BYTES } from "./random";

// One network is one block:
//
//   header · layer table · generators · history · parameters · statistics · moments · best parameters │ gradient · layers · panel · samples
//   ────────────────────────────── kept while the network lives ───────────────────────────────────── │ ─ scratch, laid out anew as it grows ─
//
// Each region begins at a multiple of 16 and has room for a vector behind its last element, so that loops over elements run in whole vectors to
// the end and may compute and write anything there. Offsets are relative to the block, so a block can be copied to another address or memory as it is. Scratch stands behind what is kept,
// so that room for more rows never moves a weight, and the samples stand last, where a host grows them without a limit of its own.

/** The most rows that pass through the layers at once: activations stay in the cache, and memory does not grow with the batch. */
const CHUNK_ROWS: u32 = 256;

/** Doubles that the history holds until the host takes them. */
const HISTORY_DOUBLES: u32 = 1024;

/** Sets of the parameters' size that L-BFGS keeps besides its pairs: the direction, the gradient before, and where a line search begins. */
export const LBFGS_SETS: u32 = 3;

/** The most pairs that L-BFGS may remember. */
const MOST_PAIRS: u32 = 1000;

/** Bits of `features`. */
export const PENALTIES: u32 = 1;
export const NORM_LIMITS: u32 = 2;
export const FROZEN: u32 = 4;
export const STATISTICS: u32 = 8;
export const DROPOUT: u32 = 16;
/** The loss gives its derivative by the last layer's sums at once, and not by its outputs. */
export const FUSED: u32 = 32;

/** Room for a vector behind a region whose loops run in whole vectors to the end. */
const PADDING: f64 = 16;

/** Bytes that WebAssembly can address, as f64 since a shape may ask for more. */
export const ADDRESSABLE: f64 = 4294967296.0;

/** The header of a block; `Header` in src/abi.ts describes the fields. */
@unmanaged
export class Network {
  elementBytes: u32;
  inputs: u32;
  layerCount: u32;
  seed: u32;
  loss: Loss;
  reduction: Reduction;
  learningRate: f64;
  sampleCapacity: u32;
  training: u32;
  sampleRows: u32;
  batchRows: u32;
  epochTarget: f64;
  historyInterval: f64;
  historyLength: u32;
  historyCapacity: u32;
  epoch: f64;
  step: f64;
  cursor: u32;
  outputs: u32;
  lastLoss: f64;
  epochSum: f64;
  parameterCount: u32;
  parameters: u32;
  gradient: u32;
  history: u32;
  generator: u32;
  sampleInputs: u32;
  sampleTargets: u32;
  panel: u32;
  chunkRows: u32;
  rowLosses: u32;
  optimizer: Optimizer;
  moments: u32;
  beta1: f64;
  beta2: f64;
  epsilon: f64;
  weightDecay: f64;
  clipValue: f64;
  clipNorm: f64;
  schedule: Schedule;
  monitor: Monitor;
  scheduleSteps: f64;
  scheduleFactor: f64;
  scheduleFloor: f64;
  warmUpSteps: f64;
  rate: f64;
  beta1Power: f64;
  beta2Power: f64;
  momentumProduct: f64;
  plateauScale: f64;
  plateauBest: f64;
  plateauWait: f64;
  lossParameter: f64;
  labels: u32;
  targetWidth: u32;
  weighted: u32;
  sampleWeights: u32;
  shuffle: u32;
  order: u32;
  chunkInputs: u32;
  chunkTargets: u32;
  chunkWeights: u32;
  validationRows: u32;
  patience: u32;
  restoreBest: u32;
  minimumChange: f64;
  bestLoss: f64;
  bestEpoch: f64;
  bestParameters: u32;
  stopped: u32;
  statistics: u32;
  statisticsCount: u32;
  largestGradient: f64;
  failedLayer: u32;
  rates: u32;
  epochGenerator: u32;
  orderReady: u32;
  nadamPower: f64;
  validationLoss: f64;
  setBytes: u32;
  features: u32;
  measures: u32;
  historyWidth: u32;
  measuredWeight: f64;
  measureSum0: f64;
  measureSum1: f64;
  measureSum2: f64;
  validationMeasure0: f64;
  validationMeasure1: f64;
  validationMeasure2: f64;
  evaluation: Evaluation;
  topCount: u32;
  report: u32;
  scores: u32;
  ranks: u32;
  inputGradient: u32;
  pairCapacity: u32;
  pairCount: u32;
  pairNewest: u32;
  gradientReady: u32;
  stepLength: f64;
  curvatures: u32;
  batchWeight: f64;
  batchSum0: f64;
  batchSum1: f64;
  batchSum2: f64;
  rowWeights: u32;
  team: u32;

  /** The address of what lies `offset` bytes into the block. */
  at(offset: u32): usize {
    return changetype<usize>(this) + offset;
  }

  layer(index: u32): Layer {
    return changetype<Layer>(changetype<usize>(this) + Header.Bytes + index * Abi.LayerBytes);
  }

  /** Entries that the history has room for, or fewer if the host wants to be told earlier. */
  historyRoom(): u32 {
    const most = HISTORY_DOUBLES / this.historyWidth;
    return this.historyCapacity == 0 ? most : min(this.historyCapacity, most);
  }

  lastLayer(): Layer {
    return this.layer(this.layerCount - 1);
  }
}

/** One entry of the layer table; `LayerField` in src/abi.ts describes the fields. */
@unmanaged
export class Layer {
  units: u32;
  activation: Activation;
  bias: u32;
  initializer: Initializer;
  inputs: u32;
  weights: u32;
  biases: u32;
  outputs: u32;
  deltas: u32;
  trainable: u32;
  parameter: f64;
  normalization: Normalization;
  residual: u32;
  normalizationEpsilon: f64;
  normalizationMomentum: f64;
  dropout: f64;
  l1: f64;
  l2: f64;
  maxNorm: f64;
  initializerParameter: f64;
  scales: u32;
  shifts: u32;
  means: u32;
  variances: u32;
  sums: u32;
  values: u32;
  normalized: u32;
  deviations: u32;
  biasInitializer: Initializer;
  biasInitializerParameter: f64;
}

// The structs and the page that hosts read must not drift apart: a difference does not compile.
if (offsetof<Network>("learningRate") != Header.LearningRate) ERROR("Header.LearningRate");
if (offsetof<Network>("sampleRows") != Header.SampleRows) ERROR("Header.SampleRows");
if (offsetof<Network>("epochTarget") != Header.EpochTarget) ERROR("Header.EpochTarget");
if (offsetof<Network>("cursor") != Header.Cursor) ERROR("Header.Cursor");
if (offsetof<Network>("epochSum") != Header.EpochSum) ERROR("Header.EpochSum");
if (offsetof<Network>("sampleTargets") != Header.SampleTargets) ERROR("Header.SampleTargets");
if (offsetof<Network>("rowLosses") != Header.RowLosses) ERROR("Header.RowLosses");
if (offsetof<Network>("moments") != Header.Moments) ERROR("Header.Moments");
if (offsetof<Network>("weightDecay") != Header.WeightDecay) ERROR("Header.WeightDecay");
if (offsetof<Network>("scheduleSteps") != Header.ScheduleSteps) ERROR("Header.ScheduleSteps");
if (offsetof<Network>("rate") != Header.Rate) ERROR("Header.Rate");
if (offsetof<Network>("plateauWait") != Header.PlateauWait) ERROR("Header.PlateauWait");
if (offsetof<Network>("labels") != Header.Labels) ERROR("Header.Labels");
if (offsetof<Network>("sampleWeights") != Header.SampleWeights) ERROR("Header.SampleWeights");
if (offsetof<Network>("minimumChange") != Header.MinimumChange) ERROR("Header.MinimumChange");
if (offsetof<Network>("statistics") != Header.Statistics) ERROR("Header.Statistics");
if (offsetof<Network>("validationLoss") != Header.ValidationLoss) ERROR("Header.ValidationLoss");
if (offsetof<Network>("measuredWeight") != Header.EpochMeasures) ERROR("Header.EpochMeasures");
if (offsetof<Network>("validationMeasure0") != Header.ValidationMeasures) ERROR("Header.ValidationMeasures");
if (offsetof<Network>("report") != Header.Report) ERROR("Header.Report");
if (offsetof<Network>("gradientReady") != Header.GradientReady) ERROR("Header.GradientReady");
if (offsetof<Network>("batchWeight") != Header.BatchMeasures) ERROR("Header.BatchMeasures");
if (offsetof<Network>("team") != Header.Team) ERROR("Header.Team");
if (offsetof<Layer>("initializer") != LayerField.Initializer) ERROR("LayerField.Initializer");
if (offsetof<Layer>("biases") != LayerField.Biases) ERROR("LayerField.Biases");
if (offsetof<Layer>("deltas") != LayerField.Deltas) ERROR("LayerField.Deltas");
if (offsetof<Layer>("parameter") != LayerField.Parameter) ERROR("LayerField.Parameter");
if (offsetof<Layer>("dropout") != LayerField.Dropout) ERROR("LayerField.Dropout");
if (offsetof<Layer>("initializerParameter") != LayerField.InitializerParameter) ERROR("LayerField.InitializerParameter");
if (offsetof<Layer>("variances") != LayerField.Variances) ERROR("LayerField.Variances");
if (offsetof<Layer>("deviations") != LayerField.Deviations) ERROR("LayerField.Deviations");
if (offsetof<Layer>("biasInitializer") != LayerField.BiasInitializer) ERROR("LayerField.BiasInitializer");
if (offsetof<Layer>("biasInitializerParameter") != LayerField.BiasInitializerParameter) ERROR("LayerField.BiasInitializerParameter");
if (offsetof<Network>() > (Header.Bytes as usize)) ERROR("Header.Bytes");
if (offsetof<Layer>() > (Abi.LayerBytes as usize)) ERROR("Abi.LayerBytes");

/**
 * Computes where everything lies from the header's and the layers' `in` fields. Answers the bytes that the block needs, or a
 * negative `Status`. Where block and bytes do not fit into 4 GiB nothing is written and the bytes say what would be needed.
 */
export function layOut(network: Network): f64 {
  if (!isValid(network)) return -(Status.InvalidBlock as f64);
  const bytes = place(network, false);
  if ((changetype<usize>(network) as f64) + bytes > ADDRESSABLE) return bytes;
  return place(network, true);
}

function isValid(network: Network): bool {
  // Codes are signed by themselves.
  if (network.elementBytes != 8 && network.elementBytes != 4) return false;
  if (network.inputs == 0 || network.layerCount == 0 || network.sampleCapacity == 0) return false;
  if ((network.loss as u32) > (Loss.CrossEntropy as u32) || (network.reduction as u32) > (Reduction.Mean as u32)) return false;
  if (network.measures > 7 || (network.evaluation as u32) > (Evaluation.Classes as u32)) return false;
  if (network.optimizer == Optimizer.Lbfgs && (network.pairCapacity == 0 || network.pairCapacity > MOST_PAIRS)) return false;
  if (
    (network.optimizer as u32) > (Optimizer.Lbfgs as u32) ||
    (network.schedule as u32) > (Schedule.Plateau as u32) ||
    (network.monitor as u32) > (Monitor.ValidationLoss as u32)
  )
    return false;
  let width = network.inputs;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.units == 0 || layer.bias > 2) return false;
    if ((layer.initializer as u32) > (Initializer.Orthogonal as u32) || (layer.biasInitializer as u32) >= (Initializer.Orthogonal as u32))
      return false;
    if ((layer.activation as u32) > (Activation.Softmax as u32) || (layer.activation == Activation.Softmax && l + 1 < network.layerCount))
      return false;
    if ((layer.normalization as u32) > (Normalization.Batch as u32) || (layer.residual && layer.units != width)) return false;
    width = layer.units;
  }
  const last = network.lastLayer().activation;
  if (network.loss == Loss.CrossEntropy) return last == Activation.Softmax;
  if (network.loss == Loss.BinaryCrossEntropy) return last == Activation.Sigmoid;
  return true;
}

/** Walks the block once in f64, which holds sizes beyond 4 GiB exactly; writes what it finds only when told that it fits. */
function place(network: Network, write: bool): f64 {
  const element = network.elementBytes as f64;
  const training = network.training != 0;
  const chunkRows = chunkRowsOf(network);
  const layers = network.layerCount;

  let at: f64 = (Header.Bytes as f64) + (layers as f64) * (Abi.LayerBytes as f64);
  if (write) {
    network.chunkRows = chunkRows;
    network.historyWidth = 4 + 2 * popcnt<u32>(network.measures);
  }
  at = region(network, Header.Generator, at, GENERATOR_BYTES, write);
  at = region(network, Header.EpochGenerator, at, GENERATOR_BYTES, write);
  at = region(network, Header.History, at, HISTORY_DOUBLES * 8, write);
  at = region(network, Header.Rates, at, RATES_BYTES, write);

  const parameters = at;
  let width = network.inputs;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    const vector = (layer.units as f64) * element;
    const weights = at;
    at += (width as f64) * vector;
    const biases = at;
    if (layer.bias) at += vector;
    const scales = at;
    if (layer.normalization) at += 2 * vector;
    if (write) {
      layer.inputs = width;
      layer.weights = weights as u32;
      layer.biases = layer.bias ? (biases as u32) : 0;
      layer.scales = layer.normalization ? (scales as u32) : 0;
      layer.shifts = layer.normalization ? ((scales + vector) as u32) : 0;
    }
    width = layer.units;
  }
  const parameterBytes = at - parameters;
  at = padded(at);
  // What one set of numbers of the parameters' layout takes, with its padding: the moments stand so far apart.
  const setBytes = at - parameters;
  const statistics = at;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    const vector = layer.normalization == Normalization.Batch ? (layer.units as f64) * 8 : 0;
    if (write) {
      layer.means = vector > 0 ? (at as u32) : 0;
      layer.variances = vector > 0 ? ((at + vector) as u32) : 0;
    }
    at += 2 * vector;
  }
  const statisticsBytes = at - statistics;
  at = aligned(at);
  if (write) {
    network.outputs = width;
    network.targetWidth = network.labels ? 1 : width;
    network.parameters = parameters as u32;
    network.parameterCount = (parameterBytes / element) as u32;
    network.statistics = statistics as u32;
    network.statisticsCount = (statisticsBytes / 8) as u32;
    network.setBytes = setBytes as u32;
    network.features = featuresOf(network);
    network.orderReady = 0;
    network.gradientReady = 0;
  }
  const trained: f64 = training ? setBytes : 0;
  const pairs: f64 = training && network.optimizer == Optimizer.Lbfgs ? 16 * (network.pairCapacity as f64) + 8 : 0;
  at = region(network, Header.Moments, at, (setsOf(network) as f64) * trained, write);
  at = region(network, Header.Curvatures, at, pairs, write);
  at = region(network, Header.BestParameters, at, training && network.restoreBest ? setBytes + statisticsBytes : 0, write);

  // From here on nothing outlives a call.
  at = region(network, Header.Gradient, at, trained, write);
  for (let l: u32 = 0; l < layers; l++) at = placeLayer(network, l, at, (chunkRows as f64) * element, write);
  at = region(network, Header.RowLosses, at, training || network.evaluation ? (chunkRows as f64) * 8 : 0, write);
  at = region(network, Header.Panel, at, panelBytesOf(network), write);

  const capacity = network.sampleCapacity as f64;
  const targetWidth: f64 = network.labels ? 1 : (width as f64);
  const shuffled: f64 = training && network.shuffle ? (chunkRows as f64) * element : 0;
  const differentiated: f64 = training && network.inputGradient ? (chunkRows as f64) * element : 0;
  // Outputs, weights and places of all rows.
  const evaluated: f64 = network.evaluation ? capacity : 0;
  at = region(network, Header.ChunkInputs, at, max<f64>(shuffled, differentiated) * (network.inputs as f64) + PADDING, write);
  at = region(network, Header.ChunkTargets, at, shuffled * targetWidth + PADDING, write);
  at = region(network, Header.ChunkWeights, at, shuffled, write);
  at = region(network, Header.Order, at, shuffled > 0 ? capacity * 4 : 0, write);
  at = region(network, Header.Report, at, reportBytes(network), write);
  at = region(network, Header.Scores, at, evaluated * (width as f64) * 8, write);
  at = region(network, Header.RowWeights, at, evaluated * 8, write);
  at = region(network, Header.Ranks, at, evaluated * 4, write);
  at = region(network, Header.SampleWeights, at, network.weighted ? capacity * element : 0, write);
  at = region(network, Header.SampleInputs, at, capacity * (network.inputs as f64) * element, write);
  return region(network, Header.SampleTargets, at, capacity * (width as f64) * element + PADDING, write);
}

/** Lays a region of `bytes` bytes out at `at`, whose offset goes into the header's `field`, and answers where the next one begins. */
function region(network: Network, field: Header, at: f64, bytes: f64, write: bool): f64 {
  if (write) store<u32>(changetype<usize>(network) + (field as usize), at as u32);
  return aligned(at + bytes);
}

/** Where a layer keeps what the backward pass needs. `rowBytes` is the size of one unit's column of a chunk. */
function placeLayer(network: Network, index: u32, at: f64, rowBytes: f64, write: bool): f64 {
  const layer = network.layer(index);
  const bytes = rowBytes * (layer.units as f64);
  const training = network.training != 0;
  // The sum may be overwritten by the value, and the value by the output, unless someone asks for it later.
  const fused = index + 1 == network.layerCount && network.loss >= Loss.BinaryCrossEntropy;
  const keepsSum = training ? fused || slopeNeedsSum(layer.activation) : fused && network.evaluation != 0;
  const keepsValue = layer.residual != 0 || (training && layer.dropout > 0);
  const normalized = training && layer.normalization != 0;

  if (write) layer.sums = at as u32;
  at = padded(at + bytes);
  if (write) layer.values = keepsSum ? (at as u32) : layer.sums;
  if (keepsSum) at = padded(at + bytes);
  if (write) layer.outputs = keepsValue ? (at as u32) : layer.values;
  if (keepsValue) at = padded(at + bytes);
  if (write) layer.normalized = normalized ? (at as u32) : 0;
  if (normalized) at = aligned(at + bytes);
  if (write) layer.deviations = at as u32;
  // Of each row; or of each unit, with the batch's mean and variance behind.
  if (layer.normalization == Normalization.Layer) at = aligned(at + (8 * rowBytes) / (network.elementBytes as f64));
  if (layer.normalization == Normalization.Batch) at = aligned(at + 24 * (layer.units as f64));
  if (write) layer.deltas = at as u32;
  if (training) at = padded(at + bytes);
  return at;
}

/** Parameters' worth of moments that the optimizer keeps. */
export function setsOf(network: Network): u32 {
  if (network.optimizer == Optimizer.Lbfgs) return LBFGS_SETS + 2 * network.pairCapacity;
  return momentsOf(network.optimizer);
}

/** A confusion matrix of many classes is large, so only those who ask for one pay for it. */
function reportBytes(network: Network): f64 {
  if (network.evaluation == Evaluation.None) return 0;
  const classes = classesOf(network) as f64;
  const matrix: f64 = network.evaluation == Evaluation.Classes ? classes * classes : 0;
  return 8 * ((Report.PerClass as f64) + (ClassReport.Width as f64) * classes + matrix);
}

/** How many classes or answers the outputs stand for: two with a single output for one class or the other. */
export function classesOf(network: Network): u32 {
  return isEither(network) && network.evaluation == Evaluation.Classes ? 2 : network.lastLayer().units;
}

/** Whether there is a single output, which says one class or the other. A softmax of one unit always says its only class. */
export function isEither(network: Network): bool {
  const last = network.lastLayer();
  return last.units == 1 && last.activation != Activation.Softmax;
}

/** Of squared errors only that of a sigmoid, the tutorial's, whose pair of derivatives takes one pass instead of two. */
function isFused(network: Network): bool {
  if (network.loss != Loss.SquaredError) return network.loss >= Loss.BinaryCrossEntropy;
  const last = network.lastLayer();
  return last.activation == Activation.Sigmoid && last.dropout == 0 && !last.residual;
}

/** What some layer has, so that steps need not look at each. */
function featuresOf(network: Network): u32 {
  let features: u32 = isFused(network) ? FUSED : 0;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.l1 > 0 || layer.l2 > 0) features |= PENALTIES;
    if (layer.maxNorm > 0) features |= NORM_LIMITS;
    if (!layer.trainable) features |= FROZEN;
    if (layer.dropout > 0) features |= DROPOUT;
    if (layer.normalization == Normalization.Batch) features |= STATISTICS;
  }
  return features;
}

/** The products' scratch for the widest matrix: inputs and units are the columns of forward pass and gradients. */
function panelBytesOf(network: Network): f64 {
  let widest = network.inputs;
  for (let l: u32 = 0; l < network.layerCount; l++) widest = max(widest, network.layer(l).units);
  return panelBytes(widest, network.elementBytes) as f64;
}

/** Batch normalisation looks at a whole batch, so that must be one chunk. */
function chunkRowsOf(network: Network): u32 {
  const rows = min(network.sampleCapacity, CHUNK_ROWS);
  for (let l: u32 = 0; l < network.layerCount; l++) {
    if (network.layer(l).normalization == Normalization.Batch) return max(rows, min(network.batchRows, network.sampleCapacity));
  }
  return rows;
}

function aligned(bytes: f64): f64 {
  return ceil<f64>(bytes / (Abi.Alignment as f64)) * (Abi.Alignment as f64);
}

/** Where the next region begins, behind one that elements are computed in and that ends at `bytes`. */
function padded(bytes: f64): f64 {
  return aligned(bytes + PADDING);
}
