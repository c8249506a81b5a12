import { Reduction, Status } from "../src/abi";
import { backward, parameterGradient } from "./backward";
import { forward } from "./forward";
import { Network } from "./layout";
import { squaredError, squaredErrorDeltas } from "./loss";
import { descend, isStepFinite } from "./update";

/**
 * Goes on with the training that the header describes for at most `steps` steps, and so far as the history has room. All that it needs to
 * know where it is stands in the block, so a run may be cut anywhere and gives the same bits.
 */
export function trainSteps<T>(network: Network, steps: u32): Status {
  const rows = network.sampleRows;
  const interval = network.historyInterval;
  let next = interval * (floor<f64>(network.epoch / interval) + 1);
  while (network.epoch < network.epochTarget) {
    if (steps == 0 || network.historyLength == network.historyCapacity) return Status.More;
    steps--;
    const from = network.cursor;
    const batch = min(rows - from, network.batchRows);
    const status = step<T>(network, from, batch);
    if (status != Status.Ok) return status;
    network.step += 1;
    if (from + batch < rows) {
      network.cursor = from + batch;
      continue;
    }
    const loss = finishEpoch(network);
    const isNext = network.epoch == next;
    if (isNext) next += interval;
    if (isNext || network.epoch == network.epochTarget) {
      store<f64>(network.at(network.history) + (network.historyLength << 3), loss);
      network.historyLength++;
    }
  }
  return Status.Ok;
}

/** Starts the next epoch; answers the loss of the one that ended. */
function finishEpoch(network: Network): f64 {
  const loss = network.reduction == Reduction.Mean ? network.epochSum / (network.sampleRows as f64) : network.epochSum;
  network.cursor = 0;
  network.epochSum = 0;
  network.epoch += 1;
  return loss;
}

/** One step of gradient descent over `batch` rows of the samples from row `from` on. Changes no parameter unless all of it is finite. */
function step<T>(network: Network, from: u32, batch: u32): Status {
  const inputBytes = (network.inputs as usize) * sizeof<T>();
  const targetBytes = (network.outputs as usize) * sizeof<T>();
  const x = network.at(network.sampleInputs) + (from as usize) * inputBytes;
  const t = network.at(network.sampleTargets) + (from as usize) * targetBytes;
  const mean = network.reduction == Reduction.Mean;
  const scale = mean ? (((1 as T) / (batch as T)) as T) : (1 as T);

  let loss: f64 = 0;
  for (let row: usize = 0; row < batch; row += network.chunkRows) {
    const rows = min<usize>((batch as usize) - row, network.chunkRows);
    const chunk = x + row * inputBytes;
    forward<T>(network, chunk, rows);
    squaredErrorDeltas<T>(network, t + row * targetBytes, rows, scale);
    loss += squaredError<T>(network, t + row * targetBytes, rows);
    backward<T>(network, rows);
    parameterGradient<T>(network, chunk, rows, row > 0);
  }
  network.lastLoss = mean ? loss / (batch as f64) : loss;
  if (!isFinite<f64>(loss)) return Status.NonFiniteLoss;
  if (!isStepFinite<T>(network)) return Status.NonFiniteGradient;
  descend<T>(network);
  network.epochSum += loss;
  return Status.Ok;
}
