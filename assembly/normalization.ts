import { Normalization } from "../src/abi";
import { read, rounded, write } from "./kernels/elements";
import { largestMagnitude } from "./kernels/magnitude";
import { sumOf, sumOfSquares } from "./kernels/sums";
import { Layer, Network } from "./layout";

// Both normalisations make ẑ = (z − mean) / √(variance + ε) and then z ← scale · ẑ + shift, in place in the layer's sums; ẑ is kept for the way
// back where there is one. Layer normalisation (Ba, Kiros, Hinton 2016) takes mean and variance of each row over its units, batch normalisation
// (Ioffe, Szegedy 2015) of each unit over the rows of the batch. The variance is the biased one, as in Keras and PyTorch; means and variances are f64.

/** Layer normalisation of `rows` rows. Owns rows. */
export function normalizeRows(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const bytes = units * element;
  const scales = network.at(layer.scales);
  const shifts = network.at(layer.shifts);
  let z = network.at(layer.sums);
  let hat = layer.normalized ? network.at(layer.normalized) : z;
  let deviation = network.at(layer.deviations);
  for (; rows > 0; rows--, z += bytes, hat += bytes, deviation += 8) {
    const mean = sumOf(z, units, element) / (units as f64);
    const inverse = 1 / sqrt<f64>(sumOfSquares(z, mean, units, element) / (units as f64) + layer.normalizationEpsilon);
    store<f64>(deviation, inverse);
    for (let i: usize = 0; i < bytes; i += element) {
      const normal = rounded((read(z + i, element) - mean) * inverse, element);
      write(hat + i, normal, element);
      write(z + i, rounded(normal * read(scales + i, element), element) + read(shifts + i, element), element);
    }
  }
}

