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
  LayerBytes = 160,
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
  /** in: 1 where `train` or `differentiate` will be called, 0 for a network that only thinks and is evaluated, which needs less memory. */
  Training = 36,
  /** in: rows of samples that `train` uses, at most `SampleCapacity`. */
  SampleRows = 40,
  /** in: rows of one training step, 1 … `SampleRows`; the last step of an epoch takes what is left. */
  BatchRows = 44,
  /** in, f64: `train` is finished when `Epoch` has reached this whole number. */
  EpochTarget = 48,
  /** in, f64: every so many epochs, and at the last one, an entry of the epoch goes into the history. */
  HistoryInterval = 56,
  /** in/out: entries that stand in the history; the host takes them and writes 0. */
  HistoryLength = 64,
  /** in/out: entries from which on the history is full and `train` returns `Status.More`; 0 for as many as there is room for. */
  HistoryCapacity = 68,
  /** out, f64: epochs completed since the network was initialized. */
  Epoch = 72,
  /** out, f64: training steps completed since the network was initialized. */
  Step = 80,
  /** in/out: first row of the next step within the epoch; 0 between two epochs. A host may only write 0, which begins the epoch again. */
  Cursor = 88,
  /** out: width of an output row: the last layer's units. */
  Outputs = 92,
  /** out, f64: loss of the last step that was tried, after it with `Lbfgs`; or that of `differentiate`, whichever came last. */
  LastLoss = 96,
  /** in/out, f64: sum of the losses of the rows seen in the epoch that is under way. A host may only write 0. */
  EpochSum = 104,
  /** out: number of parameters, weights and biases of all layers. */
  ParameterCount = 112,
  /** out: offset of the parameters from the block's address: weights, then biases, layer by layer. */
  Parameters = 116,
  /** out: offset of the gradient, in the layout of the parameters. */
  Gradient = 120,
  /** out: offset of the history, HistoryWidth doubles for each entry: epoch, loss, validation loss, rate, measures, validation's measures. */
  History = 124,
  /** out: offset of the generator's state: 624 words and the position. */
  Generator = 128,
  /** out: offset of the input samples (SampleCapacity, Inputs), row by row. */
  SampleInputs = 132,
  /** out: offset of the targets (SampleCapacity, TargetWidth); `think` writes its outputs (rows, Outputs) here. */
  SampleTargets = 136,
  /** out: offset of the panel that products pack into. */
  Panel = 140,
  /** out: rows that pass through the layers at once. */
  ChunkRows = 144,
  /** out: offset of one loss for each row of a chunk, f64. */
  RowLosses = 148,
  /** in: a code of `Optimizer`. */
  Optimizer = 152,
  /** out: offset of the optimizer's moments, each in the layout of the parameters. */
  Moments = 156,
  /** in, f64: momentum of `Momentum` and `Nesterov`; decay of the first moment. */
  Beta1 = 160,
  /** in, f64: decay of the second moment; of the moment in `Lion`. */
  Beta2 = 168,
  /** in, f64: what is added to the root of the second moment. */
  Epsilon = 176,
  /** in, f64: decoupled weight decay of `Adam`, `AmsGrad`, `Nadam` and `Lion`: each step w ← w · (1 − rate · decay). */
  WeightDecay = 184,
  /** in, f64: gradients are clipped to ± this before the step; 0 for none. */
  ClipValue = 192,
  /** in, f64: the gradient is scaled down to this norm before the step; 0 for none. */
  ClipNorm = 200,
  /** in: a code of `Schedule`. */
  Schedule = 208,
  /** in: a code of `Monitor`: what early stopping and the plateau schedule look at. */
  Monitor = 212,
  /** in, f64: steps of the schedule, see `Schedule`; epochs of patience for `Plateau`. */
  ScheduleSteps = 216,
  /** in, f64: factor, power or share of the schedule, see `Schedule`. */
  ScheduleFactor = 224,
  /** in, f64: the least rate, as a share of `LearningRate`, that `Cosine` and `Plateau` go down to. */
  ScheduleFloor = 232,
  /** in, f64: steps over which the rate rises linearly before the schedule begins; 0 for none. */
  WarmUpSteps = 240,
  /** out, f64: learning rate of the last step. */
  Rate = 248,
  /** out, f64: Beta1 to the power of the steps done. */
  Beta1Power = 256,
  /** out, f64: Beta2 to the power of the steps done. */
  Beta2Power = 264,
  /** out, f64: product of nadam's momentum schedule. */
  MomentumProduct = 272,
  /** out, f64: what the plateau schedule has made of the rate so far. */
  PlateauScale = 280,
  /** out, f64: best monitored loss that the plateau schedule has seen. */
  PlateauBest = 288,
  /** out, f64: epochs since then. */
  PlateauWait = 296,
  /** in, f64: delta of `Huber`; label smoothing of `CrossEntropy` and `BinaryCrossEntropy`. */
  LossParameter = 304,
  /** in: 1 where a target is the number of a class, one element for each row, instead of a row of outputs. */
  Labels = 312,
  /** out: elements of a row of targets: 1 with labels, else the outputs. */
  TargetWidth = 316,
  /** in: 1 where each sample has a weight. */
  Weighted = 320,
  /** out: offset of the samples' weights (SampleCapacity), elements. */
  SampleWeights = 324,
  /** in: 1 where every epoch takes the rows in a new random order. */
  Shuffle = 328,
  /** out: offset of the order of the epoch's rows, u32 each. */
  Order = 332,
  /** out: offset of a chunk of shuffled inputs (ChunkRows, Inputs). */
  ChunkInputs = 336,
  /** out: offset of a chunk of shuffled targets (ChunkRows, TargetWidth). */
  ChunkTargets = 340,
  /** out: offset of a chunk of sample weights (ChunkRows). */
  ChunkWeights = 344,
  /** in: rows behind `SampleRows` that are not trained on, but whose loss is taken after each epoch. */
  ValidationRows = 348,
  /** in: epochs without improvement after which training stops; 0 for never. */
  Patience = 352,
  /** in: 1 to put the best epoch's parameters back when training ends. */
  RestoreBest = 356,
  /** in, f64: an improvement counts from this much on. */
  MinimumChange = 360,
  /** in/out, f64: best monitored loss so far. */
  BestLoss = 368,
  /** in/out, f64: the epoch it belongs to. */
  BestEpoch = 376,
  /** out: offset of the best epoch's parameters and statistics. */
  BestParameters = 384,
  /** in/out: 1 when training ended by `Patience`, or `Lbfgs` has arrived. */
  Stopped = 388,
  /** out: offset of the statistics that batch normalisation has gathered, f64 each: means, then variances, layer by layer. */
  Statistics = 392,
  /** out: number of these statistics. */
  StatisticsCount = 396,
  /** in/out, f64: the largest derivative by a parameter in the run so far, to three digits. */
  LargestGradient = 400,
  /** out: the layer in whose outputs the first number that was not finite appeared; LayerCount if it was the gradient. */
  FailedLayer = 408,
  /** out: offset of the table of the step's rates. */
  Rates = 412,
  /** out: offset of the generator's state before the order of the present epoch was drawn. */
  EpochGenerator = 416,
  /** in/out: 1 while the order in scratch memory is that of the present epoch; a host that puts a block's kept part back writes 0. */
  OrderReady = 420,
  /** out, f64: 0.96^0.004 to the power of the steps that nadam has done. */
  NadamPower = 424,
  /** out, f64: loss of the validation rows after the last epoch. */
  ValidationLoss = 432,
  /** out: distance between the moments, in bytes: the parameters and their padding. */
  SetBytes = 440,
  /** out: for the core's own use. */
  Features = 444,
  /** in: measures that the history has for each epoch besides the loss: the sum of codes of `Measure`. */
  Measures = 448,
  /** out: doubles of an entry of the history. */
  HistoryWidth = 452,
  /** in/out, f64: sum of the weights of the rows seen in the epoch that is under way, then the sums of the three measures over them. */
  EpochMeasures = 456,
  /** out, f64: the three measures of the validation rows after the last epoch. */
  ValidationMeasures = 488,
  /** in: a code of `Evaluation`: what `evaluate` shall find, for which there must be room. */
  Evaluation = 512,
  /** in: `evaluate` counts a row as right for `TopAccuracy` if its class is among so many with the largest outputs. */
  TopCount = 516,
  /** out: offset of what `evaluate` has found, f64 each, see `Report`. */
  Report = 520,
  /** out: offset of the outputs that `evaluate` has found (SampleCapacity, Outputs), f64 each. */
  Scores = 524,
  /** out: offset of room for an order of the rows, u32 each. */
  Ranks = 528,
  /** in: 1 where `differentiate` shall give derivatives by the inputs. */
  InputGradient = 532,
  /** in: pairs of steps and gradient changes that `Lbfgs` remembers, 1 … 1000. */
  PairCapacity = 536,
  /** out: pairs that it remembers. */
  PairCount = 540,
  /** out: place of the newest pair. */
  PairNewest = 544,
  /** in/out: 1 while gradient and LastLoss are those of the parameters and samples as they are; a host that changes either writes 0. */
  GradientReady = 548,
  /** out, f64: the step that `Lbfgs` took along its last direction. */
  StepLength = 552,
  /** out: offset of the curvatures of the pairs, f64 each. */
  Curvatures = 560,
  /** out, f64: the same four sums as EpochMeasures, over the rows of the last step. */
  BatchMeasures = 568,
  /** out: offset of the weights that rows have in `evaluate` (SampleCapacity), f64 each. */
  RowWeights = 600,
  /** out: address of the team that works on the network, in the build with threads; else 0. */
  Team = 604,
  /** The header's size; the layer table follows. */
  Bytes = 608,
}

