import { describe } from "../errors.js";
import { ImportError, list } from "./errors.js";
import { shapeText, type Tensor } from "./safetensors.js";

/** A dense layer as a file has it: PyTorch's weight is (units, inputs), Keras' kernel (inputs, units). */
export interface DenseTensors {
  readonly kind: "dense";
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly matrix: Tensor;
  readonly transposed: boolean;
  readonly bias: Tensor | undefined;
}

/** A normalisation of `units` numbers. */
export interface NormalizationTensors {
  readonly kind: "batch" | "layer";
  readonly name: string;
  readonly units: number;
  readonly convention: Convention;
  readonly scale: Tensor | undefined;
  readonly shift: Tensor | undefined;
  readonly mean: Tensor | undefined;
  readonly variance: Tensor | undefined;
}

export type LayerTensors = DenseTensors | NormalizationTensors;

/** Whose names they are, which have other defaults. */
export type Convention = "PyTorch" | "Keras";

type Role = "kernel" | "weight" | "bias" | "gamma" | "beta" | "mean" | "variance" | "count";

const ROLES: ReadonlyMap<string, Role> = new Map([
  ["kernel", "kernel"],
  ["weight", "weight"],
  ["bias", "bias"],
  ["gamma", "gamma"],
  ["beta", "beta"],
  ["running_mean", "mean"],
  ["moving_mean", "mean"],
  ["running_var", "variance"],
  ["moving_variance", "variance"],
  ["num_batches_tracked", "count"],
]);

/** What names tell of layers that are none here, for the message. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^(weight|bias)_(ih|hh|hr)|^recurrent_kernel$/, "of a recurrent layer (LSTM, GRU, RNN)"],
  [/^(in_proj_weight|in_proj_bias|bias_k|bias_v)$/, "of attention"],
  [/^(indices|values|crow_indices|col_indices|ccol_indices|row_indices)$/, "of a sparse tensor"],
  [/^embeddings$/, "of an embedding"],
  [/^(depthwise_kernel|pointwise_kernel)$/, "of a convolution"],
  [/^(weight_[gv]|original[01]?|weight_orig|weight_u|weight_mask)$/, "of a parametrised weight"],
  [/^alpha$/, "of a PReLU"],
  [/(scale|scales|zero_point|qweight|qzeros|absmax|_packed_params)$/, "of a quantised weight"],
];

/** The tensors of one layer, by their roles. */
class Group {
  readonly roles = new Map<Role, Tensor>();
  readonly strangers: { readonly tensor: Tensor; readonly what: string }[] = [];

  constructor(readonly name: string) {}

  /** What the layer is, or the error that says what it is not. */
  read(): LayerTensors {
    this.refuseStrangers(() => true);
    const weight = this.roles.get("weight");
    return this.roles.has("kernel") || (weight && weight.shape.length !== 1) ? this.#dense() : this.#normalization();
  }

  /** The error for a tensor of some other layer. */
  refuseStrangers(matters: (what: string) => boolean): void {
    const stranger = this.strangers.find(({ what }) => matters(what));
    if (!stranger) return;
    const isAlone = this.roles.size === 0 && this.strangers.length === 1;
    // Quantised weights have a scale beside them; Keras' RMSNormalization has nothing else.
    const isRms = isAlone && /(^|[./])scale(:0)?$/.test(stranger.tensor.name);
    const what = isRms ? "of an RMS normalisation" : stranger.what || "of no layer that is known here";
    throw new ImportError(
      "unsupported",
      `tensor ${describe(stranger.tensor.name)}: ${what}; a network here has dense layers, batch and layer normalisation`,
    );
  }

