import { ClassReport, Evaluation, Report } from "../src/abi";
import { read } from "./kernels/elements";
import { logarithm } from "./kernels/logarithm";
import { indexOfLargest } from "./kernels/softmax";
import { classesOf, isEither, Network } from "./layout";
import { classOf, targetOf } from "./measures";
import { lossOfRows } from "./objective";

// What `evaluate` finds over the rows of samples, by scikit-learn's definitions; where those divide 0 by 0, the share is 0 (its `zero_division=0`) and the area under
// the curve is NaN. Rows count by their weights. Sums are f64, rows in ascending order.

/** Outputs, loss and report of the first `rows` rows of samples. */
export function evaluateRows(network: Network, rows: u32): void {
  const report = network.at(network.report);
  const classes = classesOf(network) as usize;
  const matrix: usize = network.evaluation == Evaluation.Classes ? classes * classes : 0;
  memory.fill(report, 0, ((Report.PerClass as usize) + (ClassReport.Width as usize) * classes + matrix) << 3);
  const scores = network.at(network.scores);
  store<f64>(report, lossOfRows(network, 0, rows, scores), Report.Loss << 3);
  const weight = widen(network, rows, scores);
  store<f64>(report, weight, Report.Weight << 3);
  if (network.evaluation == Evaluation.Values) return values(network, rows, report, weight);
  if (network.evaluation == Evaluation.Classes) countClasses(network, rows, report, weight);
  else countAnswers(network, rows, report, weight);
  rates(network, rows, report, classes);
}

/** Makes f64 of outputs and weights, so that what follows is there once for both precisions, and answers the sum of the weights. */
function widen(network: Network, rows: u32, scores: usize): f64 {
  const element: usize = network.elementBytes;
  // From the last on, since each becomes longer where it stands.
  for (let i = (rows as usize) * (network.outputs as usize); i > 0; i--) {
    store<f64>(scores + ((i - 1) << 3), read(scores + (i - 1) * element, element));
  }
  let sum: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const weight = network.weighted ? read(network.at(network.sampleWeights) + row * element, element) : 1;
    store<f64>(network.at(network.rowWeights) + (row << 3), weight);
    sum += weight;
  }
  return sum;
}

function weightOf(network: Network, row: usize): f64 {
  return load<f64>(network.at(network.rowWeights) + (row << 3));
}

function scoreOf(network: Network, row: usize, unit: usize): f64 {
  return load<f64>(network.at(network.scores) + ((row * (network.outputs as usize) + unit) << 3));
}

function targetRow(network: Network, row: usize): usize {
  return network.at(network.sampleTargets) + row * ((network.targetWidth * network.elementBytes) as usize);
}

function addTo(p: usize, x: f64): void {
  store<f64>(p, load<f64>(p) + x);
}

/** Mean absolute error, root mean squared error and R² of each output, and their means. */
function values(network: Network, rows: u32, report: usize, weight: f64): void {
  const outputs: usize = network.outputs;
  for (let unit: usize = 0; unit < outputs; unit++) {
    let absolute: f64 = 0,
      squared: f64 = 0,
      mean: f64 = 0,
      total: f64 = 0;
    const first = targetOf(network, targetRow(network, 0), unit);
    let varies = false;
    for (let row: usize = 0; row < rows; row++) {
      const target = targetOf(network, targetRow(network, row), unit);
      const error = scoreOf(network, row, unit) - target;
      const w = weightOf(network, row);
      absolute += w * Math.abs(error);
      squared += w * (error * error);
      mean += w * target;
      if (target != first) varies = true;
    }
    mean /= weight;
    for (let row: usize = 0; row < rows; row++) {
      const difference = targetOf(network, targetRow(network, row), unit) - mean;
      total += weightOf(network, row) * (difference * difference);
    }
    // Targets that are all the same leave nothing to explain; their mean may have been rounded.
    const explained: f64 = varies && total > 0 ? 1 - squared / total : squared > 0 ? 0 : 1;
    addTo(report + (Report.AbsoluteError << 3), absolute / weight / (outputs as f64));
    addTo(report + (Report.RootMeanSquaredError << 3), sqrt<f64>(squared / weight) / (outputs as f64));
    addTo(report + (Report.R2 << 3), explained / (outputs as f64));
  }
}