/** Offsets of the fields of one entry of the layer table, in bytes. All are `u32`. */
export const enum LayerField {
  /** in: width of the layer's output. */
  Units = 0,
  /** in: a code of `Activation`. */
  Activation = 4,
  /** in: 0 without biases, 1 with a bias for each unit that starts at 0, 2 with biases that are drawn as BiasInitializer says. */
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
  /** in: 1 where training changes the layer, 0 where it is frozen. */
  Trainable = 36,
  /** in, f64: the activation's parameter: slope of `LeakyRelu`, scale of `Elu`. */
  Parameter = 40,
  /** in: a code of `Normalization`, of the weighted sums. */
  Normalization = 48,
  /** in: 1 where the layer's input is added to its output. */
  Residual = 52,
  /** in, f64: what is added to the variance in a normalisation. */
  NormalizationEpsilon = 56,
  /** in, f64: what a batch leaves of the running statistics. */
  NormalizationMomentum = 64,
  /** in, f64: share of the outputs that a training step sets to 0. */
  Dropout = 72,
  /** in, f64: L1 |w| is added to the loss for each weight w. */
  L1 = 80,
  /** in, f64: ½ L2 w² is added to the loss for each weight w. */
  L2 = 88,
  /** in, f64: after a step the weights into a unit are scaled down to this norm; 0 for none. */
  MaxNorm = 96,
  /** in, f64: the initializer's parameter: the constant of `Constant`. */
  InitializerParameter = 104,
  /** out: offset of the normalisation's scales (units); 0 without. */
  Scales = 112,
  /** out: offset of the normalisation's shifts (units); 0 without. */
  Shifts = 116,
  /** out: offset of the running means (units), f64; 0 without batch normalisation. */
  Means = 120,
  /** out: offset of the running variances (units), f64. */
  Variances = 124,
  /** out: offset of the weighted sums, normalised where the layer does that (chunk rows, units). */
  Sums = 128,
  /** out: offset of the activation's values, before dropout and residual (chunk rows, units). */
  Values = 132,
  /** out: offset of the normalised sums before scale and shift (chunk rows, units); 0 without. */
  Normalized = 136,
  /** out: offset of the inverse standard deviations, f64: of each row, or of each unit in batch normalisation. */
  Deviations = 140,
  /** in: a code of `Initializer`, not Orthogonal: how biases are drawn where Bias is 2. */
  BiasInitializer = 144,
  /** in, f64: the same as InitializerParameter, of the biases. */
  BiasInitializerParameter = 152,
}

