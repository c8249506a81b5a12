import { Activation, Status } from "../src/abi";
import { drawParameters } from "./initializers";
import { write } from "./kernels/elements";
import { layOut, Network } from "./layout";
import { nextDouble } from "./random";
import { trainSteps } from "./train";

/** What the known run's parameters must fold to, in f64 and f32: the same in every build, host and machine. */
const DIGEST_64: u32 = 0x4292e6b6;
const DIGEST_32: u32 = 0x122588dc;

const SAMPLES: u32 = 7;

/** The layers' units and activations, 4 bits each, the first one lowest. */
const UNITS: u32 = 0x2657;
const ACTIVATIONS: u32 = (Activation.Sigmoid << 12) | (Activation.Linear << 8) | (Activation.Relu << 4) | Activation.Tanh;

/** Bytes that the self-test may overwrite. */
export const SELF_TEST_BYTES: u32 = 49152;

/** Whether subnormal numbers survive; a host built with `-Ofast` may have told the processor to flush them to zero. */
export function keepsSubnormals(network: Network): bool {
  // The factors come from memory, so that no optimizer can answer for the machine. inputs ≥ 1.
  const inputs = network.inputs;
  const smallest64 = reinterpret<f64>(inputs as u64);
  const smallest32 = reinterpret<f32>(inputs);
  return smallest64 * 2.0 > 0 && smallest32 * 2.0 > 0;
}

/**
 * Trains a small network with every activation in both precisions at `base`, and compares all of its bits with what they must be. The digests
 * that came out, f64's and f32's, are left at `base` as two u32.
 */
export function runSelfTest(base: usize): Status {
  const network = changetype<Network>(base);
  const digest64 = knownRun(network, 8);
  const subnormals = keepsSubnormals(network);
  const digest32 = knownRun(network, 4);
  store<u32>(base, digest64);
  store<u32>(base, digest32, 4);
  if (!subnormals) return Status.SubnormalsFlushed;
  return digest64 == DIGEST_64 && digest32 == DIGEST_32 ? Status.Ok : Status.SelfTestFailed;
}

/** 3 inputs, 7 tanh, 5 relu, 6 linear, 2 sigmoid units with biases: widths that no vector divides, 7 rows in batches of 3, 5 epochs. */
function knownRun(network: Network, element: u32): u32 {
  memory.fill(changetype<usize>(network), 0, SELF_TEST_BYTES);
  network.elementBytes = element;
  network.inputs = 3;
  network.layerCount = 4;
  network.seed = 1;
  network.learningRate = 0.1;
  network.sampleCapacity = SAMPLES;
  network.training = 1;
  for (let l: u32 = 0; l < 4; l++) {
    const layer = network.layer(l);
    layer.units = (UNITS >> (4 * l)) & 15;
    layer.activation = (ACTIVATIONS >> (4 * l)) & 15;
    layer.bias = 1;
    layer.trainable = 1;
  }
  if (layOut(network) > (SELF_TEST_BYTES as f64)) return 0;
  drawParameters(network);
  const values = (SAMPLES * (network.inputs + network.outputs)) as usize;
  const state = network.at(network.generator);
  for (let i: usize = 0; i < values; i++) {
    const at =
      i < SAMPLES * network.inputs
        ? network.at(network.sampleInputs) + i * element
        : network.at(network.sampleTargets) + (i - SAMPLES * network.inputs) * element;
    write(at, nextDouble(state), element);
  }
  network.sampleRows = SAMPLES;
  network.batchRows = 3;
  network.epochTarget = 5;
  network.historyInterval = 1;
  trainSteps(network, 100);
  // FNV-1a over the parameters' 32-bit words.
  let digest: u32 = 2166136261;
  const bytes = (network.parameterCount as usize) * element;
  for (let i: usize = 0; i < bytes; i += 4) {
    digest = (digest ^ load<u32>(network.at(network.parameters) + i)) * 16777619;
  }
  return digest;
}