/** Batch normalisation over `rows` rows, the whole batch, whose mean and variance are left behind the deviations. Owns columns. */
export function normalizeBatch(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const means = network.at(layer.deviations) + (units << 3);
  const variances = means + (units << 3);
  for (let unit: usize = 0; unit < units; unit++) {
    const mean = columnSum(network.at(layer.sums), units, unit, rows, element) / (rows as f64);
    const variance = columnSquares(network.at(layer.sums), units, unit, rows, mean, element) / (rows as f64);
    // The running variance estimates the population's: unbiased, as in PyTorch.
    const unbiased = rows > 1 ? (variance * (rows as f64)) / ((rows as f64) - 1) : variance;
    store<f64>(means + (unit << 3), mean);
    store<f64>(variances + (unit << 3), unbiased);
    normalizeColumn(network, layer, unit, rows, mean, variance);
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
  for (let unit: usize = 0; unit < layer.units; unit++) {
    const mean = load<f64>(network.at(layer.means) + (unit << 3));
    const variance = load<f64>(network.at(layer.variances) + (unit << 3));
    normalizeColumn(network, layer, unit, rows, mean, variance);
  }
}

function normalizeColumn(network: Network, layer: Layer, unit: usize, rows: usize, mean: f64, variance: f64): void {
  const element: usize = network.elementBytes;
  const bytes = (layer.units as usize) * element;
  const inverse = 1 / sqrt<f64>(variance + layer.normalizationEpsilon);
  store<f64>(network.at(layer.deviations) + (unit << 3), inverse);
  const scale = read(network.at(layer.scales) + unit * element, element);
  const shift = read(network.at(layer.shifts) + unit * element, element);
  let z = network.at(layer.sums) + unit * element;
  let hat = layer.normalized ? network.at(layer.normalized) + unit * element : z;
  for (; rows > 0; rows--, z += bytes, hat += bytes) {
    const normal = rounded((read(z, element) - mean) * inverse, element);
    write(hat, normal, element);
    write(z, rounded(normal * scale, element) + shift, element);
  }
}

/**
 * The way back of layer normalisation, in place in the deltas: dẑ = dz · scale, then
 * dz = inverse · (dẑ − mean(dẑ) − ẑ · mean(dẑ ẑ)), means over the row's units. Owns rows.
 */
export function normalizeRowsBackward(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const bytes = units * element;
  const scales = network.at(layer.scales);
  let d = network.at(layer.deltas);
  let hat = network.at(layer.normalized);
  let deviation = network.at(layer.deviations);
  for (; rows > 0; rows--, d += bytes, hat += bytes, deviation += 8) {
    let sum: f64 = 0,
      product: f64 = 0;
    for (let i: usize = 0; i < bytes; i += element) {
      const scaled = read(d + i, element) * read(scales + i, element);
      sum += scaled;
      product += scaled * read(hat + i, element);
    }
    backwardInto(d, hat, scales, element, element, units, sum, product, load<f64>(deviation), element);
  }
}

/** The same of batch normalisation, means over the rows of the batch. Owns columns. */
export function normalizeBatchBackward(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  const bytes = units * element;
  for (let unit: usize = 0; unit < units; unit++) {
    const at = unit * element;
    const d = network.at(layer.deltas) + at;
    const hat = network.at(layer.normalized) + at;
    const scales = network.at(layer.scales) + at;
    const scale = read(scales, element);
    let sum: f64 = 0,
      product: f64 = 0;
    for (let row: usize = 0, i: usize = 0; row < rows; row++, i += bytes) {
      const scaled = read(d + i, element) * scale;
      sum += scaled;
      product += scaled * read(hat + i, element);
    }
    backwardInto(d, hat, scales, bytes, 0, rows, sum, product, load<f64>(network.at(layer.deviations) + (unit << 3)), element);
  }
}

/** The same with the running statistics, which depend on no row: dz = inverse · dz · scale. Owns columns. */
export function normalizeByStatisticsBackward(network: Network, layer: Layer, rows: usize): void {
  const element: usize = network.elementBytes;
  const units: usize = layer.units;
  for (let unit: usize = 0; unit < units; unit++) {
    const factor = load<f64>(network.at(layer.deviations) + (unit << 3)) * read(network.at(layer.scales) + unit * element, element);
    let d = network.at(layer.deltas) + unit * element;
    for (let row: usize = 0; row < rows; row++, d += units * element) write(d, factor * read(d, element), element);
  }
}

function backwardInto(
  d: usize,
  hat: usize,
  scales: usize,
  stride: usize,
  scaleStride: usize,
  count: usize,
  sum: f64,
  product: f64,
  inverse: f64,
  element: usize,
): void {
  const n = count as f64;
  for (; count > 0; count--, d += stride, hat += stride, scales += scaleStride) {
    const scaled = read(d, element) * read(scales, element);
    write(d, inverse * (scaled - sum / n - (read(hat, element) * product) / n), element);
  }
}

/** d scale = Σ dz ẑ and d shift = Σ dz over the rows, before the way back turns dz; added to what stands there when `continues`. Owns columns. */
export function normalizationGradient(network: Network, layer: Layer, rows: usize, continues: bool): void {
  const element: usize = network.elementBytes;
  const bytes = (layer.units as usize) * element;
  const toGradient = network.gradient - network.parameters;
  for (let i: usize = 0; i < bytes; i += element) {
    const scaleGradient = network.at(layer.scales + toGradient) + i;
    const shiftGradient = network.at(layer.shifts + toGradient) + i;
    let product = continues ? read(scaleGradient, element) : 0;
    let sum = continues ? read(shiftGradient, element) : 0;
    let d = network.at(layer.deltas) + i;
    let hat = network.at(layer.normalized) + i;
    for (let row: usize = 0; row < rows; row++, d += bytes, hat += bytes) {
      product = rounded(product + rounded(read(d, element) * read(hat, element), element), element);
      sum = rounded(sum + read(d, element), element);
    }
    write(scaleGradient, product, element);
    write(shiftGradient, sum, element);
  }
}

function columnSum(z: usize, units: usize, unit: usize, rows: usize, element: usize): f64 {
  let sum: f64 = 0;
  let p = z + unit * element;
  for (; rows > 0; rows--, p += units * element) sum += read(p, element);
  return sum;
}

function columnSquares(z: usize, units: usize, unit: usize, rows: usize, mean: f64, element: usize): f64 {
  let sum: f64 = 0;
  let p = z + unit * element;
  for (; rows > 0; rows--, p += units * element) {
    const difference = read(p, element) - mean;
    sum += difference * difference;
  }
  return sum;
}
