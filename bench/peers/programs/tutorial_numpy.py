from numpy import array, exp

inputs = array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
targets = array([[0, 1, 1, 0]]).T
weights = array([[-0.165955990594852], [0.4406489868843162], [-0.9997712503653102]])

for _ in range(15_000):
    y = 1 / (1 + exp(-(inputs @ weights)))
    weights += inputs.T @ ((targets - y) * y * (1 - y))
print(float((1 / (1 + exp(-(array([1, 0, 0]) @ weights))))[0]))
