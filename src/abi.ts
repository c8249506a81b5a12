/**
 * What a host and the core agree on, typed once: this file is compiled into both (AssemblyScript and TypeScript).
 * A network is one block of linear memory. Its host writes the fields marked `in` (little-endian, at the block's address plus the
 * offset), calls `layout`, gives the memory that `layout` asks for, and calls `initialize`. `docs/abi.md` says the same for other hosts.
 */

/** Number that `abiVersion()` returns: it changes when an offset, a code or the meaning of an export changes. */
export const enum Abi {
  Version = 1,
  /** A block's address is a multiple of this many bytes. */
  Alignment = 16,
  /** Distance between two entries of the layer table, bytes. */
  LayerBytes = 64,
}

/** Offsets of the block's header fields, in bytes. `u32` unless another type is named. */
export const enum Header {
  /** in: 8 for f64, 4 for f32: the type of weights, samples and activations. */
  ElementBytes = 0,
  /** in: width of an input row. */
  Inputs = 4,
  /** in: number of entries in the layer table, at least 1. */
  LayerCount = 8,
  /** in: seed of the generator, 0 … 2³²−1. */
  Seed = 12,
  /** in: a code of `Loss`. */
  Loss = 16,
  /** in: a code of `Reduction`. */
  Reduction = 20,
  /** in, f64: step size of gradient descent. */
  LearningRate = 24,
  /** in: rows that the samples region must hold. */
  SampleCapacity = 32,
  /** in: 1 where `train` will be called, 0 for a network that only thinks, which needs less memory. */
  Training = 36,
  /** in: rows of samples that `train` uses, at most `SampleCapacity`. */
  SampleRows = 40,
  /** in: rows of one training step, 1 … `SampleRows`; the last step of an epoch takes what is left. */
  BatchRows = 44,
  /** in, f64: `train` is finished when `Epoch` has reached this whole number. */
  EpochTarget = 48,
  /** in, f64: every so many epochs, and at the last one, the loss of the epoch goes into the history. */
  HistoryInterval = 56,
  /** in/out: losses that stand in the history; the host takes them and writes 0. */
  HistoryLength = 64,
  /** out: most losses that the history holds; `train` returns `Status.More` when it is full. */
  HistoryCapacity = 68,
  /** out, f64: epochs completed since the network was initialized. */
  Epoch = 72,
  /** out, f64: training steps completed since the network was initialized. */
  Step = 80,
  /** in/out: first row of the next step within the epoch; 0 between two epochs. A host may only write 0, which begins the epoch again. */
  Cursor = 88,
  /** out: width of an output row: the last layer's units. */
  Outputs = 92,
  /** out, f64: loss of the last step that was tried. */
  LastLoss = 96,
  /** in/out, f64: sum of the losses of the rows seen in the epoch that is under way. A host may only write 0. */
  EpochSum = 104,
  /** out: number of parameters, weights and biases of all layers. */
  ParameterCount = 112,
  /** out: offset of the parameters from the block's address: weights, then biases, layer by layer. */
  Parameters = 116,
  /** out: offset of the gradient, in the layout of the parameters. */
  Gradient = 120,
  /** out: offset of the history, f64 each. */
  History = 124,
  /** out: offset of the generator's state: 624 words and the position. */
  Generator = 128,
  /** out: offset of the input samples (SampleCapacity, Inputs), row by row. */
  SampleInputs = 132,
  /** out: offset of the targets (SampleCapacity, Outputs); `think` writes its outputs here. */
  SampleTargets = 136,
  /** out: offset of the panel that products pack into. */
  Panel = 140,
  /** out: rows that pass through the layers at once. */
  ChunkRows = 144,
  /** out: offset of one loss for each row of a chunk, f64. */
  RowLosses = 148,
  /** The header's size; the layer table follows. */
  Bytes = 192,
}

/** Offsets of the fields of one entry of the layer table, in bytes. All are `u32`. */
export const enum LayerField {
  /** in: width of the layer's output. */
  Units = 0,
  /** in: a code of `Activation`. */
  Activation = 4,
  /** in: 1 with a bias for each unit, 0 without. */
  Bias = 8,
  /** in: a code of `Initializer`. */
  Initializer = 12,
  /** out: width of the layer's input. */
  Inputs = 16,
  /** out: offset of the weights (inputs, units) from the block's address, row by row. */
  Weights = 20,
  /** out: offset of the biases (units); 0 without. */
  Biases = 24,
  /** out: offset of the layer's outputs (chunk rows, units). */
  Outputs = 28,
  /** out: offset of the loss's derivatives by the layer's weighted sums (chunk rows, units). */
  Deltas = 32,
}

/** What an export answers. Codes from `InvalidBlock` on are errors. */
export const enum Status {
  /** Done. */
  Ok = 0,
  /** `train`: the steps it was given are used up or the history is full; call again to go on. */
  More = 1,
  /** A field of the header or of the layer table is out of its range. */
  InvalidBlock = 16,
  /** The loss is no longer a finite number. Nothing of the step was applied. */
  NonFiniteLoss = 18,
  /** The gradient is no longer finite or its step would not be. Nothing of the step was applied. */
  NonFiniteGradient = 19,
  /** The host computes with subnormal numbers flushed to zero, so results would not be the same as elsewhere. */
  SubnormalsFlushed = 20,
  /** A known training run came out with other bits than it must. */
  SelfTestFailed = 21,
  /** What is asked for does not fit what was laid out: more rows than there is room for, training without room for it, batches of no rows. */
  InvalidRun = 22,
}

/** Activation functions: code → name in `src/options.ts`. */
export const enum Activation {
  Linear = 0,
  Sigmoid = 1,
  Tanh = 2,
  Relu = 3,
}

/** Functions that `apply` computes. */
export const enum Function {
  /** The value of an activation is asked for by its own code, 0 … 255. */
  Activation = 0,
  /** The derivative of an activation, from its output: this plus the activation's code. */
  Slope = 256,
  /** e^x. */
  Exponential = 512,
}

/** Loss functions. */
export const enum Loss {
  /** ½ (output − target)², summed over the units of a row. */
  SquaredError = 0,
}

/** How the losses and the gradients of a batch's rows become one. */
export const enum Reduction {
  Sum = 0,
  Mean = 1,
}

/** How first weights are made. */
export const enum Initializer {
  /** 2 r − 1 with r drawn from [0, 1). */
  Uniform = 0,
}
