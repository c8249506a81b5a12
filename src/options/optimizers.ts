import { Header, Optimizer, Schedule } from "../abi.js";
import { wrongValue } from "../errors.js";
import { boolean, choice, type Fields, notNegative, or, positive, share, whole, within } from "./check.js";
import type { Precision } from "./network.js";

/** How the learning rate goes with the number of steps t, counted from 0 after the warm-up. Defaults are those of the schedule that is named; `warmUp` is 0 by default, as in Keras. */
export type ScheduleOption =
  | "constant"
  /** `factor` ^ ⌊t / steps⌋. PyTorch's StepLR, whose factor is 0.1. */
  | { name: "step"; steps: number; factor?: number; warmUp?: number }
  /** `factor` ^ (t / steps). Keras' ExponentialDecay, which has no defaults; 0.96 is the factor of its example. */
  | { name: "exponential"; steps: number; factor?: number; warmUp?: number }
  /** 1 / (1 + t / steps) ^ power. scikit-learn's invscaling with one row a step: steps 1, power 0.5. */
  | { name: "inverseScaling"; steps?: number; power?: number; warmUp?: number }
  /** From 1 down to `floor` along half a cosine, which it keeps from `steps` on. Keras' CosineDecay, whose floor is 0. */
  | { name: "cosine"; steps: number; floor?: number; warmUp?: number }
  /** · `factor` after `patience` epochs without improvement of the monitored loss, down to `floor`. Keras' ReduceLROnPlateau: factor 0.1, patience 10, floor 0. */
  | { name: "plateau"; factor?: number; patience?: number; floor?: number; warmUp?: number }
  /** Nothing but the warm-up. */
  | { name: "constant"; warmUp?: number };

/** What every optimizer has. */
interface Common {
  /** A finite number above 0: the step size before any schedule. */
  learningRate?: number;
  /** Default `"constant"`, as in Keras, PyTorch and scikit-learn. Each may begin with `warmUp` steps, over which the rate rises linearly. */
  schedule?: ScheduleOption;
  /** Each derivative is clipped to ± this before the step: Keras' `clipvalue`. Default none, as in Keras. */
  clipValue?: number;
  /** The gradient is scaled down to this norm, over all parameters, before the step: Keras' `global_clipnorm`. Default none, as in Keras. */
  clipNorm?: number;
}

/**
 * What turns gradients into steps. Formulas and defaults are PyTorch's, but sgd's learning rate, which is Keras' 0.01 (without `layers` the tutorial's 1),
 * and lion, which is its paper's (Chen et al. 2023). lbfgs is for small problems: no batches, schedule, clipping or maxNorm; learning rate 1 and a history of
 * 10 steps, 1 to 1000, are scikit-learn's and SciPy's; a run ends when no derivative exceeds 1e-7, PyTorch's tolerance. `weightDecay` is decoupled: w ← w · (1 − rate · weightDecay).
 */
export type OptimizerOption =
  | OptimizerName
  | ({ name: "sgd"; momentum?: number; nesterov?: false } & Common)
  | ({ name: "sgd"; momentum: number; nesterov: boolean } & Common)
  | ({ name: "rmsprop"; rho?: number; epsilon?: number } & Common)
  | ({ name: "adagrad"; epsilon?: number } & Common)
  | ({ name: "adam" | "amsgrad" | "adamW" | "nadam"; beta1?: number; beta2?: number; epsilon?: number; weightDecay?: number } & Common)
  | ({ name: "lion"; beta1?: number; beta2?: number; weightDecay?: number } & Common)
  /** Takes all rows in each step and looks along its direction for a length that meets the strong Wolfe conditions, `learningRate` being the first. */
  | { name: "lbfgs"; learningRate?: number; historySize?: number }
  // Several names at once, with what all of them have: that sgd stands above twice would refuse them.
  | ({ name: Exclude<OptimizerName, "lbfgs"> } & Common & Without<"momentum" | "nesterov" | Own>)
  | ({ name: OptimizerName; learningRate?: number } & Without<Exclude<keyof Common, "learningRate"> | "momentum" | "nesterov" | Own>);

/** What not all optimizers have, but for sgd's own. */
type Own = "rho" | "beta1" | "beta2" | "epsilon" | "weightDecay" | "historySize";

type Without<K extends string> = { [key in K]?: never };

export type OptimizerName = keyof typeof DEFAULTS;

export interface OptimizerPlan extends Fields {
  readonly code: Optimizer;
}

