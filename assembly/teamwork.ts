// What a team does in each piece of its work, and how the pieces follow each other.

import { Abi, Header, Normalization } from "../src/abi";
import { inputGradientColumns } from "./backward";
import { sumColumns } from "./forward";
import { parameterGradient } from "./gradient";
import { Network } from "./layout";
import { normalizeBatch, normalizeColumnsBackward } from "./normalization";
import { inputsOf, isGathered, lossOfPassed, Purpose, passRows } from "./objective";
import {
  columnPartsEach,
  columnsStart,
  GRADIENT_CUTS,
  isSharedByColumns,
  PART_ROWS,
  partsEach,
  SHARE_PARAMETERS,
  SHARE_ROWS,
  shareStart,
  UPDATE_COST,
} from "./shares";
import { partOf, Team, together, VIEW, viewBytes, Work } from "./team";
import { updateRange } from "./update";
import { Back, endOf, placeBack, placeThere, STAGES, There, turnOf } from "./way";

/** What `thread` does for part `part` of the work, wherever its share is. */
export function performPart(team: Team, thread: u32, part: u32): void {
  const network = changetype<Network>(team.network);
  const parts = team.threads * team.each;
  if (team.work == Work.Rows) {
    const from = shareStart(team.rows, part, parts, SHARE_ROWS);
    const count = shareStart(team.rows, part + 1, parts, SHARE_ROWS) - from;
    if (!count) return;
    passRows(viewOf(team, network, thread, from), team.first + from, count, team.row + from, team.scale, team.purpose, team.from, team.to);
  } else if (team.work == Work.Columns) {
    passColumns(team, network, thread, part);
  } else if (team.work == Work.Gradient) {
    const largest = parameterGradient(viewOf(team, network, thread, 0), team.x, team.rows, team.row > 0, part, parts, team.threads);
    store<f64>(partOf(team, thread), larger(load<f64>(partOf(team, thread)), largest));
  } else {
    const from = shareStart(network.parameterCount, part, parts, SHARE_PARAMETERS);
    const count = shareStart(network.parameterCount, part + 1, parts, SHARE_PARAMETERS) - from;
    if (count) updateRange(network, network.parameters + from * network.elementBytes, count);
  }
}

/**
 * The network as `thread` sees it: a copy of header and layer table whose offsets lead to the same numbers, but to the rows from `row` on where a region holds those of a
 * chunk, and to a panel of its own. Whoever computes rows need not know that there are others. Offsets are modulo 2³², so they may lead backwards.
 */
function viewOf(team: Team, network: Network, thread: u32, row: u32): Network {
  if (thread == 0 && row == 0) return network;
  const part = partOf(team, thread);
  const view = changetype<Network>(part + VIEW);
  const element = network.elementBytes;
  const layers = network.layerCount;
  memory.copy(changetype<usize>(view), changetype<usize>(network), Header.Bytes + layers * Abi.LayerBytes);
  const shift = (changetype<usize>(network) - changetype<usize>(view)) as u32;
  view.panel = viewBytes(layers) as u32;
  view.parameters += shift;
  view.gradient += shift;
  view.order += shift;
  view.sampleInputs += shift;
  view.sampleTargets += shift;
  view.sampleWeights += shift;
  view.chunkInputs += shift + row * network.inputs * element;
  view.chunkTargets += shift + row * network.targetWidth * element;
  view.chunkWeights += shift + row * element;
  view.rowLosses += shift + row * 8;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = view.layer(l);
    const rows = shift + row * layer.units * element;
    layer.weights += shift;
    layer.biases += shift;
    layer.scales += shift;
    layer.shifts += shift;
    layer.sums += rows;
    layer.values += rows;
    layer.outputs += rows;
    if (layer.normalized) layer.normalized += rows;
    layer.deltas += rows;
    // A layer normalisation's stand for rows, a batch normalisation's for units.
    layer.deviations += shift + (layer.means ? 0 : row * 8);
    layer.means += shift;
    layer.variances += shift;
  }
  return view;
}

function teamOf(network: Network): Team {
  return changetype<Team>(network.team as usize);
}

/**
 * `passRows` by all threads. Where a stage owns columns the rows wait for all others, and its columns are shared: batch normalisation's on the way there, any normalisation's on the way
 * back, since they sum over all rows; and those of large products.
 */
export function passRowsTogether(network: Network, first: usize, rows: usize, row: usize, scale: f64, purpose: Purpose): f64 {
  const team = teamOf(network);
  const layers = network.layerCount;
  const element = network.elementBytes;
  team.first = first as u32;
  team.rows = rows as u32;
  team.row = row as u32;
  team.scale = scale;
  team.purpose = purpose;
  team.from = 0;
  for (let l: u32 = 0; l < layers; l++) {
    const layer = network.layer(l);
    if (isSharedByColumns(layer.units * element)) passByColumns(team, network, placeThere(l) + There.Sums);
    if (layer.normalization == Normalization.Batch && purpose < Purpose.Thinking)
      passByColumns(team, network, placeThere(l) + There.Statistics);
  }
  for (let l = purpose < Purpose.Judging ? layers : 0; l > 0; l--) {
    const layer = network.layer(l - 1);
    if (layer.normalization) passByColumns(team, network, placeBack(l - 1, layers) + Back.Statistics);
    if (l > 1 && isSharedByColumns(layer.inputs * element)) passByColumns(team, network, placeBack(l - 1, layers) + Back.InputGradient);
  }
  passUpTo(team, network, endOf(layers));
  return purpose == Purpose.Answering ? 0 : lossOfPassed(network, first, rows, purpose);
}

