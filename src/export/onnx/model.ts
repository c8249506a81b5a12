// The messages of ONNX that a model of dense layers takes, by the numbers that onnx.proto gives their fields, written with pbf.

import { PbfWriter } from "pbf";
import { wrongValue } from "../../errors.js";

/** Opset 17 came with ONNX 1.12, whose IR version is 8. */
const IR_VERSION = 8;
const OPSET = 17;

/** More no reader of protocol buffers takes. */
const MOST_BYTES = 2 ** 31 - 1;

const AttributeType = { float: 1, int: 2, ints: 7 } as const;
const ElementType = { float32: 1, float64: 11 } as const;

export type ElementTypeName = keyof typeof ElementType;

export type Attribute = { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

export interface Node {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** An input or output: rows of so many numbers, whose count is open. */
export interface Value {
  readonly name: string;
  readonly type: ElementTypeName;
  readonly width: number;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly tensors: readonly Tensor[];
  readonly input: Value;
  readonly output: Value;
}

/** The bytes of a model. */
export function modelBytes(graph: Graph): Uint8Array {
  // Room for all of it, so that a large one is not copied as it grows.
  const bytes = sizeOf(graph);
  checkSize(bytes);
  const writer = new PbfWriter(new Uint8Array(bytes));
  writeModel(graph, writer);
  return writer.finish().slice();
}

/** Refuses what would be no model for anybody. */
export function checkSize(bytes: number): void {
  if (bytes > MOST_BYTES) {
    throw wrongValue("network", `one whose ONNX model has at most ${MOST_BYTES} bytes, as protocol buffers do, got about ${bytes}`);
  }
}

/** A little more than the bytes that the model will have. */
function sizeOf({ nodes, tensors }: Graph): number {
  const textOf = ({ name, operator, inputs, output, attributes }: Node) =>
    [name, operator, output, ...inputs, ...Object.keys(attributes)].reduce((sum, text) => sum + text.length + 24, 0);
  return (
    nodes.reduce((sum, node) => sum + textOf(node), 1000) +
    tensors.reduce((sum, { name, values }) => sum + values.byteLength + name.length + 64, 0)
  );
}

function writeModel(graph: Graph, to: PbfWriter): void {
  to.writeVarintField(1, IR_VERSION);
  to.writeStringField(2, "feedforward");
  to.writeMessage(7, writeGraph, graph);
  to.writeMessage(8, writeOpset, OPSET);
}

function writeOpset(version: number, to: PbfWriter): void {
  to.writeStringField(1, "");
  to.writeVarintField(2, version);
}

function writeGraph({ name, nodes, tensors, input, output }: Graph, to: PbfWriter): void {
  for (const node of nodes) to.writeMessage(1, writeNode, node);
  to.writeStringField(2, name);
  for (const tensor of tensors) to.writeMessage(5, writeTensor, tensor);
  to.writeMessage(11, writeValue, input);
  to.writeMessage(12, writeValue, output);
}

function writeNode({ name, operator, inputs, output, attributes }: Node, to: PbfWriter): void {
  for (const input of inputs) to.writeStringField(1, input);
  to.writeStringField(2, output);
  to.writeStringField(3, name);
  to.writeStringField(4, operator);
  for (const attribute of Object.entries(attributes)) to.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute([name, value]: [string, Attribute], to: PbfWriter): void {
  to.writeStringField(1, name);
  if ("float" in value) {
    to.writeFloatField(2, value.float);
    to.writeVarintField(20, AttributeType.float);
  } else if ("int" in value) {
    to.writeVarintField(3, value.int);
    to.writeVarintField(20, AttributeType.int);
  } else {
    for (const int of value.ints) to.writeVarintField(8, int);
    to.writeVarintField(20, AttributeType.ints);
  }
}

function writeTensor({ name, shape, values }: Tensor, to: PbfWriter): void {
  for (const length of shape) to.writeVarintField(1, length);
  to.writeVarintField(2, values instanceof Float64Array ? ElementType.float64 : ElementType.float32);
  to.writeStringField(8, name);
  to.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeValue(value: Value, to: PbfWriter): void {
  to.writeStringField(1, value.name);
  to.writeMessage(2, writeType, value);
}

function writeType(value: Value, to: PbfWriter): void {
  to.writeMessage(1, writeTensorType, value);
}

function writeTensorType({ type, width }: Value, to: PbfWriter): void {
  to.writeVarintField(1, ElementType[type]);
  to.writeMessage(2, writeShape, width);
}

/** (rows, width), rows being a name. */
function writeShape(width: number, to: PbfWriter): void {
  to.writeMessage(1, writeOpenLength, "rows");
  to.writeMessage(1, writeLength, width);
}

function writeOpenLength(name: string, to: PbfWriter): void {
  to.writeStringField(2, name);
}

function writeLength(length: number, to: PbfWriter): void {
  to.writeVarintField(1, length);
}