/** What an export answers. Codes from `InvalidBlock` on are errors. */
export const enum Status {
  /** Done. */
  Ok = 0,
  /** `train`: the steps it was given are used up or the history is full; call again to go on. */
  More = 1,
  /** Never said by the core, but by a host that has cut a call (src/background/cuts.ts): the same call again goes on with it. */
  Cut = 2,
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
  /** In the build with threads: one of the team has died. What stands in the block is of no use. */
  TeamBroken = 23,
  /** `load`: the bytes are no model file. */
  NoModelFile = 32,
  /** `load`: a model file of a newer version of the format. */
  NewerVersion = 33,
  /** `load`: bytes are missing or changed. */
  DamagedFile = 34,
  /** `load`: a file of a network that was made with other options than this one. */
  OtherNetwork = 35,
  /** `load`: tensors have other names, types, shapes or places than the file's configuration gives them. */
  MalformedHeader = 36,
  /** `load`: numbers that no network can have. */
  UnsoundNumbers = 37,
  /** `save`, `load`: parameters, statistics or moments that are not finite. */
  NonFiniteNumbers = 38,
  /** `save`: a header above 1 MiB or a file above 4 GiB. `load`: a network that does not fit into 4 GiB. */
  TooLarge = 39,
  /** `save`: a text of other characters than printable ASCII. */
  UnfitText = 40,
}

