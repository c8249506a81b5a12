import { Monitor, Optimizer, Reduction, Schedule, Status } from "../src/abi";
import { Network, PENALTIES, STATISTICS } from "./layout";
import { quasiNewtonStep } from "./lbfgs";
import { addMeasures, finishMeasures, rememberMeasures, validationMeasures } from "./measures";
import { isNeuron, neuronStep } from "./neuron";
import { areStatisticsFinite, keepStatistics } from "./normalization";
import { failedLayer, lossAndGradient, lossOfRows, Purpose, scaleOf } from "./objective";
import { penalty } from "./regularization";
import { observePlateau } from "./schedule";
import { drawOrder, redrawOrder } from "./shuffle";
import { isPatient, keepBest, restoreBest } from "./stopping";
import { descend } from "./update";

/**
 * Goes on with the training that the header describes for at most `steps` steps, and so far as the history has room. All that it needs to
 * know where it is stands in the block, so a run may be cut anywhere and gives the same bits.
 */
export function trainSteps(network: Network, steps: u32): Status {
  const rows = network.sampleRows;
  const interval = network.historyInterval;
  const watches = network.validationRows > 0 || network.patience > 0 || network.restoreBest > 0 || network.schedule == Schedule.Plateau;
  const room = network.historyRoom();
  const simple = isNeuron(network);
  let next = interval * (floor<f64>(network.epoch / interval) + 1);
  while (network.epoch < network.epochTarget && !network.stopped) {
    if (steps == 0 || network.historyLength >= room) return Status.More;
    steps--;
    const from = network.cursor;
    if (network.shuffle && !network.orderReady) {
      if (from == 0) drawOrder(network);
      else redrawOrder(network);
    }
    const batch = min(rows - from, network.batchRows);
    if (!(simple && neuronStep(network, from, batch))) {
      const status = network.optimizer == Optimizer.Lbfgs ? quasiNewtonStep(network, batch) : step(network, from, batch);
      if (status != Status.Ok) return status;
    }
    network.step += 1;
    if (from + batch < rows) {
      network.cursor = from + batch;
      continue;
    }
    const loss = finishEpoch(network);
    if (watches) watch(network, loss);
    const isNext = network.epoch == next;
    if (isNext) next += interval;
    if (isNext || network.epoch == network.epochTarget || network.stopped) remember(network, loss);
    if (network.measures) finishMeasures(network);
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
function watch(network: Network, loss: f64): void {
  if (network.validationRows) {
    network.validationLoss = lossOfRows(network, network.sampleRows, network.validationRows, 0);
    if (network.measures) validationMeasures(network);
  }
  const monitored = network.monitor == Monitor.ValidationLoss ? network.validationLoss : loss;
  observePlateau(network, monitored);
  if (network.patience || network.restoreBest) {
    if (monitored < network.bestLoss - network.minimumChange) keepBest(network, monitored);
    else if (!isPatient(network)) network.stopped = 1;
  }
}

function remember(network: Network, loss: f64): void {
  const entry = network.at(network.history) + ((network.historyLength * network.historyWidth) << 3);
  store<f64>(entry, network.epoch);
  store<f64>(entry, loss, 8);
  store<f64>(entry, network.validationLoss, 16);
  store<f64>(entry, network.rate, 24);
  if (network.measures) rememberMeasures(network, entry + 32);
  network.historyLength++;
}

/** One step of gradient descent over `batch` rows of the epoch from row `from` on. Changes no parameter unless all of it is finite. */
function step(network: Network, from: u32, batch: u32): Status {
  const mean = network.reduction == Reduction.Mean;
  const loss = lossAndGradient(network, from, batch, scaleOf(network, batch), Purpose.Step);
  const penalties = network.features & PENALTIES ? penalty(network) : 0;
  network.lastLoss = loss + penalties;
  if (mean) network.lastLoss = loss / (batch as f64) + penalties;
  if (!isFinite<f64>(network.lastLoss)) return Status.NonFiniteLoss;
  if (network.features & STATISTICS && !areStatisticsFinite(network)) return Status.NonFiniteLoss;
  const status = descend(network);
  if (status != Status.Ok) {
    network.failedLayer = failedLayer(network, batch);
    return status;
  }
  if (network.features & STATISTICS) keepStatistics(network);
  network.epochSum += loss + (mean ? penalties * (batch as f64) : penalties);
  if (network.measures) addMeasures(network);
  return Status.Ok;
}