/** −log of an output for what is right, which rounding must not have made 0: no less than a unit in the last place of 1, as in scikit-learn. */
function surprise(network: Network, output: f64): f64 {
  return -logarithm(max<f64>(output, network.elementBytes == 8 ? f64.EPSILON : (f32.EPSILON as f64)));
}

/** The number of class k in the report. */
function entry(report: usize, k: usize, field: usize): usize {
  return report + (((Report.PerClass as usize) + k * (ClassReport.Width as usize) + field) << 3);
}

/** Counts, for each class, the rows that are right (in the place of its precision), those that are said to be of it (recall), and those that are. */
function countClasses(network: Network, rows: u32, report: usize, weight: f64): void {
  const outputs: usize = network.outputs;
  const classes = classesOf(network) as usize;
  const matrix = entry(report, classes, 0);
  const either = isEither(network);
  let right: f64 = 0,
    amongTop: f64 = 0,
    loss: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const w = weightOf(network, row);
    const is = classOf(network, targetRow(network, row));
    const first = scoreOf(network, row, 0);
    const y = network.at(network.scores) + ((row * outputs) << 3);
    const said: usize = either ? (first >= 0.5 ? 1 : 0) : indexOfLargest(y, outputs, 8);
    let rank: u32 = said == is ? 0 : 1;
    if (outputs > 1) {
      // Of equal outputs the first is the largest.
      rank = 0;
      const own = scoreOf(network, row, is);
      for (let k: usize = 0; k < outputs; k++) {
        const other = scoreOf(network, row, k);
        if (other > own || (other == own && k < is)) rank++;
      }
    }
    if (said == is) right += w;
    if (rank < network.topCount) amongTop += w;
    loss += w * surprise(network, !either ? scoreOf(network, row, is) : is ? first : 1 - first);
    addTo(matrix + ((is * classes + said) << 3), w);
    count(report, is, said == is ? w : 0, 0, w);
    count(report, said, 0, w, 0);
  }
  store<f64>(report, right / weight, Report.Accuracy << 3);
  store<f64>(report, amongTop / weight, Report.TopAccuracy << 3);
  store<f64>(report, loss / weight, Report.LogLoss << 3);
}

function count(report: usize, k: usize, right: f64, said: f64, is: f64): void {
  addTo(entry(report, k, ClassReport.Precision), right);
  addTo(entry(report, k, ClassReport.Recall), said);
  addTo(entry(report, k, ClassReport.Support), is);
}

/** The same for answers of yes and no, each output a question of its own. */
function countAnswers(network: Network, rows: u32, report: usize, weight: f64): void {
  const outputs: usize = network.outputs;
  let right: f64 = 0,
    allRight: f64 = 0,
    loss: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const w = weightOf(network, row);
    let rightHere: usize = 0;
    for (let k: usize = 0; k < outputs; k++) {
      const score = scoreOf(network, row, k);
      const says = score >= 0.5;
      const is = targetOf(network, targetRow(network, row), k) >= 0.5;
      if (says == is) rightHere++;
      loss += w * surprise(network, is ? score : 1 - score);
      count(report, k, says && is ? w : 0, says ? w : 0, is ? w : 0);
    }
    right += w * (rightHere as f64);
    if (rightHere == outputs) allRight += w;
  }
  store<f64>(report, right / weight / (outputs as f64), Report.Accuracy << 3);
  store<f64>(report, allRight / weight, Report.TopAccuracy << 3);
  store<f64>(report, loss / weight / (outputs as f64), Report.LogLoss << 3);
}