/** Activation functions: code → name in `src/options/layers.ts`. `Softmax` is for the last layer. */
export const enum Activation {
  Linear = 0,
  Sigmoid = 1,
  Tanh = 2,
  Relu = 3,
  LeakyRelu = 4,
  Elu = 5,
  Selu = 6,
  Gelu = 7,
  Silu = 8,
  Softplus = 9,
  Softsign = 10,
  Softmax = 11,
}

/** Functions that `apply` computes. */
export const enum Function {
  /** The value of an activation is asked for by its own code, 0 … 255. */
  Activation = 0,
  /** The derivative of an activation, from its output, or from its sum for gelu, silu and softplus: this plus the activation's code. */
  Slope = 256,
}

/** Loss functions, of an output y and a target t; the sum over the units of a row. */
export const enum Loss {
  /** ½ (y − t)². */
  SquaredError = 0,
  /** |y − t|. */
  AbsoluteError = 1,
  /** ½ (y − t)² up to a difference of delta, delta (|y − t| − ½ delta) beyond. */
  Huber = 2,
  /** −t log y − (1 − t) log(1 − y), together with `Sigmoid` in the last layer. */
  BinaryCrossEntropy = 3,
  /** −t log y, together with `Softmax` in the last layer. */
  CrossEntropy = 4,
}

/** How the losses and the gradients of a batch's rows become one. */
export const enum Reduction {
  Sum = 0,
  Mean = 1,
}

/** How first weights are made. For n inputs and m units; normal numbers are NumPy's legacy `randn`. */
export const enum Initializer {
  /** 2 r − 1 with r drawn from [0, 1). */
  Uniform = 0,
  Zeros = 1,
  Constant = 2,
  /** Uniform in ± √(6 / (n + m)). */
  GlorotUniform = 3,
  /** Normal with variance 2 / (n + m). */
  GlorotNormal = 4,
  /** Uniform in ± √(6 / n). */
  HeUniform = 5,
  /** Normal with variance 2 / n. */
  HeNormal = 6,
  /** Uniform in ± √(3 / n). */
  LecunUniform = 7,
  /** Normal with variance 1 / n. */
  LecunNormal = 8,
  /** Orthonormal rows or columns, whichever are fewer. */
  Orthogonal = 9,
}

