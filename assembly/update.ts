import { Optimizer, Schedule, Status } from "../src/abi";
import { clearLarge, cut, ELEMENTS } from "./cuts";
import { rounded, write } from "./kernels/elements";
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
import { dotOfBlocks } from "./kernels/sums";
import { FROZEN, Network, NORM_LIMITS, PENALTIES } from "./layout";
import { addPenaltyGradient, limitNorms } from "./regularization";
import { scheduledRate } from "./schedule";
import { largestTogether, updateTogether } from "./teamwork";

/** Distance of what stands in a copy: room for 3 elements and their padding. */
const BESIDE: usize = 48;

/** 2^500: squares of this many times less than the largest numbers are finite. */
const HUGE: f64 = 3.273390607896142e150;

/** A step below a quarter of a unit in the last place of the largest number cannot carry even that beyond it. */
export const HARMLESS_64: f64 = f64.MAX_VALUE * f64.EPSILON * 0.125;
const HARMLESS_32: f64 = (f32.MAX_VALUE as f64) * (f32.EPSILON as f64) * 0.125;

/** What PyTorch's nadam multiplies its momentum by: 0.96 to the power of 0.004. */
const NADAM_DECAY: f64 = 0.9998367253526753;

/** Makes moments and their powers what they are before the first step. */
export function startOptimizer(network: Network): void {
  network.beta1Power = 1;
  network.beta2Power = 1;
  network.momentumProduct = 1;
  network.nadamPower = 1;
  network.pairCount = 0;
  network.stepLength = 0;
  clearLarge(network.at(network.moments), network.bestParameters - network.moments);
}

/** One step along the gradient: penalties, clipping, the optimizer, norms. Changes nothing unless all of it is finite. Owns parameters. */
export function descend(network: Network): Status {
  const gradient = network.at(network.gradient);
  const count: usize = network.parameterCount;
  const element: usize = network.elementBytes;
  if (network.features & PENALTIES) addPenaltyGradient(network);
  // A team knows it already, unless penalties were added.
  const isKnown = ASC_FEATURE_THREADS && network.team && !(network.features & PENALTIES);
  let largest = isKnown ? largestTogether(network) : largestMagnitude(gradient, count, element);
  if (!(largest < Infinity)) return Status.NonFiniteGradient;
  const before = largest;
  if (network.clipValue > 0) {
    clip(gradient, network.clipValue, count, element);
    largest = min<f64>(largest, network.clipValue);
  }
  if (network.clipNorm > 0) {
    // Squares may be beyond the range where derivatives are not.
    const unit: f64 = largest > HUGE ? 1 / HUGE : 1;
    if (unit < 1) scale(gradient, unit, count, element);
    const norm = sqrt<f64>(dotOfBlocks(gradient, gradient, count, element));
    const factor = norm > network.clipNorm * unit ? network.clipNorm / norm : 1 / unit;
    if (factor != 1) scale(gradient, factor, count, element);
    largest = min<f64>(largest, network.clipNorm);
  }
  const rate = network.schedule == Schedule.Constant && network.warmUpSteps == 0 ? network.learningRate : scheduledRate(network);
  if (!isUsable(network, largest, rounded(rate, element))) return Status.NonFiniteGradient;
  if (before > network.largestGradient) network.largestGradient = before;
  // Plain descent has no number but the rate, which mostly stays what it was.
  if (network.optimizer != Optimizer.Sgd || network.rate != rate) {
    network.rate = rate;
    prepareRates(network, rate);
  }
  update(network);
  return Status.Ok;
}

/** Whether the gradient is finite and neither its step nor, where it is needed, its square goes beyond the precision's range. */
function isUsable(network: Network, largest: f64, rate: f64): bool {
  const element: usize = network.elementBytes;
  const step = rounded(largest * rate, element);
  const bound: f64 = element == 8 ? f64.MAX_VALUE / 4 : (f32.MAX_VALUE as f64) / 4;
  if (!(largest < Infinity && step < bound)) return false;
  const squares = network.optimizer > Optimizer.Nesterov && network.optimizer != Optimizer.Lion;
  if (squares && !(rounded(largest * largest, element) < bound)) return false;
  const harmless: f64 = element == 8 ? HARMLESS_64 : HARMLESS_32;
  // A decay by more than 1 over the rate makes weights larger, one by more than 2 in size.
  const keep = Math.abs(1 - rate * network.weightDecay);
  if (step < harmless && keep <= 1) return true;
  return largestMagnitude(network.at(network.parameters), network.parameterCount, element) * max<f64>(keep, 1) < bound;
}

/** Lays out the rate of the step before, which plain descent looks for there. */
export function spreadRate(network: Network): void {
  spread(network.at(network.rates) + RATE, network.rate, network.elementBytes);
}

