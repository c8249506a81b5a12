import binary from "#scalar";
import { type CompiledModule, compile } from "./binary.js";

/**
 * The core without SIMD, for engines that have none: `new NeuralNetwork({ core: scalarCore() })`. It gives the same bits as the default one,
 * only slower.
 */
export function scalarCore(): CompiledModule {
  compiled ??= compile(binary);
  return compiled;
}

let compiled: CompiledModule | undefined;
