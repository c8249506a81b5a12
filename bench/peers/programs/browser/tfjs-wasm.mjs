// The size-optimized form of ../tfjs-wasm.mjs: TensorFlow.js' core with the gradients and kernels that the tutorial needs and no others, as its
// documentation on custom bundles has it. For `size` only: Node finds no modules under these names.

import {
  matMul,
  mul,
  ready,
  registerGradient,
  registerKernel,
  setBackend,
  sigmoid,
  square,
  sub,
  sum,
  tensor2d,
  train,
  variable,
} from "@tensorflow/tfjs-core";
import { batchMatMulGradConfig } from "@tensorflow/tfjs-core/dist/gradients/BatchMatMul_grad.js";
import { castGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Cast_grad.js";
import { identityGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Identity_grad.js";
import { multiplyGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Multiply_grad.js";
import { reshapeGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Reshape_grad.js";
import { sigmoidGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Sigmoid_grad.js";
import { squareGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Square_grad.js";
import { subGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Sub_grad.js";
import { sumGradConfig } from "@tensorflow/tfjs-core/dist/gradients/Sum_grad.js";
import "@tensorflow/tfjs-backend-wasm/dist/base.js";
import { addConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Add.js";
import { batchMatMulConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/BatchMatMul.js";
import { castConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Cast.js";
import { fillConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Fill.js";
import { identityConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Identity.js";
import { multiplyConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Multiply.js";
import { negConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Neg.js";
import { onesLikeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/OnesLike.js";
import { reshapeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape.js";
import { sigmoidConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sigmoid.js";
import { squareConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Square.js";
import { subConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sub.js";
import { sumConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Sum.js";
import { transposeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/Transpose.js";
import { zerosLikeConfig } from "@tensorflow/tfjs-backend-wasm/dist/kernels/ZerosLike.js";

for (const gradient of [
  batchMatMulGradConfig,
  castGradConfig,
  identityGradConfig,
  multiplyGradConfig,
  reshapeGradConfig,
  sigmoidGradConfig,
  squareGradConfig,
  subGradConfig,
  sumGradConfig,
])
  registerGradient(gradient);
for (const kernel of [
  addConfig,
  batchMatMulConfig,
  castConfig,
  fillConfig,
  identityConfig,
  multiplyConfig,
  reshapeConfig,
  sigmoidConfig,
  squareConfig,
  subConfig,
  sumConfig,
  transposeConfig,
  zerosLikeConfig,
  negConfig,
  onesLikeConfig,
])
  registerKernel(kernel);
await setBackend("wasm");
await ready();
const inputs = tensor2d([
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 1],
]);
const targets = tensor2d([[0], [1], [1], [0]]);
const weights = variable(tensor2d([[-0.165955990594852], [0.4406489868843162], [-0.9997712503653102]]));
const think = (rows) => sigmoid(matMul(rows, weights));
const optimizer = train.sgd(1);

for (let iteration = 0; iteration < 15_000; iteration++) {
  // Its square has the slope 2 (y − t); the tutorial's is y − t.
  optimizer.minimize(() => mul(0.5, sum(square(sub(think(inputs), targets)))), false, [weights]);
}
console.log(think(tensor2d([[1, 0, 0]])).dataSync()[0]);