/** What turns gradients into steps. */
export const enum Optimizer {
  Sgd = 0,
  Momentum = 1,
  Nesterov = 2,
  RmsProp = 3,
  AdaGrad = 4,
  Adam = 5,
  AmsGrad = 6,
  Nadam = 7,
  Lion = 8,
  /** Limited-memory BFGS with a line search for the strong Wolfe conditions. Each step takes all rows. */
  Lbfgs = 9,
}

/** How the learning rate goes with the steps t, counted from 0 after the warm-up. */
export const enum Schedule {
  Constant = 0,
  /** · factor ^ ⌊t / steps⌋ */
  Step = 1,
  /** · factor ^ (t / steps) */
  Exponential = 2,
  /** · 1 / (1 + t / steps) ^ factor */
  InverseScaling = 3,
  /** floor + (1 − floor) · (1 + cos(π t / steps)) / 2, floor from `steps` on */
  Cosine = 4,
  /** · factor after each `steps` epochs in which the monitored loss did not improve */
  Plateau = 5,
}

/** What is looked at after each epoch. */
export const enum Monitor {
  TrainingLoss = 0,
  ValidationLoss = 1,
}

/** Normalisation of a layer's weighted sums. */
export const enum Normalization {
  None = 0,
  /** Of each row over its units. */
  Layer = 1,
  /** Of each unit over the rows of the batch. */
  Batch = 2,
}

/** What is measured over the rows of an epoch besides the loss; codes add up. */
export const enum Measure {
  /** The share of answers that are right: of rows behind softmax, of single outputs, which say yes from 0.5 on, else. */
  Accuracy = 1,
  /** The mean of |y − t|. */
  AbsoluteError = 2,
  /** The root of the mean of (y − t)². */
  RootMeanSquaredError = 4,
}

/** What `evaluate` takes outputs for. */
export const enum Evaluation {
  None = 0,
  /** Numbers that should be near their targets. */
  Values = 1,
  /** Answers of yes and no, from 0.5 on. */
  Answers = 2,
  /** One class a row: the largest output's; or with a single output the second of two classes from 0.5 on. */
  Classes = 3,
}

/** Places in the report of `evaluate`; K is the number of classes (2 with a single output) or answers. What does not belong to the kind is 0. */
export const enum Report {
  /** The loss, as training has it. */
  Loss = 0,
  /** The sum of the rows' weights. */
  Weight = 1,
  /** Values: the mean of |y − t|. */
  AbsoluteError = 2,
  /** Values: the root of the mean of (y − t)² of each output, their mean over the outputs. */
  RootMeanSquaredError = 3,
  /** Values: 1 − Σ (y − t)² / Σ (t − mean t)² of each output, their mean over the outputs. */
  R2 = 4,
  /** Classes: the share of rows that are right. Answers: the share of single answers. */
  Accuracy = 5,
  /** Classes: the share of rows whose class is among the TopCount likeliest. Answers: the share of rows that are right in all. */
  TopAccuracy = 6,
  /** The mean of −log of the output for what is right. */
  LogLoss = 7,
  /** The mean of the classes' F1. */
  MacroF1 = 8,
  /** The mean of those areas under the curve that are numbers. */
  MacroArea = 9,
  /** The first of K × 5 numbers, see `ClassReport`. Then K × K: the confusion matrix of Classes. */
  PerClass = 10,
}

/** Numbers in the report for each class. */
export const enum ClassReport {
  Precision = 0,
  Recall = 1,
  F1 = 2,
  /** Rows of the class, by their weights. */
  Support = 3,
  /** Area under the ROC curve; NaN where there is none. */
  Area = 4,
  Width = 5,
}
