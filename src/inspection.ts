import { Header, LayerField, Normalization } from "./abi.js";
import { type Block, type Elements, layerField } from "./block.js";
import { statusError } from "./core.js";
import { boolean, or, record } from "./options/check.js";
import type { Plan } from "./options/network.js";
import type { Memory, Table } from "./rows.js";
import { place, placeWeights, readSamples, type Samples } from "./samples.js";

/** For which of the two networks in one to compute gradients, and with which weights of rows. */
export interface GradientOptions {
  /**
   * `false`, the default: of the network as `think` computes it, nothing dropped, batch normalisation by its running statistics. `true`: as the next training step
   * would see these rows as its batch, with its dropout and the batch's own statistics.
   */
  training?: boolean;
  /** One weight for each row. Default 1. */
  sampleWeights?: readonly number[] | Float64Array | Float32Array;
}

/** Derivatives of the loss, in arrays of the network's precision that are the caller's own. */
export interface Gradients {
  /** The loss: the sum or the mean over the rows, as `reduction` says, with penalties. */
  readonly loss: number;
  /** By the parameters of each layer, laid out like these; 0 for layers that are frozen. */
  readonly layers: readonly LayerGradients[];
  /** By the inputs, (rows, inputs) row by row. */
  readonly inputs: Elements;
}

export interface LayerGradients {
  /** (inputs, units), row by row. */
  readonly weights: Elements;
  /** (units), empty in a layer without biases. */
  readonly biases: Elements;
  /** Of a normalisation, (units); empty without. */
  readonly scales: Elements;
  readonly shifts: Elements;
}

/** Data that were read, and what to do with them. */
interface Question {
  readonly samples: Samples;
  readonly training: boolean;
}

/** Reads and checks data and options, and touches nothing of the network. */
export function readQuestion(memory: Memory, plan: Plan, inputs: unknown, targets: unknown, given: unknown): Question {
  const options = record("options", or(given, {}), ["training", "sampleWeights"]);
  const training = boolean("training", or(options.training, false));
  return { samples: readSamples(memory, plan, inputs, targets, options.sampleWeights), training };
}

export function gradients(block: Block, plan: Plan, question: Question): Gradients {
  const batchRows = block.uint(Header.BatchRows);
  try {
    return differentiate(block, plan, question, batchRows);
  } finally {
    // A run that was cut goes on with its own batches, and sums over many rows are cut as before.
    block.ensure({ [Header.BatchRows]: batchRows });
  }
}

function differentiate(block: Block, plan: Plan, { samples, training }: Question, batchRows: number): Gradients {
  const { x, t, weights } = samples;
  const { rows } = x;
  block.ensure({
    [Header.SampleCapacity]: rows,
    [Header.Training]: 1,
    // Batch normalisation has to see all rows at once.
    ...(training && { [Header.BatchRows]: Math.max(batchRows, rows) }),
    [Header.Labels]: Number(t.labels),
    [Header.Weighted]: Number(weights !== undefined),
    [Header.InputGradient]: 1,
  });
  place(block, plan, "targets", x, t, 0, true);
  if (weights) placeWeights(block, weights, rows);
  const status = block.core.differentiate(block.base, rows, Number(training));
  if (status !== 0) throw statusError(status);
  const toGradient = block.uint(Header.Gradient) - block.uint(Header.Parameters);
  const part = (offset: number, length: number) => block.elements(offset + toGradient, length).slice();
  return {
    loss: block.double(Header.LastLoss),
    layers: plan.layers.map(({ units, bias, normalization }, i) => {
      const at = (field: LayerField) => block.uint(layerField(i, field));
      const normalized = normalization === Normalization.None ? 0 : units;
      return {
        weights: part(at(LayerField.Weights), at(LayerField.Inputs) * units),
        biases: part(at(LayerField.Biases), bias ? units : 0),
        scales: part(at(LayerField.Scales), normalized),
        shifts: part(at(LayerField.Shifts), normalized),
      };
    }),
    inputs: block.view(Header.SampleInputs, rows * block.inputs).slice(),
  };
}

/** The outputs of each layer for a table of inputs, (rows, units) row by row. */
export function activations(block: Block, { layers }: Plan, { values, rows }: Table): Elements[] {
  block.ensure({ [Header.SampleCapacity]: rows });
  const Type = block.elementBytes === 8 ? Float64Array : Float32Array;
  const outputs = layers.map(({ units }) => new Type(rows * units));
  // Only so many rows are in the layers at once.
  const chunk = block.uint(Header.ChunkRows);
  for (let row = 0; row < rows; row += chunk) {
    const count = Math.min(chunk, rows - row);
    block.view(Header.SampleInputs, count * block.inputs).set(values.subarray(row * block.inputs, (row + count) * block.inputs));
    block.core.think(block.base, count);
    layers.forEach(({ units }, i) => {
      outputs[i]?.set(block.view(layerField(i, LayerField.Outputs), count * units), row * units);
    });
  }
  return outputs;
}

/** A text table of the layers: their shapes, how many parameters they have and how many bytes these take. */
export function summary(block: Block, { layers, precision }: Plan): string {
  const rows = [["layer", "activation", "shape", "parameters", "bytes"]];
  let total = 0;
  let frozen = 0;
  layers.forEach(({ units, activation, bias, normalization, dropout, residual, trainable }, i) => {
    const inputs = block.uint(layerField(i, LayerField.Inputs));
    const parameters = (inputs + Number(bias) + (normalization ? 2 : 0)) * units;
    total += parameters;
    if (!trainable) frozen += parameters;
    const notes = [
      activation,
      normalization && `${normalization === Normalization.Layer ? "layer" : "batch"} normalization`,
      dropout && `dropout ${dropout}`,
      residual && "residual",
      !trainable && "frozen",
    ];
    rows.push([`${i}`, notes.filter(Boolean).join(", "), `${inputs} × ${units}`, `${parameters}`, `${parameters * block.elementBytes}`]);
  });
  rows.push(["total", precision + (frozen ? `, ${total - frozen} trainable` : ""), "", `${total}`, `${total * block.elementBytes}`]);
  const widths = (rows[0] as string[]).map((_, c) => Math.max(...rows.map((row) => (row[c] as string).length)));
  const pad = (cell: string, c: number) => (c < 3 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number));
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}