  #dense(): DenseTensors {
    this.#only("a dense layer", this.roles.has("kernel") ? ["kernel", "bias"] : ["weight", "bias"]);
    const transposed = !this.roles.has("kernel");
    const matrix = this.roles.get(transposed ? "weight" : "kernel") as Tensor;
    const { shape } = matrix;
    if (shape.length !== 2) {
      const what = shape.length > 2 ? "a convolution or attention has such" : "no layer here has such";
      throw new ImportError("unsupported", `tensor ${describe(matrix.name)}: expected a matrix, got shape ${shapeText(shape)}: ${what}`);
    }
    const [inputs, units] = (transposed ? [shape[1], shape[0]] : shape) as [number, number];
    if (inputs === 0 || units === 0)
      throw new ImportError("mismatch", `tensor ${describe(matrix.name)}: expected numbers, got shape ${shapeText(shape)}`);
    return { kind: "dense", name: this.name, inputs, units, matrix, transposed, bias: this.#vector("bias", units) };
  }

  #normalization(): NormalizationTensors {
    const { roles } = this;
    const [mean, variance, gamma, beta] = [roles.get("mean"), roles.get("variance"), roles.get("gamma"), roles.get("beta")];
    const batch = mean !== undefined || variance !== undefined;
    const first = [...roles.values()][0] as Tensor;
    if (batch && !(mean && variance)) throw this.#incomplete("a running mean and a running variance");
    const isKeras = gamma !== undefined || beta !== undefined || /\bmoving_/.test((mean ?? first).name);
    const [scale, shift] = isKeras ? [gamma, beta] : [roles.get("weight"), roles.get("bias")];
    this.#only(batch ? "a batch normalisation" : "a layer normalisation", [
      ...(isKeras ? (["gamma", "beta"] as const) : (["weight", "bias"] as const)),
      ...(batch ? (["mean", "variance", "count"] as const) : []),
    ]);
    // A weight by itself may be RMSNorm's or PReLU's as well.
    if (!batch && !isKeras && !(scale && shift)) {
      throw this.#incomplete(
        "a weight of two dimensions, or weight and bias of a layer normalisation",
        scale && "; RMSNorm and PReLU, which no network here has, have a weight alone, and LayerNorm without bias",
      );
    }
    const units = product((mean ?? scale ?? shift ?? first).shape);
    if (units === 0) throw new ImportError("mismatch", `layer ${describe(this.name)}: expected units, got none`);
    return {
      kind: batch ? "batch" : "layer",
      name: this.name,
      units,
      convention: isKeras ? "Keras" : "PyTorch",
      scale: this.#vector(isKeras ? "gamma" : "weight", units),
      shift: this.#vector(isKeras ? "beta" : "bias", units),
      mean: this.#vector("mean", units),
      variance: this.#vector("variance", units),
    };
  }

  #vector(role: Role, units: number): Tensor | undefined {
    const tensor = this.roles.get(role);
    if (tensor && (tensor.shape.length !== 1 || tensor.shape[0] !== units)) {
      throw new ImportError("mismatch", `tensor ${describe(tensor.name)}: expected shape [${units}], got ${shapeText(tensor.shape)}`);
    }
    return tensor;
  }

  #only(what: string, allowed: readonly Role[]): void {
    for (const [role, { name }] of this.roles) {
      if (!allowed.includes(role))
        throw new ImportError("unsupported", `tensor ${describe(name)}: ${what} has none such, which ${describe(this.name)} looks like`);
    }
  }

  #incomplete(expected: string, hint = ""): ImportError {
    const found = list([...this.roles.values()].map(({ name, shape }) => `${describe(name)} ${shapeText(shape)}`));
    return new ImportError("unsupported", `layer ${describe(this.name)}: expected ${expected}, got ${found}${hint}`);
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/**
 * The layers of a file, by its tensors' names, in the order in which they work: as `names` lists them, or by the numbers in their names. Names that differ in more than
 * their numbers have no order, nor would it be right to take the file's, which sorts them.
 */
