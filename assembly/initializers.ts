import { Initializer, Normalization } from "../src/abi";
import { read, write } from "./kernels/elements";
import { Layer, Network } from "./layout";
import { finishMeasures } from "./measures";
import { nextDouble, nextNormal, seedGenerator } from "./random";

/** What the counters are before the first step. */
export function startCounters(network: Network): void {
  network.epoch = 0;
  network.step = 0;
  network.cursor = 0;
  network.epochSum = 0;
  network.historyLength = 0;
  network.gradientReady = 0;
  network.plateauScale = 1;
  network.plateauBest = Infinity;
  finishMeasures(network);
}

/**
 * First parameters, drawn layer by layer: weights row-major over (inputs, units), then biases, as scikit-learn draws them; shifts 0, scales 1, statistics those of unit
 * normal sums.
 */
export function drawParameters(network: Network): void {
  const generator = network.at(network.generator);
  const element: usize = network.elementBytes;
  seedGenerator(generator, network.seed);
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = network.layer(l);
    const weights = (layer.inputs as usize) * (layer.units as usize);
    draw(layer, layer.initializer, layer.initializerParameter, generator, network.at(layer.weights), weights, element);
    const biasInitializer = layer.bias > 1 ? layer.biasInitializer : Initializer.Zeros;
    if (layer.bias) draw(layer, biasInitializer, layer.biasInitializerParameter, generator, network.at(layer.biases), layer.units, element);
    if (!layer.normalization) continue;
    fill(network.at(layer.scales), layer.units, element, 1);
    fill(network.at(layer.shifts), layer.units, element, 0);
    if (layer.normalization != Normalization.Batch) continue;
    fill(network.at(layer.means), layer.units, 8, 0);
    fill(network.at(layer.variances), layer.units, 8, 1);
  }
}

/** Draws `count` weights or biases of a layer, whose inputs and units decide their range. */
function draw(layer: Layer, initializer: Initializer, parameter: f64, generator: usize, w: usize, count: usize, element: usize): void {
  const inputs = layer.inputs as f64;
  const both = inputs + (layer.units as f64);
  switch (initializer) {
    case Initializer.Uniform:
      return drawUniform(generator, w, count, element, 1);
    case Initializer.Zeros:
      return fill(w, count, element, 0);
    case Initializer.Constant:
      return fill(w, count, element, parameter);
    case Initializer.GlorotUniform:
      return drawUniform(generator, w, count, element, sqrt<f64>(6 / both));
    case Initializer.GlorotNormal:
      return drawNormal(generator, w, count, element, sqrt<f64>(2 / both));
    case Initializer.HeUniform:
      return drawUniform(generator, w, count, element, sqrt<f64>(6 / inputs));
    case Initializer.HeNormal:
      return drawNormal(generator, w, count, element, sqrt<f64>(2 / inputs));
    case Initializer.LecunUniform:
      return drawUniform(generator, w, count, element, sqrt<f64>(3 / inputs));
    case Initializer.LecunNormal:
      return drawNormal(generator, w, count, element, sqrt<f64>(1 / inputs));
    case Initializer.Orthogonal:
      return drawOrthogonal(generator, w, layer.inputs, layer.units, element);
  }
}

function fill(p: usize, count: usize, element: usize, x: f64): void {
  for (const end = p + count * element; p < end; p += element) write(p, x, element);
}

/** limit · (2 r − 1), with limit 1 the tutorial's `2 * random((inputs, units)) - 1`. */
function drawUniform(generator: usize, p: usize, count: usize, element: usize, limit: f64): void {
  for (const end = p + count * element; p < end; p += element) write(p, limit * (2.0 * nextDouble(generator) - 1.0), element);
}

/** deviation · r with r as `numpy.random.randn(inputs, units)` draws it. */
function drawNormal(generator: usize, p: usize, count: usize, element: usize, deviation: f64): void {
  for (const end = p + count * element; p < end; p += element) write(p, deviation * nextNormal(generator), element);
}

/**
 * Normal numbers made orthonormal by Gram and Schmidt, twice over, which is enough (Giraud, Langou, Rozložník 2005): the columns where there
 * are at least as many rows, else the rows. Saxe, McClelland, Ganguli 2013.
 */
function drawOrthogonal(generator: usize, w: usize, inputs: usize, units: usize, element: usize): void {
  drawNormal(generator, w, inputs * units, element, 1);
  const columns = inputs >= units;
  const vectors = columns ? units : inputs;
  const length = columns ? inputs : units;
  const apart = columns ? element : units * element;
  const stride = columns ? units * element : element;
  for (let v: usize = 0; v < vectors; v++) {
    const p = w + v * apart;
    for (let pass = 0; pass < 2; pass++) {
      for (let other: usize = 0; other < v; other++) {
        const q = w + other * apart;
        const share = stridedDot(p, q, stride, length, element);
        for (let i: usize = 0; i < length; i++) {
          write(p + i * stride, read(p + i * stride, element) - share * read(q + i * stride, element), element);
        }
      }
    }
    const norm = sqrt<f64>(stridedDot(p, p, stride, length, element));
    for (let i: usize = 0; i < length; i++) write(p + i * stride, read(p + i * stride, element) / norm, element);
  }
}

function stridedDot(p: usize, q: usize, stride: usize, count: usize, element: usize): f64 {
  let sum: f64 = 0;
  for (; count > 0; count--, p += stride, q += stride) sum += read(p, element) * read(q, element);
  return sum;
}
