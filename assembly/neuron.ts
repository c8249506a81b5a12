import { Loss, Optimizer, Reduction, Schedule } from "../src/abi";
import { isNormalRange, normalExponential } from "./kernels/exponential";
import { FUSED, Network } from "./layout";
import { scaleOf } from "./objective";
import { HARMLESS_64 } from "./update";

// One sigmoid unit of f64 by plain descent, the tutorial's network: what the general step computes for it, number by number, in one loop over the rows. The general
// step's calls and looks at what a layer might have take longer than so little arithmetic.

/** Whether `neuronStep` does for this network what the general step does. */
export function isNeuron(network: Network): bool {
  const layer = network.lastLayer();
  return (
    network.features == FUSED &&
    network.loss == Loss.SquaredError &&
    network.layerCount == 1 &&
    layer.units == 1 &&
    network.elementBytes == 8 &&
    network.optimizer == Optimizer.Sgd &&
    network.schedule == Schedule.Constant &&
    network.warmUpSteps == 0 &&
    network.weightDecay == 0 &&
    network.clipValue == 0 &&
    network.clipNorm == 0 &&
    !layer.normalization &&
    !(network.weighted | network.shuffle | network.measures) &&
    network.batchRows <= network.chunkRows
  );
}

/** One step over `rows` rows from `from` on; false, with nothing changed, where a number is out of the ordinary. */
export function neuronStep(network: Network, from: u32, rows: u32): bool {
  const rate = network.learningRate;
  if (network.rate != rate) return false;
  const layer = network.lastLayer();
  const inputs: usize = network.inputs << 3;
  const w = network.at(network.parameters);
  const g = network.at(network.gradient);
  const d = network.at(layer.deltas);
  const end: usize = network.parameterCount << 3;
  const scale = scaleOf(network, rows);
  const first = network.at(network.sampleInputs) + (from as usize) * inputs;
  let x = first;
  const t = network.at(network.sampleTargets) + ((from as usize) << 3);
  let s0: f64 = 0,
    s1: f64 = 0,
    s2: f64 = 0,
    s3: f64 = 0;
  const bytes: usize = rows << 3;
  const padded = (bytes + 31) & ~31;
  for (let row: usize = 0; row < padded; row += 8) {
    let error: f64 = 0;
    if (row < bytes) {
      let z: f64 = end > inputs ? load<f64>(w + inputs) : 0;
      for (let i = w; i < w + inputs; i += 8, x += 8) z += load<f64>(x) * load<f64>(i);
      if (!isNormalRange<f64, f64>(z)) return false;
      const y = 1 / (1 + normalExponential<f64, f64>(0 - z));
      error = y - load<f64>(t + row);
      store<f64>(d + row, error * scale * (y * (1 - y)));
    }
    const sum = s0 + error * error;
    s0 = s1;
    s1 = s2;
    s2 = s3;
    s3 = sum;
  }
  const loss = 0.5 * (s0 + s1 + (s2 + s3));
  let most: u32 = 0;
  for (let i: usize = 0; i < end; i += 8) {
    let sum: f64 = 0;
    x = first + i;
    for (let row: usize = 0; row < bytes; row += 8, x += inputs) sum += (i < inputs ? load<f64>(x) : 1) * load<f64>(d + row);
    store<f64>(g + i, sum);
    most = max(most, ((reinterpret<u64>(sum) >> 32) as u32) & 0x7fffffff);
  }
  const largest = reinterpret<f64>((most as u64) << 32);
  if (!(loss < Infinity && largest * rate < HARMLESS_64)) return false;
  for (let i: usize = 0; i < end; i += 8) store<f64>(w + i, load<f64>(w + i) - load<f64>(g + i) * rate);
  if (largest > network.largestGradient) network.largestGradient = largest;
  network.lastLoss = network.reduction == Reduction.Mean ? loss / (rows as f64) : loss;
  network.epochSum += loss;
  return true;
}