interface Defaults {
  readonly code: Optimizer;
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

const ADAM = { code: Optimizer.Adam, learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** What stands nowhere is 0. */
const DEFAULTS = {
  sgd: { code: Optimizer.Sgd, learningRate: 0.01 },
  rmsprop: { code: Optimizer.RmsProp, learningRate: 0.01, beta2: 0.99, epsilon: 1e-8 },
  adagrad: { code: Optimizer.AdaGrad, learningRate: 0.01, epsilon: 1e-10 },
  adam: ADAM,
  amsgrad: { ...ADAM, code: Optimizer.AmsGrad },
  adamW: { ...ADAM, weightDecay: 0.01 },
  nadam: { ...ADAM, code: Optimizer.Nadam, learningRate: 0.002 },
  lion: { code: Optimizer.Lion, learningRate: 0.0001, beta1: 0.9, beta2: 0.99 },
  lbfgs: { code: Optimizer.Lbfgs, learningRate: 1 },
} as const satisfies Record<string, Defaults>;

const COMMON = ["learningRate", "schedule", "clipValue", "clipNorm"] as const;
const MOMENTS = [...COMMON, "beta1", "beta2", "epsilon", "weightDecay"] as const;
const OPTIONS: Readonly<Record<OptimizerName, readonly string[]>> = {
  sgd: [...COMMON, "momentum", "nesterov"],
  rmsprop: [...COMMON, "rho", "epsilon"],
  adagrad: [...COMMON, "epsilon"],
  adam: MOMENTS,
  amsgrad: MOMENTS,
  adamW: MOMENTS,
  nadam: MOMENTS,
  lion: [...COMMON, "beta1", "beta2", "weightDecay"],
  lbfgs: ["learningRate", "historySize"],
};

/** Checks the optimizer and fills in its defaults. */
export function readOptimizer(given: unknown, precision: Precision): OptimizerPlan {
  const { name, options } = choice("optimizer", given, DEFAULTS, OPTIONS);
  const { learningRate, beta1 = 0, beta2 = 0, epsilon = 0, weightDecay = 0, ...defaults }: Defaults = DEFAULTS[name];
  const momentum = share("optimizer.momentum", or(options.momentum, 0));
  const nesterov = boolean("optimizer.nesterov", or(options.nesterov, false));
  if (nesterov && momentum === 0) throw wrongValue("optimizer.nesterov", "a momentum above 0 to go with it");
  const isSgd = name === "sgd";
  const code = isSgd && momentum > 0 ? (nesterov ? Optimizer.Nesterov : Optimizer.Momentum) : defaults.code;
  const schedule = readSchedule(or(options.schedule, "constant"));
  return {
    code,
    uints: {
      [Header.Optimizer]: code,
      [Header.Schedule]: schedule.code,
      [Header.PairCapacity]: whole("optimizer.historySize", or(options.historySize, 10), 1, 1000),
    },
    doubles: {
      [Header.LearningRate]: positive("optimizer.learningRate", or(options.learningRate, learningRate), precision),
      [Header.Beta1]: isSgd ? momentum : share("optimizer.beta1", or(options.beta1, beta1)),
      [Header.Beta2]: share(`optimizer.${name === "rmsprop" ? "rho" : "beta2"}`, or(or(options.rho, options.beta2), beta2)),
      [Header.Epsilon]: options.epsilon === undefined ? epsilon : positive("optimizer.epsilon", options.epsilon, precision),
      [Header.WeightDecay]: notNegative("optimizer.weightDecay", or(options.weightDecay, weightDecay)),
      [Header.ClipValue]: options.clipValue === undefined ? 0 : positive("optimizer.clipValue", options.clipValue),
      [Header.ClipNorm]: options.clipNorm === undefined ? 0 : positive("optimizer.clipNorm", options.clipNorm),
      ...schedule.doubles,
    },
  };
}

/** `steps` are the plateau's patience, `factor` is inverse scaling's power; undefined steps must be given. */
const SCHEDULES = {
  constant: { code: Schedule.Constant, steps: 1, factor: 1 },
  step: { code: Schedule.Step, steps: undefined, factor: 0.1 },
  exponential: { code: Schedule.Exponential, steps: undefined, factor: 0.96 },
  inverseScaling: { code: Schedule.InverseScaling, steps: 1, factor: 0.5 },
  cosine: { code: Schedule.Cosine, steps: undefined, factor: 1 },
  plateau: { code: Schedule.Plateau, steps: 10, factor: 0.1 },
} as const;

const SCHEDULE_OPTIONS = {
  constant: ["warmUp"],
  step: ["warmUp", "steps", "factor"],
  exponential: ["warmUp", "steps", "factor"],
  inverseScaling: ["warmUp", "steps", "power"],
  cosine: ["warmUp", "steps", "floor"],
  plateau: ["warmUp", "factor", "patience", "floor"],
} as const;

function readSchedule(given: unknown): { readonly code: Schedule; readonly doubles: Fields["doubles"] } {
  const where = "optimizer.schedule";
  const { name, options } = choice(where, given, SCHEDULES, SCHEDULE_OPTIONS);
  const { code, ...defaults } = SCHEDULES[name];
  const most = Number.MAX_SAFE_INTEGER;
  const steps = name === "plateau" ? "patience" : "steps";
  return {
    code,
    doubles: {
      [Header.ScheduleSteps]: whole(`${where}.${steps}`, or(options[steps], defaults.steps), 1, most),
      [Header.ScheduleFactor]:
        name === "inverseScaling"
          ? positive(`${where}.power`, or(options.power, defaults.factor))
          : within(`${where}.factor`, or(options.factor, defaults.factor), "a number above 0 and up to 1", (x) => x > 0 && x <= 1),
      [Header.ScheduleFloor]: share(`${where}.floor`, or(options.floor, 0)),
      [Header.WarmUpSteps]: whole(`${where}.warmUp`, or(options.warmUp, 0), 0, most),
    },
  };
}
