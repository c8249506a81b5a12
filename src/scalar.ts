import binary from "#scalar";
import { type CompiledModule, compile } from "./core.js";

/**
 * The core without SIMD, for engines that have none: `new NeuralNetwork({ core: scalarCore() })`. It gives the same bits as the default one,
 * only slower.
 */
export function scalarCore(): CompiledModule {
  module ??= compile(binary);
  return module;
}

let module: CompiledModule | undefined;