export function layersOf(tensors: ReadonlyMap<string, Tensor>, names: readonly string[] | undefined): LayerTensors[] {
  const groups = groupsOf(tensors);
  if (names) return names.map((name) => named(name, groups).read());
  if (groups.size === 0) throw new ImportError("unsupported", "file: expected the tensors of dense layers, got none");
  // What tells of another kind of layer says more than what is missing in one.
  for (const group of groups.values()) group.refuseStrangers((what) => what !== "");
  // All are read before they are put in order, so that a layer that cannot be is named first.
  const layers = new Map([...groups].map(([name, group]) => [name, group.read()]));
  const order = naturalOrder([...groups.keys()]);
  if (!order) {
    throw new ImportError(
      "ambiguous",
      `layers: the names do not tell their order; expected the option { layers: [their names] }, got a file with ${list([...layers.values()].map(titleOf))}`,
    );
  }
  const sorted = order.map(({ name }) => layers.get(name) as LayerTensors);
  sorted.forEach((layer, i) => {
    if (layer.kind !== "dense" && i > 0 && !follows(order[i] as Numbered, order[i - 1] as Numbered)) {
      throw new ImportError(
        "ambiguous",
        `layer ${titleOf(layer)}: something stands between it and ${describe(sorted[i - 1]?.name)}; if that is no activation, say so by the option { layers: [${sorted
          .map(({ name }) => JSON.stringify(name))
          .slice(0, 20)
          .join(", ")}] }`,
      );
    }
  });
  return sorted;
}

function groupsOf(tensors: ReadonlyMap<string, Tensor>): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const tensor of tensors.values()) {
    const name = tensor.name.replace(/:0$/, "");
    const cut = Math.max(name.lastIndexOf("/"), name.lastIndexOf("."));
    const layer = name.slice(0, Math.max(cut, 0));
    const leaf = name.slice(cut + 1);
    const group = groups.get(layer) ?? new Group(layer);
    groups.set(layer, group);
    const role = ROLES.get(leaf);
    if (role && group.roles.has(role)) {
      const other = group.roles.get(role)?.name;
      throw new ImportError(
        "ambiguous",
        `tensor ${describe(tensor.name)}: expected one of its kind in a layer, got ${describe(other)} too`,
      );
    }
    if (role) group.roles.set(role, tensor);
    else group.strangers.push({ tensor, what: OTHERS.find(([pattern]) => pattern.test(leaf))?.[1] ?? "" });
  }
  return groups;
}

function named(name: string, groups: ReadonlyMap<string, Group>): Group {
  const group = groups.get(name);
  if (group) return group;
  throw new ImportError(
    "mismatch",
    `layers: expected names of layers in the file, ${list([...groups.keys()].map(describe))}, got ${describe(name)}`,
  );
}

interface Numbered {
  readonly name: string;
  readonly stem: string;
  readonly numbers: readonly number[];
}

/** Names by the numbers in them, or nothing where they differ in more than these. Keras leaves the first one's out: dense, dense_1. */
function naturalOrder(names: readonly string[]): Numbered[] | undefined {
  const numbered = names.map((name) => ({ name, stem: name.replace(/\d+/g, "#"), numbers: (name.match(/\d+/g) ?? []).map(Number) }));
  const stems = new Set(numbered.map(({ stem }) => stem));
  const sorted = numbered
    .map(({ name, stem, numbers }) =>
      stems.has(`${stem}_#`) ? { name, stem: `${stem}_#`, numbers: [...numbers, 0] } : { name, stem, numbers },
    )
    .sort((a, b) => compare(a.numbers, b.numbers));
  const clear = sorted.every((a, i) => {
    const b = sorted[i + 1];
    return b === undefined || (a.stem === b.stem && compare(a.numbers, b.numbers) < 0);
  });
  return clear ? sorted : undefined;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at < 0 ? a.length - b.length : (a[at] as number) - (b[at] as number);
}

/** Whether one's last number is the other's and 1, the others being the same: in a Sequential nothing stands between. */
function follows(one: Numbered, other: Numbered): boolean {
  const last = one.numbers.length - 1;
  return one.numbers.every((n, i) => n === (other.numbers[i] as number) + Number(i === last));
}

/** A layer as messages show it. */
export function titleOf(layer: LayerTensors): string {
  const what = layer.kind === "dense" ? `${layer.inputs} → ${layer.units}` : `${layer.kind} normalisation of ${layer.units}`;
  return `${describe(layer.name)} (${what})`;
}
