import { matMul, mul, ready, setBackend, sigmoid, square, sub, sum, tensor2d, train, variable } from "@tensorflow/tfjs";

await setBackend("cpu");
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