/** Makes rates of the counts, and the area under each curve. */
function rates(network: Network, rows: u32, report: usize, classes: usize): void {
  let area: f64 = 0,
    areas: f64 = 0;
  for (let k: usize = 0; k < classes; k++) {
    const right = load<f64>(entry(report, k, ClassReport.Precision));
    const said = load<f64>(entry(report, k, ClassReport.Recall));
    const is = load<f64>(entry(report, k, ClassReport.Support));
    const f1: f64 = said + is > 0 ? (2 * right) / (said + is) : 0;
    store<f64>(entry(report, k, ClassReport.Precision), said > 0 ? right / said : 0);
    store<f64>(entry(report, k, ClassReport.Recall), is > 0 ? right / is : 0);
    store<f64>(entry(report, k, ClassReport.F1), f1);
    addTo(report + (Report.MacroF1 << 3), f1 / (classes as f64));
    // A single output ranks the second of two classes, and the other the other way round: the same area.
    if (k == 0 || network.outputs > 1) area = areaOf(network, rows, network.outputs > 1 ? k : 1);
    store<f64>(entry(report, k, ClassReport.Area), area);
    if (isNaN<f64>(area)) continue;
    addTo(report + (Report.MacroArea << 3), area);
    areas += 1;
  }
  const sum = load<f64>(report, Report.MacroArea << 3);
  store<f64>(report, sum / areas, Report.MacroArea << 3);
}

/**
 * The area under the ROC curve of class k against the others: the share of pairs of a row of the class and one of another in which the first has the higher
 * output, equal ones counting half (Hanley, McNeil 1982). NaN where there is no pair, or an output that is NaN.
 */
function areaOf(network: Network, rows: u32, k: usize): f64 {
  const unit: usize = network.outputs > 1 ? k : 0;
  sortByScore(network, rows, unit);
  const ranks = network.at(network.ranks);
  // From the lowest output up: what was passed so far of rows of others, and the pairs that are right.
  let others: f64 = 0,
    own: f64 = 0,
    pairs: f64 = 0;
  for (let i: usize = 0; i < rows; ) {
    const score = scoreOf(network, load<u32>(ranks + (i << 2)), unit);
    // An output that is no number has no place in an order.
    if (isNaN<f64>(score)) return NaN;
    let equalOwn: f64 = 0,
      equalOthers: f64 = 0;
    for (; i < rows; i++) {
      const row: usize = load<u32>(ranks + (i << 2));
      if (scoreOf(network, row, unit) != score) break;
      if (isOf(network, row, k)) equalOwn += weightOf(network, row);
      else equalOthers += weightOf(network, row);
    }
    pairs += equalOwn * (others + 0.5 * equalOthers);
    own += equalOwn;
    others += equalOthers;
  }
  return own > 0 && others > 0 ? pairs / (own * others) : NaN;
}

function isOf(network: Network, row: usize, k: usize): bool {
  const t = targetRow(network, row);
  return network.evaluation == Evaluation.Classes ? classOf(network, t) == k : targetOf(network, t, k) >= 0.5;
}

/** Sorts the rows by their output of `unit`, the lowest first; by heap (Williams 1964), which needs no room. Equal ones stand in ascending order. */
function sortByScore(network: Network, rows: u32, unit: usize): void {
  const ranks = network.at(network.ranks);
  for (let i: u32 = 0; i < rows; i++) store<u32>(ranks + (i << 2), i);
  for (let i = rows / 2; i > 0; i--) sink(network, ranks, i - 1, rows, unit);
  for (let last = rows - 1; last > 0; last--) {
    const row = load<u32>(ranks);
    store<u32>(ranks, load<u32>(ranks + (last << 2)));
    store<u32>(ranks + (last << 2), row);
    sink(network, ranks, 0, last, unit);
  }
}

/** Lets the row at place `i` of a heap of `count` sink to where both below it come before it. */
function sink(network: Network, ranks: usize, i: u32, count: u32, unit: usize): void {
  const row = load<u32>(ranks + (i << 2));
  for (;;) {
    let below: u32 = 2 * i + 1;
    if (below >= count) break;
    let next = load<u32>(ranks + (below << 2));
    if (below + 1 < count) {
      const other = load<u32>(ranks + ((below + 1) << 2));
      if (comesBefore(network, next, other, unit)) {
        below++;
        next = other;
      }
    }
    if (!comesBefore(network, row, next, unit)) break;
    store<u32>(ranks + (i << 2), next);
    i = below;
  }
  store<u32>(ranks + (i << 2), row);
}

function comesBefore(network: Network, a: u32, b: u32, unit: usize): bool {
  const scoreA = scoreOf(network, a, unit);
  const scoreB = scoreOf(network, b, unit);
  return scoreA == scoreB ? a < b : scoreA < scoreB;
}
