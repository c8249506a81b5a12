const inputs = [
  [0, 0, 1],
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 1],
];
const targets = [0, 1, 1, 0];
const weights = [-0.165955990594852, 0.4406489868843162, -0.9997712503653102];

const think = (row) => 1 / (1 + Math.exp(-row.reduce((sum, x, i) => sum + x * weights[i], 0)));

for (let iteration = 0; iteration < 15_000; iteration++) {
  const deltas = inputs.map((row, r) => {
    const y = think(row);
    return (targets[r] - y) * y * (1 - y);
  });
  for (let i = 0; i < weights.length; i++) weights[i] += inputs.reduce((sum, row, r) => sum + row[i] * deltas[r], 0);
}
console.log(think([1, 0, 0]));
