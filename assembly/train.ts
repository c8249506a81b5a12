import { Monitor, Reduction, Schedule, Status } from "../src/abi";
import { backward } from "./backward";
import { forward } from "./forward";
import { parameterGradient } from "./gradient";
import { largestMagnitude } from "./kernels/magnitude";
import { HISTORY_WIDTH, Network, PENALTIES, STATISTICS } from "./layout";
import { lossOf } from "./loss";
import { areStatisticsFinite, keepStatistics } from "./normalization";
import { penalty } from "./regularization";
import { observePlateau } from "./schedule";
import { drawOrder, gather, redrawOrder } from "./shuffle";
import { isPatient, keepBest, restoreBest } from "./stopping";
import { descend } from "./update";

/**
 * Goes on with the training that the header describes for at most `steps` steps, and so far as the history has room. All that it needs to
 * know where it is stands in the block, so a run may be cut anywhere and gives the same bits.
 */
export function trainSteps<T>(network: Network, steps: u32): Status {
  const rows = network.sampleRows;
  const interval = network.historyInterval;
  const watches = network.validationRows > 0 || network.patience > 0 || network.restoreBest > 0 || network.schedule == Schedule.Plateau;
  let next = interval * (floor<f64>(network.epoch / interval) + 1);
  while (network.epoch < network.epochTarget && !network.stopped) {
    if (steps == 0 || network.historyLength == network.historyCapacity) return Status.More;
    steps--;
    const from = network.cursor;
    if (network.shuffle && !network.orderReady) {
      if (from == 0) drawOrder(network);
      else redrawOrder(network);
    }
    const batch = min(rows - from, network.batchRows);
    const status = step<T>(network, from, batch);
    if (status != Status.Ok) return status;
    network.step += 1;
    if (from + batch < rows) {
      network.cursor = from + batch;
      continue;
    }
    const loss = finishEpoch(network);
    if (watches) watch<T>(network, loss);
    const isNext = network.epoch == next;
    if (isNext) next += interval;
    if (isNext || network.epoch == network.epochTarget || network.stopped) remember(network, loss);
  }
  restoreBest(network);
  return Status.Ok;
}

/** Ends the epoch and answers its loss. */
function finishEpoch(network: Network): f64 {
  let loss = network.epochSum;
  if (network.reduction == Reduction.Mean) loss /= network.sampleRows as f64;
  network.cursor = 0;
  network.epochSum = 0;
  network.orderReady = 0;
  network.epoch += 1;
  return loss;
}

/** Looks at what the epoch has brought: validation, the plateau schedule, early stopping. */
function watch<T>(network: Network, loss: f64): void {
  if (network.validationRows) network.validationLoss = lossOfRows<T>(network, network.sampleRows, network.validationRows);
  const monitored = network.monitor == Monitor.ValidationLoss ? network.validationLoss : loss;
  observePlateau(network, monitored);
  if (network.patience || network.restoreBest) {
    if (monitored < network.bestLoss - network.minimumChange) keepBest(network, monitored);
    else if (!isPatient(network)) network.stopped = 1;
  }
}

function remember(network: Network, loss: f64): void {
  const entry = network.at(network.history) + ((network.historyLength * HISTORY_WIDTH) << 3);
  store<f64>(entry, network.epoch);
  store<f64>(entry, loss, 8);
  store<f64>(entry, network.validationLoss, 16);
  store<f64>(entry, network.rate, 24);
  network.historyLength++;
}

/** One step of gradient descent over `batch` rows of the epoch from row `from` on. Changes no parameter unless all of it is finite. */
function step<T>(network: Network, from: u32, batch: u32): Status {
  const mean = network.reduction == Reduction.Mean;
  const scale = mean ? (((1 as T) / (batch as T)) as T) : (1 as T);
  const loss = lossAndGradient<T>(network, from, batch, scale);
  const penalties = network.features & PENALTIES ? penalty(network) : 0;
  network.lastLoss = loss + penalties;
  if (mean) network.lastLoss = loss / (batch as f64) + penalties;
  if (!isFinite<f64>(network.lastLoss)) return Status.NonFiniteLoss;
  if (network.features & STATISTICS && !areStatisticsFinite(network)) return Status.NonFiniteLoss;
  const status = descend<T>(network);
  if (status != Status.Ok) {
    network.failedLayer = network.layerCount;
    return status;
  }
  if (network.features & STATISTICS) keepStatistics(network);
  network.epochSum += loss + (mean ? penalties * (batch as f64) : penalties);
  return Status.Ok;
}

/** The loss of `batch` rows from `from` on, each row's times its weight, and the gradient of `scale` times that. */
export function lossAndGradient<T>(network: Network, from: u32, batch: u32, scale: T): f64 {
  const inputBytes = (network.inputs as usize) * sizeof<T>();
  const targetBytes = (network.targetWidth as usize) * sizeof<T>();
  let loss: f64 = 0;
  for (let row: usize = 0; row < batch; row += network.chunkRows) {
    const rows = min<usize>((batch as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    let x = network.at(network.sampleInputs) + first * inputBytes;
    let t = network.at(network.sampleTargets) + first * targetBytes;
    let weights = network.weighted ? network.at(network.sampleWeights) + first * sizeof<T>() : 0;
    if (network.shuffle) {
      gather(network, first, rows);
      x = network.at(network.chunkInputs);
      t = network.at(network.chunkTargets);
      if (weights) weights = network.at(network.chunkWeights);
    }
    forward<T>(network, x, rows, row, true);
    const chunkLoss = lossOf<T>(network, t, weights, rows, scale);
    loss += chunkLoss;
    if (!isFinite<f64>(chunkLoss)) network.failedLayer = firstNonFinite<T>(network, rows);
    backward<T>(network, rows, row, row > 0, 0);
    parameterGradient<T>(network, x, rows, row > 0);
  }
  return loss;
}

/** The first layer with an output that is not finite. */
function firstNonFinite<T>(network: Network, rows: usize): u32 {
  let l: u32 = 0;
  for (; l + 1 < network.layerCount; l++) {
    const layer = network.layer(l);
    if (!(largestMagnitude<T>(network.at(layer.outputs), rows * (layer.units as usize)) < (Infinity as T))) break;
  }
  return l;
}

/** The loss of `count` rows of samples from `from` on, as the network stands: nothing is dropped, statistics are the running ones. */
export function lossOfRows<T>(network: Network, from: u32, count: u32): f64 {
  const inputBytes = (network.inputs as usize) * sizeof<T>();
  const targetBytes = (network.targetWidth as usize) * sizeof<T>();
  let loss: f64 = 0;
  for (let row: usize = 0; row < count; row += network.chunkRows) {
    const rows = min<usize>((count as usize) - row, network.chunkRows);
    const first = (from as usize) + row;
    forward<T>(network, network.at(network.sampleInputs) + first * inputBytes, rows, row, false);
    const weights = network.weighted ? network.at(network.sampleWeights) + first * sizeof<T>() : 0;
    loss += lossOf<T>(network, network.at(network.sampleTargets) + first * targetBytes, weights, rows, 0 as T);
  }
  const penalties = penalty(network);
  return network.reduction == Reduction.Mean ? loss / (count as f64) + penalties : loss + penalties;
}
