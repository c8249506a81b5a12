import { Normalization } from "../src/abi";
import { cut } from "./cuts";
import { read, rounded, write } from "./kernels/elements";
import { largestMagnitude } from "./kernels/magnitude";
import { Layer, Network } from "./layout";

// Both normalisations make ẑ = (z − mean) / √(variance + ε) and then z ← scale · ẑ + shift, in place in the layer's sums; ẑ is kept for the way
// back where there is one. What is normalised together is a slice: numbers that lie a stride apart, which has its own place for 1 / √(variance + ε). Layer normalisation (Ba, Kiros, Hinton 2016) takes mean and variance of each row over its units, batch normalisation
// (Ioffe, Szegedy 2015) of each unit over the rows of the batch. The variance is the biased one, as in Keras and PyTorch; means and variances are f64.

/** Layer normalisation of `rows` rows. Owns rows. */
export function normalizeRows(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  for (let row: usize = 0; row < rows; row++) {
    const z = network.at(layer.sums) + row * units * element;
    const mean = meanOf(z, element, units, element);
    normalizeSlice(network, layer, row, 0, element, units, element, mean, varianceOf(z, element, units, mean, element));
  }
}

/** Batch normalisation of the units `from` … `to` − 1 over `rows` rows, the whole batch, whose mean and variance are left behind the deviations. Owns columns. */
export function normalizeBatch(network: Network, layer: Layer, rows: usize, from: usize, to: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const means = network.at(layer.deviations) + (units << 3);
  for (let unit = from; unit < to; unit++) {
    const z = network.at(layer.sums) + unit * element;
    const mean = meanOf(z, units * element, rows, element);
    const variance = varianceOf(z, units * element, rows, mean, element);
    store<f64>(means + (unit << 3), mean);
    // The running variance estimates the population's: unbiased, as in PyTorch.
    store<f64>(means + ((units + unit) << 3), rows > 1 ? (variance * (rows as f64)) / ((rows as f64) - 1) : variance);
    normalizeSlice(network, layer, 0, unit, units * element, rows, 0, mean, variance);
  }
}

/** Whether the statistics of the batch are finite in all layers. */
export function areStatisticsFinite(network: Network): bool {
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.normalization != Normalization.Batch) continue;
    const units: usize = layer.units;
    if (!(largestMagnitude(network.at(layer.deviations) + (units << 3), 2 * units, 8) < Infinity)) {
      network.failedLayer = l;
      return false;
    }
  }
  return true;
}

/** The running statistics take their share of the batch's: what a step that was made leaves behind. Owns columns. */
export function keepStatistics(network: Network): void {
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    if (layer.normalization != Normalization.Batch) continue;
    const keep = layer.normalizationMomentum;
    let running = network.at(layer.means);
    let batch = network.at(layer.deviations) + ((layer.units as usize) << 3);
    // Means and variances follow each other in both.
    for (let i: u32 = 0; i < 2 * layer.units; i++, running += 8, batch += 8) {
      store<f64>(running, keep * load<f64>(running) + (1 - keep) * load<f64>(batch));
    }
  }
}

/** The same with the running statistics, where there is no batch to look at. */
export function normalizeByStatistics(network: Network, layer: Layer, rows: usize): void {
  const units: usize = layer.units;
  for (let unit: usize = 0; unit < units; unit++) {
    const mean = load<f64>(network.at(layer.means) + (unit << 3));
    const variance = load<f64>(network.at(layer.variances) + (unit << 3));
    normalizeSlice(network, layer, 0, unit, units * (network.elementBytes as usize), rows, 0, mean, variance);
  }
}

/** The slice that begins in a row at a unit: `count` numbers `stride` bytes apart, whose scales and shifts lie `parameterStride` bytes apart. */
function normalizeSlice(
  network: Network,
  layer: Layer,
  row: usize,
  unit: usize,
  stride: usize,
  count: usize,
  parameterStride: usize,
  mean: f64,
  variance: f64,
): void {
  const element: usize = network.elementBytes;
  const at = (row * (layer.units as usize) + unit) * element;
  const inverse = 1 / sqrt<f64>(variance + layer.normalizationEpsilon);
  store<f64>(network.at(layer.deviations) + ((row + unit) << 3), inverse);
  let z = network.at(layer.sums) + at;
  let hat = layer.normalized ? network.at(layer.normalized) + at : z;
  let scale = network.at(layer.scales) + unit * element;
  let shift = network.at(layer.shifts) + unit * element;
  for (; count > 0; count--, z += stride, hat += stride, scale += parameterStride, shift += parameterStride) {
    const normal = rounded((read(z, element) - mean) * inverse, element);
    write(hat, normal, element);
    write(z, rounded(normal * read(scale, element), element) + read(shift, element), element);
    // With mean and variance, which have been looked at before.
    cut(4);
  }
}

