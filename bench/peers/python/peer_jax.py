"""JAX on the CPU, x64 where the case is. With the argument `step` one jitted function makes a step and gets its arguments donated, as JAX's
documentation advises for training; with `loop` a whole run is one jitted function around `lax.fori_loop`. The compiling is done before the
clock starts, but in `load`.
"""

import os
import sys
from types import SimpleNamespace

from protocol import batches, read_arrays, serve

LOOP = sys.argv[1:] == ["loop"]


def prepare(case, threads):
    os.environ["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        # The flags alone leave a pool as wide as the machine, which `main.ts` narrows by pinning the process to one core.
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp
    from jax import lax

    from peer_numpy import threads_of

    jax.config.update("jax_enable_x64", case.precision == "float64")
    inputs, targets, first = read_arrays(case)
    activations = [layer.activation for layer in case.network.layers]
    functions = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}

    def sums(parameters, x):
        """The last layer's sums where that is a softmax, else the outputs."""
        for name, (weights, biases) in zip(activations, parameters):
            x = x @ weights
            if biases is not None:
                x = x + biases
            x = functions.get(name, lambda z: z)(x)
        return x

    def start():
        return [(jnp.array(w), None if b is None else jnp.array(b)) for w, b in first]

    common = {"precision": case.precision, "threads": threads_of(threads), "versions": {"jax": jax.__version__}}
    if case.kind != "train":
        session = SimpleNamespace(**common)
        parameters = start()
        ask = jax.jit(lambda parameters, x: jax.nn.softmax(sums(parameters, x)))

        def predict():
            session.outputs = jax.device_get(ask(parameters, inputs))

        session.run = predict
        session.result = lambda: session.outputs
        return session

    def loss_of(parameters, x, t):
        y = sums(parameters, x)
        loss = -(jax.nn.log_softmax(y) * t).sum() if case.loss == "crossEntropy" else 0.5 * jnp.square(y - t).sum()
        return loss / len(x) if case.reduction == "mean" else loss

    rate = case.optimizer.learningRate
    tree = jax.tree_util.tree_map

    def step(state, x, t):
        gradient = jax.grad(loss_of)(state["parameters"], x, t)
        if case.optimizer.name == "sgd":
            return {"parameters": tree(lambda p, g: p - rate * g, state["parameters"], gradient)}
        steps = state["steps"] + 1
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, state["m"], gradient)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, state["v"], gradient)
        first_rate, correction = rate / (1 - 0.9**steps), jnp.sqrt(1 - 0.999**steps)
        parameters = tree(lambda p, m, v: p - first_rate * m / (jnp.sqrt(v) / correction + 1e-8), state["parameters"], m, v)
        return {"parameters": parameters, "steps": steps, "m": m, "v": v}

    x, t = jnp.array(inputs), jnp.array(targets)
    whole, rest = divmod(case.rows, case.batchSize)

    def epoch(_, state):
        def one(i, state):
            at = i * case.batchSize
            return step(state, lax.dynamic_slice_in_dim(x, at, case.batchSize), lax.dynamic_slice_in_dim(t, at, case.batchSize))

        state = lax.fori_loop(0, whole, one, state) if whole > 1 else step(state, x[: case.batchSize], t[: case.batchSize])
        return step(state, x[whole * case.batchSize :], t[whole * case.batchSize :]) if rest else state

    if LOOP:
        train = jax.jit(lambda state: lax.fori_loop(0, case.epochs, epoch, state), donate_argnums=0)
    else:
        jitted = jax.jit(step, donate_argnums=0)
        data = [(x[a:b], t[a:b]) for a, b in batches(case)]

        def train(state):
            for _ in range(case.epochs):
                for x, t in data:
                    state = jitted(state, x, t)
            return state

    session = SimpleNamespace(**common)

    def reset():
        parameters = start()
        session.state = {"parameters": parameters}
        if case.optimizer.name == "adam":
            zeros = lambda: tree(jnp.zeros_like, parameters)  # noqa: E731
            session.state |= {"steps": jnp.zeros((), x.dtype), "m": zeros(), "v": zeros()}
        jax.block_until_ready(session.state)

    def run():
        session.state = jax.block_until_ready(train(session.state))

    def result():
        import numpy as np

        return np.concatenate([np.asarray(p).ravel() for p in jax.tree_util.tree_leaves(session.state["parameters"])])

    session.reset, session.run, session.result = reset, run, result
    return session


if __name__ == "__main__":
    serve(prepare)