/** Goes on to a place of the way. */
function passUpTo(team: Team, network: Network, place: u32): void {
  team.to = place;
  // The whole way there, at least: it is more than any part of the way.
  const multiplications = (team.rows as u64) * (network.parameterCount as u64);
  const each = partsEach(team.threads, multiplications);
  together(team, Work.Rows, max<u32>(1, min<u32>(each, team.rows / (team.threads * PART_ROWS))), multiplications);
  team.from = place;
}

/** Goes on to the stage at a place of the way, and through it, which owns columns. */
function passByColumns(team: Team, network: Network, place: u32): void {
  // In front of the first stage rows are brought together.
  if (team.from < place || (place == 0 && isGathered(network, team.purpose))) passUpTo(team, network, place);
  const each = columnPartsEach(columnsAt(network, place), team.threads, network.elementBytes);
  together(team, Work.Columns, each, (team.rows as u64) * (multiplicationsAt(network, place) as u64));
  team.from = place + 1;
}

/** The layer through which a place of the way leads. */
function layerAt(network: Network, place: u32): u32 {
  const end = endOf(network.layerCount);
  return min(place, end - 1 - place) / STAGES;
}

/** Columns of what stage `place` computes. */
function columnsAt(network: Network, place: u32): u32 {
  const layer = network.layer(layerAt(network, place));
  return isInputGradientAt(network, place) ? layer.inputs : layer.units;
}

/** Multiplications for each row of what stage `place` computes. */
function multiplicationsAt(network: Network, place: u32): u32 {
  const layer = network.layer(layerAt(network, place));
  const isProduct = place < turnOf(network.layerCount) ? place % STAGES == There.Sums : isInputGradientAt(network, place);
  return isProduct ? layer.inputs * layer.units : layer.units;
}

function isInputGradientAt(network: Network, place: u32): bool {
  return place >= turnOf(network.layerCount) && place % STAGES == Back.InputGradient;
}

/** Part `part` of the columns of the stage at the beginning of a part of the way. */
function passColumns(team: Team, network: Network, thread: u32, part: u32): void {
  const place = team.from;
  const columns = columnsAt(network, place);
  const from = columnsStart(columns, part, team.threads, team.each, network.elementBytes);
  const to = columnsStart(columns, part + 1, team.threads, team.each, network.elementBytes);
  if (from == to) return;
  const l = layerAt(network, place);
  const layer = network.layer(l);
  const view = viewOf(team, network, thread, 0);
  const stage = place % STAGES;
  if (place >= turnOf(network.layerCount)) {
    if (stage == Back.InputGradient) inputGradientColumns(view, l, team.rows, from, to);
    else normalizeColumnsBackward(network, layer, team.rows, team.row > 0, team.purpose < Purpose.Thinking, from, to);
  } else if (stage == There.Statistics) {
    normalizeBatch(network, layer, team.rows, from, to);
  } else {
    const x = l ? view.at(view.layer(l - 1).outputs) : inputsOf(view, team.first, isGathered(network, team.purpose));
    sumColumns(view, l, x, team.rows, from, to);
  }
}

/** `parameterGradient` by all threads. */
export function parameterGradientTogether(network: Network, x: usize, rows: usize, row: usize): void {
  const team = teamOf(network);
  team.x = x;
  team.rows = rows as u32;
  team.row = row as u32;
  let widest: u32 = 0;
  for (let l: u32 = 0; l < network.layerCount; l++) widest = max(widest, network.layer(l).units);
  const multiplications = (team.rows as u64) * (network.parameterCount as u64);
  const each = isSharedByColumns(widest * network.elementBytes)
    ? columnPartsEach(widest, team.threads, network.elementBytes) * GRADIENT_CUTS
    : partsEach(team.threads, multiplications);
  together(team, Work.Gradient, each, multiplications);
}

/** The largest magnitude of the gradient that was computed last, or something that is not finite. */
export function largestTogether(network: Network): f64 {
  const team = teamOf(network);
  let largest: f64 = 0;
  for (let thread: u32 = 0; thread < team.threads; thread++) largest = larger(largest, load<f64>(partOf(team, thread)));
  return largest;
}

/** The larger of two numbers that are not negative, or the one that is not finite. */
export function larger(a: f64, b: f64): f64 {
  return a >= b || !(a < Infinity) ? a : b;
}

/** `updateRange` of all parameters by all threads. */
export function updateTogether(network: Network): void {
  const team = teamOf(network);
  const cost = (network.parameterCount as u64) * UPDATE_COST;
  together(team, Work.Update, partsEach(team.threads, cost), cost);
}
