import type { Attribute, ElementTypeName, Graph, Node, Tensor } from "./model.js";

/** Where the rows go in and out. */
const INPUT = "inputs";
const OUTPUT = "outputs";

/** A graph as it is put together, operator by operator, each of which answers the name of its output. Names are identifiers of C, as ONNX has them. */
export class Builder {
  readonly type: ElementTypeName;
  readonly input = INPUT;
  readonly #nodes: Node[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #numbers = new Map<number, string>();
  readonly #uses = new Map<string, number>();
  #scope = "";

  constructor(type: ElementTypeName) {
    this.type = type;
  }

  /** What is added from now on belongs to the part of this name. */
  begin(scope: string): void {
    this.#scope = scope;
  }

  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const wanted = `${this.#scope}_${operator}`;
    const use = (this.#uses.get(wanted) ?? 0) + 1;
    this.#uses.set(wanted, use);
    const name = use === 1 ? wanted : `${wanted}_${use}`;
    this.#nodes.push({ name, operator, inputs, output: name, attributes });
    return name;
  }

  /** Numbers of the present part, in the graph's type. */
  tensor(what: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    const name = `${this.#scope}_${what}`;
    this.#tensors.push({ name, shape, values: this.#typed(values) });
    return name;
  }

  /** One number, which all parts share. */
  number(value: number): string {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const name = `number_${this.#numbers.size}`;
    this.#numbers.set(value, name);
    this.#tensors.push({ name, shape: [], values: this.#typed([value]) });
    return name;
  }

  /** The graph, whose last operator gives the outputs. */
  graph(name: string, width: number, outputWidth: number): Graph {
    const last = this.#nodes.at(-1) as Node;
    return {
      name,
      nodes: [...this.#nodes.slice(0, -1), { ...last, output: OUTPUT }],
      tensors: this.#tensors,
      input: { name: INPUT, type: this.type, width },
      output: { name: OUTPUT, type: this.type, width: outputWidth },
    };
  }

  #typed(values: ArrayLike<number>): Float32Array | Float64Array {
    const Type = this.type === "float64" ? Float64Array : Float32Array;
    return values instanceof Type ? values : Type.from(values);
  }
}
