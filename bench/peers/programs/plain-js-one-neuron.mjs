const inputs = Float64Array.of(0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1);
const targets = Float64Array.of(0, 1, 1, 0);
let w0 = -0.165955990594852;
let w1 = 0.4406489868843162;
let w2 = -0.9997712503653102;

train();
console.log(1 / (1 + Math.exp(-w0)));

function train() {
  for (let iteration = 0; iteration < 15_000; iteration++) {
    let g0 = 0;
    let g1 = 0;
    let g2 = 0;
    for (let row = 0, at = 0; row < 4; row++, at += 3) {
      const x0 = inputs[at];
      const x1 = inputs[at + 1];
      const x2 = inputs[at + 2];
      const y = 1 / (1 + Math.exp(-(x0 * w0 + x1 * w1 + x2 * w2)));
      const d = (targets[row] - y) * y * (1 - y);
      g0 += x0 * d;
      g1 += x1 * d;
      g2 += x2 * d;
    }
    w0 += g0;
    w1 += g1;
    w2 += g2;
  }
}
