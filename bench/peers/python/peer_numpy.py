"""NumPy: the tutorial's own way, for any layers."""

from types import SimpleNamespace

from protocol import batches, read_arrays, serve


def prepare(case, threads):
    import numpy as np

    inputs, targets, first = read_arrays(case)
    activations = [layer.activation for layer in case.network.layers]
    weights = [w.copy() for w, _ in first]
    biases = [None if b is None else b.copy() for _, b in first]

    def activate(name, z):
        if name == "sigmoid":
            return 1 / (1 + np.exp(-z))
        if name == "relu":
            return np.maximum(z, 0)
        if name == "softmax":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        return z

    def forward(x):
        ys = [x]
        for name, w, b in zip(activations, weights, biases):
            z = ys[-1] @ w
            if b is not None:
                z += b
            ys.append(activate(name, z))
        return ys

    common = {"precision": case.precision, "threads": threads_of(threads), "versions": {"numpy": np.__version__}}
    if case.kind != "train":
        session = SimpleNamespace(**common)

        def run_forward():
            session.outputs = forward(inputs)[-1]

        session.run = run_forward
        session.result = lambda: session.outputs
        return session

    data = [(inputs[a:b], targets[a:b]) for a, b in batches(case)]
    rate = case.optimizer.learningRate
    adam = case.optimizer.name == "adam"
    parameters = [p for pair in zip(weights, biases) for p in pair if p is not None]
    start = [p for pair in first for p in pair if p is not None]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    state = SimpleNamespace(steps=0)

    def step(x, t):
        ys = forward(x)
        d = ys[-1] - t
        if case.reduction == "mean":
            d /= len(x)
        gradients = []
        for l in reversed(range(len(weights))):
            y = ys[l + 1]
            if activations[l] == "sigmoid":
                d = d * (y * (1 - y))
            elif activations[l] == "relu":
                d = d * (y > 0)
            if biases[l] is not None:
                gradients.append(d.sum(axis=0))
            gradients.append(ys[l].T @ d)
            if l > 0:
                d = d @ weights[l].T
        gradients.reverse()
        if not adam:
            for p, g in zip(parameters, gradients):
                p -= rate * g
            return
        state.steps += 1
        first_rate = rate / (1 - 0.9**state.steps)
        correction = (1 - 0.999**state.steps) ** 0.5
        for p, g, (m, v) in zip(parameters, gradients, moments):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= first_rate * m / (np.sqrt(v) / correction + 1e-8)

    def run():
        for _ in range(case.epochs):
            for x, t in data:
                step(x, t)

    def reset():
        state.steps = 0
        for p, s in zip(parameters, start):
            p[...] = s
        for m, v in moments:
            m[...] = 0
            v[...] = 0

    return SimpleNamespace(**common, reset=reset, run=run, result=lambda: np.concatenate([p.ravel() for p in parameters]))


def threads_of(threads):
    import os

    return threads or len(os.sched_getaffinity(0))


if __name__ == "__main__":
    serve(prepare)