/** Computes the step's numbers in f64 and lays them out for the kernels. */
function prepareRates(network: Network, rate: f64): void {
  spreadRate(network);
  if (network.optimizer != Optimizer.Sgd) prepareMoments(network, network.at(network.rates), rate, network.elementBytes);
}

function prepareMoments(network: Network, table: usize, rate: f64, element: usize): void {
  const optimizer = network.optimizer;
  const beta1 = network.beta1;
  const beta2 = network.beta2;
  spread(table + BETA1, beta1, element);
  spread(table + BETA1_REST, 1 - beta1, element);
  spread(table + BETA2, beta2, element);
  spread(table + BETA2_REST, 1 - beta2, element);
  spread(table + EPSILON, network.epsilon, element);
  spread(table + KEEP, 1 - rate * network.weightDecay, element);
  network.beta1Power *= beta1;
  network.beta2Power *= beta2;
  spread(table + ROOT_FACTOR, 1 / sqrt<f64>(1 - network.beta2Power), element);
  if (optimizer != Optimizer.Nadam) {
    spread(table + MOMENT_FACTOR, rate / (1 - network.beta1Power), element);
    return;
  }
  // Dozat 2016 as PyTorch has it: μ(t) = β₁ (1 − ½ · 0.96^(0.004 t)).
  network.nadamPower *= NADAM_DECAY;
  const now = beta1 * (1 - 0.5 * network.nadamPower);
  const next = beta1 * (1 - 0.5 * network.nadamPower * NADAM_DECAY);
  network.momentumProduct *= now;
  spread(table + GRADIENT_FACTOR, (rate * (1 - now)) / (1 - network.momentumProduct), element);
  spread(table + MOMENT_FACTOR, (rate * next) / (1 - network.momentumProduct * next), element);
}

/** One number as often as a vector has lanes. */
function spread(p: usize, x: f64, element: usize): void {
  for (let i: usize = 0; i < 16; i += element) write(p + i, x, element);
}

function update(network: Network): void {
  if (network.features & FROZEN) updateTrainable(network);
  else if (ASC_FEATURE_THREADS && network.team) updateTogether(network);
  else updateRange(network, network.parameters, network.parameterCount);
  if (network.features & NORM_LIMITS) limitNorms(network);
}

/** Leaves the frozen layers out. */
function updateTrainable(network: Network): void {
  const layers = network.layerCount;
  const element = network.elementBytes;
  const end = network.parameters + network.parameterCount * element;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    if (!layer.trainable) continue;
    const next = l + 1 < layers ? network.layer(l + 1).weights : end;
    const count = (next - layer.weights) / element;
    // Behind a layer others begin: only whole vectors are updated in place, the rest beside.
    const whole = count & ~3;
    updateRange(network, layer.weights, whole);
    if (whole < count) updateBeside(network, layer.weights + whole * element, count - whole);
  }
}

/** Updates `count` parameters, at most 3, from the offset `from` on in a copy that has padding. */
function updateBeside(network: Network, from: u32, count: u32): void {
  const into = from - network.parameters;
  const bytes = (count as usize) * (network.elementBytes as usize);
  const copy = network.at(network.panel);
  const moments = momentsOf(network.optimizer);
  memory.copy(copy, network.at(from), bytes);
  memory.copy(copy + BESIDE, network.at(network.gradient + into), bytes);
  for (let k: u32 = 0; k < moments; k++) {
    memory.copy(copy + ((k as usize) + 2) * BESIDE, network.at(network.moments + k * network.setBytes + into), bytes);
  }
  updateParameters(
    network.elementBytes,
    network.optimizer,
    copy,
    copy + BESIDE,
    copy + 2 * BESIDE,
    BESIDE,
    network.at(network.rates),
    count,
  );
  memory.copy(network.at(from), copy, bytes);
  for (let k: u32 = 0; k < moments; k++) {
    memory.copy(network.at(network.moments + k * network.setBytes + into), copy + ((k as usize) + 2) * BESIDE, bytes);
  }
}

/** Updates `count` parameters from the offset `from` on. */
export function updateRange(network: Network, from: u32, count: u32): void {
  if (CUTS) {
    const bytes = (ELEMENTS as u32) * network.elementBytes;
    for (; count > (ELEMENTS as u32); count -= ELEMENTS as u32, from += bytes) {
      updateSome(network, from, ELEMENTS as u32);
      cut(ELEMENTS << 1);
    }
  }
  updateSome(network, from, count);
}

function updateSome(network: Network, from: u32, count: u32): void {
  const into = from - network.parameters;
  updateParameters(
    network.elementBytes,
    network.optimizer,
    network.at(from),
    network.at(network.gradient + into),
    network.at(network.moments + into),
    network.setBytes,
    network.at(network.rates),
    count,
  );
}
