import { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy as np } from "@jax-js/jax";

// Node 20 has no Float16Array, which jax-js asks for by name; numbers of 16 bits are not used here.
globalThis.Float16Array ??= class {};
await init("wasm");
defaultDevice("wasm");
const dtype = np.float64;
const inputs = np.array(
  [
    [0, 0, 1],
    [1, 1, 1],
    [1, 0, 1],
    [0, 1, 1],
  ],
  { dtype },
);
const targets = np.array([[0], [1], [1], [0]], { dtype });
const think = (weights, rows) => nn.sigmoid(np.matmul(rows, weights));
const loss = (weights, x, t) => np.square(think(weights, x).sub(t)).sum().mul(0.5);
const step = jit((weights, x, t) => weights.ref.sub(grad(loss)(weights, x, t)));

let weights = np.array([[-0.165955990594852], [0.4406489868843162], [-0.9997712503653102]], { dtype });
for (let iteration = 0; iteration < 15_000; iteration++) {
  weights = step(weights, inputs.ref, targets.ref);
  // Steps that nobody waits for queue up, which soon costs more than they do.
  if (iteration % 100 === 0) await blockUntilReady(weights);
}
console.log(think(weights, np.array([[1, 0, 0]], { dtype })).dataSync()[0]);
