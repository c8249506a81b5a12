import { Schedule } from "../src/abi";
import { exponential } from "./kernels/exponential";
import { logarithm } from "./kernels/logarithm";
import { Network } from "./layout";

/** The learning rate of the step that comes next. */
export function scheduledRate(network: Network): f64 {
  const step = network.step;
  const warmUp = network.warmUpSteps;
  if (step < warmUp) return (network.learningRate * (step + 1)) / warmUp;
  if (network.schedule == Schedule.Constant) return network.learningRate;
  return network.learningRate * share(network, step - warmUp);
}

function share(network: Network, t: f64): f64 {
  const steps = network.scheduleSteps;
  const factor = network.scheduleFactor;
  switch (network.schedule) {
    case Schedule.Step:
      return power(factor, floor<f64>(t / steps));
    case Schedule.Exponential:
      return power(factor, t / steps);
    case Schedule.InverseScaling:
      return power(1 + t / steps, -factor);
    case Schedule.Cosine:
      return network.scheduleFloor + (1 - network.scheduleFloor) * halfCosine(min<f64>(t / steps, 1));
    default:
      return max<f64>(network.plateauScale, network.scheduleFloor);
  }
}

/** x^y for x > 0, within about y log x · 2^−53 of the exact value. */
function power(x: f64, y: f64): f64 {
  return y == 0 ? 1 : exponential<f64>(y * logarithm(x));
}

/** (1 + cos π u) / 2 for u from 0 to 1, as the square of sin(π/2 · (1 − u)), whose series needs 11 terms for full precision. */
function halfCosine(u: f64): f64 {
  const x = 1.5707963267948966 * (1 - u);
  const x2 = x * x;
  let term = x;
  let sine = x;
  for (let k: f64 = 2; k <= 22; k += 2) {
    term *= -x2 / (k * (k + 1));
    sine += term;
  }
  return sine * sine;
}

/** Tells the plateau schedule an epoch's monitored loss. */
export function observePlateau(network: Network, loss: f64): void {
  if (network.schedule != Schedule.Plateau) return;
  if (loss < network.plateauBest - network.minimumChange) {
    network.plateauBest = loss;
    network.plateauWait = 0;
    return;
  }
  network.plateauWait += 1;
  if (network.plateauWait < network.scheduleSteps) return;
  network.plateauScale *= network.scheduleFactor;
  network.plateauWait = 0;
}
