import { cut } from "./cuts";
import { Network } from "./layout";
import { GENERATOR_BYTES, nextUpTo } from "./random";

// An epoch's order is `numpy.random.permutation(rows)` of the network's generator: 0 … rows − 1, swapped from the end (Fisher and Yates, Durstenfeld).
// The order itself is scratch: the generator's state before it was drawn is kept, so that a run that was cut in mid-epoch can draw it again.

/** Draws the order of a new epoch. */
export function drawOrder(network: Network): void {
  memory.copy(network.at(network.epochGenerator), network.at(network.generator), GENERATOR_BYTES);
  permute(network, network.at(network.generator));
}

/** Draws the order of the present epoch again. */
export function redrawOrder(network: Network): void {
  const copy = network.at(network.panel);
  memory.copy(copy, network.at(network.epochGenerator), GENERATOR_BYTES);
  permute(network, copy);
}

function permute(network: Network, generator: usize): void {
  const order = network.at(network.order);
  const rows = network.sampleRows;
  for (let i: u32 = 0; i < rows; i++) store<u32>(order + (i << 2), i);
  for (let i = rows - 1; i > 0; i--) {
    const other = order + (nextUpTo(generator, i) << 2);
    const row = load<u32>(order + (i << 2));
    store<u32>(order + (i << 2), load<u32>(other));
    store<u32>(other, row);
    cut(10);
  }
  network.orderReady = 1;
}

/** Copies `rows` samples of the epoch's order from place `first` on next to each other. */
export function gather(network: Network, first: usize, rows: usize): void {
  const element: usize = network.elementBytes;
  const inputBytes = (network.inputs as usize) * element;
  const targetBytes = (network.targetWidth as usize) * element;
  let x = network.at(network.chunkInputs);
  let t = network.at(network.chunkTargets);
  let w = network.at(network.chunkWeights);
  for (let i = first; i < first + rows; i++, x += inputBytes, t += targetBytes, w += element) {
    const row: usize = load<u32>(network.at(network.order) + (i << 2));
    memory.copy(x, network.at(network.sampleInputs) + row * inputBytes, inputBytes);
    memory.copy(t, network.at(network.sampleTargets) + row * targetBytes, targetBytes);
    if (network.weighted) memory.copy(w, network.at(network.sampleWeights) + row * element, element);
    cut(inputBytes >> 3);
  }
}
