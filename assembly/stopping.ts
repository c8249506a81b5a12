import { copyLarge } from "./cuts";
import { Network } from "./layout";

/** Notes a new best epoch, and its parameters and statistics where they are to be put back. */
export function keepBest(network: Network, loss: f64): void {
  network.bestLoss = loss;
  network.bestEpoch = network.epoch;
  if (network.restoreBest) copyParameters(network, false);
}

/** Whether training goes on although the last epoch brought no improvement. */
export function isPatient(network: Network): bool {
  return network.patience == 0 || network.epoch - network.bestEpoch < (network.patience as f64);
}

/** Puts the best epoch's parameters back, where that is asked for and there is one that is not the last. */
export function restoreBest(network: Network): void {
  if (!network.restoreBest || network.bestLoss == Infinity || network.bestEpoch == network.epoch) return;
  copyParameters(network, true);
}

function copyParameters(network: Network, back: bool): void {
  const parameterBytes = (network.parameterCount as usize) * (network.elementBytes as usize);
  const statisticsBytes = (network.statisticsCount as usize) << 3;
  const best = network.at(network.bestParameters);
  const bestStatistics = best + network.setBytes;
  if (back) {
    copyLarge(network.at(network.parameters), best, parameterBytes);
    copyLarge(network.at(network.statistics), bestStatistics, statisticsBytes);
  } else {
    copyLarge(best, network.at(network.parameters), parameterBytes);
    copyLarge(bestStatistics, network.at(network.statistics), statisticsBytes);
  }
}
