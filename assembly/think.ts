import { forward } from "./forward";
import { Network } from "./layout";

/** The network's outputs for the first `rows` rows of the input samples, written where their targets would stand. */
export function thinkRows(network: Network, rows: u32): void {
  const inputBytes = (network.inputs as usize) * network.elementBytes;
  const outputBytes = (network.outputs as usize) * network.elementBytes;
  const outputs = network.at(network.lastLayer().outputs);
  for (let row: usize = 0; row < rows; row += network.chunkRows) {
    const chunk = min<usize>((rows as usize) - row, network.chunkRows);
    forward(network, network.at(network.sampleInputs) + row * inputBytes, chunk, row, false);
    memory.copy(network.at(network.sampleTargets) + row * outputBytes, outputs, chunk * outputBytes);
  }
}
