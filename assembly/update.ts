import { Optimizer, Schedule, Status } from "../src/abi";
import { clip, scale } from "./kernels/elementwise";
import { largestMagnitude } from "./kernels/magnitude";
import {
  BETA1,
  BETA1_REST,
  BETA2,
  BETA2_REST,
  EPSILON,
  GRADIENT_FACTOR,
  KEEP,
  MOMENT_FACTOR,
  momentsOf,
  RATE,
  ROOT_FACTOR,
  updateParameters,
} from "./kernels/optimizers";
import { sumOfSquares } from "./kernels/sums";
import { FROZEN, Network, NORM_LIMITS, PENALTIES } from "./layout";
import { addPenaltyGradient, limitNorms } from "./regularization";
import { scheduledRate } from "./schedule";

/** Parameters whose squares are summed at once for the norm; block sums are added in ascending order. */
const NORM_BLOCK: usize = 4096;

/** Distance of what stands in a copy: room for 3 elements and their padding. */
const BESIDE: usize = 48;

/** What PyTorch's nadam multiplies its momentum by: 0.96 to the power of 0.004. */
const NADAM_DECAY: f64 = 0.9998367253526753;

/** Makes moments and their powers what they are before the first step. */
export function startOptimizer(network: Network): void {
  network.beta1Power = 1;
  network.beta2Power = 1;
  network.momentumProduct = 1;
  network.nadamPower = 1;
  memory.fill(network.at(network.moments), 0, (momentsOf(network.optimizer) as usize) * network.setBytes);
}

/** One step along the gradient: penalties, clipping, the optimizer, norms. Changes nothing unless all of it is finite. Owns parameters. */
export function descend<T>(network: Network): Status {
  const gradient = network.at(network.gradient);
  const count: usize = network.parameterCount;
  if (network.features & PENALTIES) addPenaltyGradient(network);
  const largest = largestMagnitude<T>(gradient, count);
  const rate = network.schedule == Schedule.Constant && network.warmUpSteps == 0 ? network.learningRate : scheduledRate(network);
  if (!isUsable<T>(network, largest, rate as T)) return Status.NonFiniteGradient;
  if ((largest as f64) > network.largestGradient) network.largestGradient = largest as f64;
  if (network.clipValue > 0) clip<T>(gradient, network.clipValue as T, count);
  if (network.clipNorm > 0) {
    const norm = sqrt<f64>(squaredNorm(gradient, count, sizeof<T>()));
    if (norm > network.clipNorm) scale<T>(gradient, (network.clipNorm / norm) as T, count);
  }
  // Plain descent has no number but the rate, which mostly stays what it was.
  if (network.optimizer != Optimizer.Sgd || network.rate != rate) {
    network.rate = rate;
    prepareRates<T>(network, rate);
  }
  update<T>(network);
  return Status.Ok;
}

/** Whether the gradient is finite and neither its step nor, where it is needed, its square goes beyond the range of `T`. */
function isUsable<T>(network: Network, largest: T, rate: T): bool {
  const step = (largest * rate) as T;
  const bound: T = sizeof<T>() == 8 ? ((f64.MAX_VALUE / 4) as T) : ((f32.MAX_VALUE / 4) as T);
  if (!(largest < (Infinity as T) && step < bound)) return false;
  const squares = network.optimizer > Optimizer.Nesterov && network.optimizer != Optimizer.Lion;
  if (squares && !(((largest * largest) as T) < bound)) return false;
  // A step below a quarter of a unit in the last place of the largest number cannot carry even that beyond it.
  const harmless: T = sizeof<T>() == 8 ? ((f64.MAX_VALUE * f64.EPSILON * 0.125) as T) : ((f32.MAX_VALUE * f32.EPSILON * 0.125) as T);
  return step < harmless || largestMagnitude<T>(network.at(network.parameters), network.parameterCount) < bound;
}

function squaredNorm(p: usize, count: usize, element: usize): f64 {
  let sum: f64 = 0;
  for (; count > NORM_BLOCK; count -= NORM_BLOCK, p += NORM_BLOCK * element) {
    sum += sumOfSquares(p, 0, NORM_BLOCK, element);
  }
  return sum + sumOfSquares(p, 0, count, element);
}

