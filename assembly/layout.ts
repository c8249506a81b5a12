import { Abi, Activation, Header, Initializer, LayerField, Loss, Reduction, Status } from "../src/abi";
import { PANEL_BYTES } from "./kernels/product";
import { GENERATOR_BYTES } from "./random";

// One network is one block:
//
//   header · layer table · generator · history · parameters │ gradient · outputs and deltas of each layer · row losses · panel · samples
//   ───────────── kept while the network lives ──────────── │ ──────────────── scratch, laid out anew as it must grow ────────────────
//
// Offsets are relative to the block, so a block can be copied to another address or memory as it is. Scratch stands behind what is kept,
// so that room for more rows never moves a weight, and the samples stand last, where a host grows them without a limit of its own.

/** The most rows that pass through the layers at once: activations stay in the cache, and memory does not grow with the batch. */
export const CHUNK_ROWS: u32 = 256;

/** Losses that the history holds until the host takes them. */
const HISTORY_CAPACITY: u32 = 256;

/** Bytes that WebAssembly can address, as f64 since a shape may ask for more. */
const ADDRESSABLE: f64 = 4294967296.0;

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

  /** The address of what lies `offset` bytes into the block. */
  at(offset: u32): usize {
    return changetype<usize>(this) + offset;
  }

  layer(index: u32): Layer {
    return changetype<Layer>(changetype<usize>(this) + Header.Bytes + index * Abi.LayerBytes);
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
}

// The structs and the page that hosts read must not drift apart: a difference does not compile.
if (offsetof<Network>("learningRate") != Header.LearningRate) ERROR("Header.LearningRate");
if (offsetof<Network>("sampleRows") != Header.SampleRows) ERROR("Header.SampleRows");
if (offsetof<Network>("epochTarget") != Header.EpochTarget) ERROR("Header.EpochTarget");
if (offsetof<Network>("historyLength") != Header.HistoryLength) ERROR("Header.HistoryLength");
if (offsetof<Network>("cursor") != Header.Cursor) ERROR("Header.Cursor");
if (offsetof<Network>("epochSum") != Header.EpochSum) ERROR("Header.EpochSum");
if (offsetof<Network>("parameters") != Header.Parameters) ERROR("Header.Parameters");
if (offsetof<Network>("sampleTargets") != Header.SampleTargets) ERROR("Header.SampleTargets");
if (offsetof<Network>("rowLosses") != Header.RowLosses) ERROR("Header.RowLosses");
if (offsetof<Network>() > <usize>Header.Bytes) ERROR("Header.Bytes");
if (offsetof<Layer>("initializer") != LayerField.Initializer) ERROR("LayerField.Initializer");
if (offsetof<Layer>("biases") != LayerField.Biases) ERROR("LayerField.Biases");
if (offsetof<Layer>("deltas") != LayerField.Deltas) ERROR("LayerField.Deltas");
if (offsetof<Layer>() > <usize>Abi.LayerBytes) ERROR("Abi.LayerBytes");

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
  if (network.elementBytes != 8 && network.elementBytes != 4) return false;
  if (network.inputs == 0 || network.layerCount == 0 || network.sampleCapacity == 0) return false;
  if (network.loss > Loss.SquaredError || network.reduction > Reduction.Mean) return false;
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.units == 0 || layer.bias > 1) return false;
    if (layer.activation > Activation.Relu || layer.initializer > Initializer.Uniform) return false;
  }
  return true;
}

/** Walks the block once in f64, which holds sizes beyond 4 GiB exactly; writes what it finds only when told that it fits. */
function place(network: Network, write: bool): f64 {
  const element = network.elementBytes as f64;
  const chunkRows = min(network.sampleCapacity, CHUNK_ROWS);
  const training = network.training != 0;
  const layers = network.layerCount;

  let at: f64 = Header.Bytes + (layers as f64) * Abi.LayerBytes;
  if (write) network.generator = at as u32;
  at = aligned(at + GENERATOR_BYTES);
  if (write) {
    network.history = at as u32;
    network.historyCapacity = HISTORY_CAPACITY;
    network.chunkRows = chunkRows;
  }
  at = aligned(at + HISTORY_CAPACITY * 8);

  const parameters = at;
  let width = network.inputs;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    const weights = at;
    at += (width as f64) * (layer.units as f64) * element;
    const biases = at;
    if (layer.bias) at += (layer.units as f64) * element;
    if (write) {
      layer.inputs = width;
      layer.weights = weights as u32;
      layer.biases = layer.bias ? (biases as u32) : 0;
    }
    width = layer.units;
  }
  const parameterBytes = at - parameters;
  at = aligned(at);
  if (write) {
    network.outputs = width;
    network.parameters = parameters as u32;
    network.parameterCount = (parameterBytes / element) as u32;
    network.gradient = at as u32;
  }
  if (training) at = aligned(at + parameterBytes);

  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    const bytes = (chunkRows as f64) * (layer.units as f64) * element;
    if (write) layer.outputs = at as u32;
    at = aligned(at + bytes);
    if (write) layer.deltas = at as u32;
    if (training) at = aligned(at + bytes);
  }
  if (write) network.rowLosses = at as u32;
  if (training) at = aligned(at + (chunkRows as f64) * 8);
  if (write) network.panel = at as u32;
  at = aligned(at + PANEL_BYTES);
  if (write) network.sampleInputs = at as u32;
  at = aligned(at + (network.sampleCapacity as f64) * (network.inputs as f64) * element);
  if (write) network.sampleTargets = at as u32;
  return aligned(at + (network.sampleCapacity as f64) * (width as f64) * element);
}

function aligned(bytes: f64): f64 {
  return ceil<f64>(bytes / Abi.Alignment) * Abi.Alignment;
}