/** The way back of layer normalisation. Owns rows. */
export function normalizeRowsBackward(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  for (let row: usize = 0; row < rows; row++) sliceBackward(network, layer, row, 0, element, layer.units, element);
}

/**
 * What of the way back owns columns, of the units `from` … `to` − 1: d scale = Σ dz ẑ and d shift = Σ dz over the rows, before the way back turns dz, added to what stands there when
 * `continues`; and, when `training`, the way back of batch normalisation.
 */
export function normalizeColumnsBackward(
  network: Network,
  layer: Layer,
  rows: usize,
  continues: bool,
  training: bool,
  from: usize,
  to: usize,
): void {
  const bytes = (layer.units as usize) * (network.elementBytes as usize);
  for (let unit = from; unit < to; unit++) {
    unitGradient(network, layer, rows, continues, unit);
    if (training && layer.normalization == Normalization.Batch) sliceBackward(network, layer, 0, unit, bytes, rows, 0);
  }
}

/**
 * The way back of a slice, in place in the deltas: dẑ = dz · scale, then dz = inverse · (dẑ − mean(dẑ) − ẑ · mean(dẑ ẑ)), means over the slice.
 */
function sliceBackward(network: Network, layer: Layer, row: usize, unit: usize, stride: usize, count: usize, parameterStride: usize): void {
  const element: usize = network.elementBytes;
  const at = (row * (layer.units as usize) + unit) * element;
  const inverse = load<f64>(network.at(layer.deviations) + ((row + unit) << 3));
  let sum: f64 = 0,
    product: f64 = 0;
  for (let pass = 0; pass < 2; pass++) {
    let d = network.at(layer.deltas) + at;
    let hat = network.at(layer.normalized) + at;
    let scale = network.at(layer.scales) + unit * element;
    for (let i: usize = 0; i < count; i++, d += stride, hat += stride, scale += parameterStride) {
      const scaled = read(d, element) * read(scale, element);
      const normal = read(hat, element);
      if (pass) {
        write(d, inverse * (scaled - sum - normal * product), element);
      } else {
        sum += scaled;
        product += scaled * normal;
      }
    }
    sum /= count as f64;
    product /= count as f64;
  }
  cut(count << 2);
}

/** The same with the running statistics, which depend on no row: dz = inverse · dz · scale. Owns columns. */
export function normalizeByStatisticsBackward(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  for (let unit: usize = 0; unit < units; unit++) {
    const factor = load<f64>(network.at(layer.deviations) + (unit << 3)) * read(network.at(layer.scales) + unit * element, element);
    let d = network.at(layer.deltas) + unit * element;
    for (let row: usize = 0; row < rows; row++, d += units * element) write(d, factor * read(d, element), element);
    cut(rows);
  }
}

function unitGradient(network: Network, layer: Layer, rows: usize, continues: bool, unit: usize): void {
  const element: usize = network.elementBytes;
  const bytes = (layer.units as usize) * element;
  const toGradient = network.gradient - network.parameters;
  const at = unit * element;
  const scaleGradient = network.at(layer.scales + toGradient) + at;
  const shiftGradient = network.at(layer.shifts + toGradient) + at;
  let product = continues ? read(scaleGradient, element) : 0;
  let sum = continues ? read(shiftGradient, element) : 0;
  let d = network.at(layer.deltas) + at;
  let hat = network.at(layer.normalized) + at;
  for (let row: usize = 0; row < rows; row++, d += bytes, hat += bytes) {
    product = rounded(product + rounded(read(d, element) * read(hat, element), element), element);
    sum = rounded(sum + read(d, element), element);
  }
  write(scaleGradient, product, element);
  write(shiftGradient, sum, element);
  cut(rows << 2);
}

function meanOf(z: usize, stride: usize, count: usize, element: usize): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < count; i++, z += stride) sum += read(z, element);
  return sum / (count as f64);
}

/** The biased one. */
function varianceOf(z: usize, stride: usize, count: usize, mean: f64, element: usize): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < count; i++, z += stride) {
    const difference = read(z, element) - mean;
    sum += difference * difference;
  }
  return sum / (count as f64);
}