/** Computes the step's numbers in f64 and lays them out for the kernels. */
function prepareRates<T>(network: Network, rate: f64): void {
  const table = network.at(network.rates);
  spread<T>(table + RATE, rate);
  const optimizer = network.optimizer;
  if (optimizer != Optimizer.Sgd) prepareMoments<T>(network, table, rate);
}

function prepareMoments<T>(network: Network, table: usize, rate: f64): void {
  const optimizer = network.optimizer;
  const beta1 = network.beta1;
  const beta2 = network.beta2;
  spread<T>(table + BETA1, beta1);
  spread<T>(table + BETA1_REST, 1 - beta1);
  spread<T>(table + BETA2, beta2);
  spread<T>(table + BETA2_REST, 1 - beta2);
  spread<T>(table + EPSILON, network.epsilon);
  spread<T>(table + KEEP, 1 - rate * network.weightDecay);
  network.beta1Power *= beta1;
  network.beta2Power *= beta2;
  spread<T>(table + ROOT_FACTOR, 1 / sqrt<f64>(1 - network.beta2Power));
  if (optimizer != Optimizer.Nadam) {
    spread<T>(table + MOMENT_FACTOR, rate / (1 - network.beta1Power));
    return;
  }
  // Dozat 2016 as PyTorch has it: μ(t) = β₁ (1 − ½ · 0.96^(0.004 t)).
  network.nadamPower *= NADAM_DECAY;
  const now = beta1 * (1 - 0.5 * network.nadamPower);
  const next = beta1 * (1 - 0.5 * network.nadamPower * NADAM_DECAY);
  network.momentumProduct *= now;
  spread<T>(table + GRADIENT_FACTOR, (rate * (1 - now)) / (1 - network.momentumProduct));
  spread<T>(table + MOMENT_FACTOR, (rate * next) / (1 - network.momentumProduct * next));
}

/** One number as often as a vector has lanes. */
function spread<T>(p: usize, x: f64): void {
  for (let i: usize = 0; i < 16; i += sizeof<T>()) store<T>(p + i, x as T);
}

function update<T>(network: Network): void {
  if (network.features & FROZEN) updateTrainable<T>(network);
  else updateRange<T>(network, network.parameters, network.parameterCount);
  if (network.features & NORM_LIMITS) limitNorms(network);
}

/** Leaves the frozen layers out. */
function updateTrainable<T>(network: Network): void {
  const layers = network.layerCount;
  const end = network.parameters + network.parameterCount * (sizeof<T>() as u32);
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    if (!layer.trainable) continue;
    const next = l + 1 < layers ? network.layer(l + 1).weights : end;
    const count = (next - layer.weights) / (sizeof<T>() as u32);
    // Behind a layer others begin: only whole vectors are updated in place, the rest beside.
    const whole = count & ~3;
    updateRange<T>(network, layer.weights, whole);
    if (whole < count) updateBeside<T>(network, layer.weights + whole * (sizeof<T>() as u32), count - whole);
  }
}

/** Updates `count` parameters, at most 3, from the offset `from` on in a copy that has padding. */
function updateBeside<T>(network: Network, from: u32, count: u32): void {
  const into = from - network.parameters;
  const bytes = (count as usize) * sizeof<T>();
  const copy = network.at(network.panel);
  const moments = momentsOf(network.optimizer);
  memory.copy(copy, network.at(from), bytes);
  memory.copy(copy + BESIDE, network.at(network.gradient + into), bytes);
  for (let k: u32 = 0; k < moments; k++) {
    memory.copy(copy + ((k as usize) + 2) * BESIDE, network.at(network.moments + k * network.setBytes + into), bytes);
  }
  updateParameters<T>(network.optimizer, copy, copy + BESIDE, copy + 2 * BESIDE, BESIDE, network.at(network.rates), count);
  memory.copy(network.at(from), copy, bytes);
  for (let k: u32 = 0; k < moments; k++) {
    memory.copy(network.at(network.moments + k * network.setBytes + into), copy + ((k as usize) + 2) * BESIDE, bytes);
  }
}

/** Updates `count` parameters from the offset `from` on. */
function updateRange<T>(network: Network, from: u32, count: u32): void {
  const into = from - network.parameters;
  updateParameters<T>(
    network.optimizer,
    network.at(from),
    network.at(network.gradient + into),
    network.at(network.moments + into),
    network.setBytes,
    network.at(network.rates),
    count,
  );
}
