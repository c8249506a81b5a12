import sys

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)
inputs = jnp.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
targets = jnp.array([[0.0, 1, 1, 0]]).T
weights = jnp.array([[-0.165955990594852], [0.4406489868843162], [-0.9997712503653102]])


def loss_of(weights):
    return 0.5 * jnp.square(jax.nn.sigmoid(inputs @ weights) - targets).sum()


def step(weights):
    return weights - jax.grad(loss_of)(weights)


if sys.argv[1:] == ["loop"]:
    weights = jax.jit(lambda weights: lax.fori_loop(0, 15_000, lambda _, w: step(w), weights))(weights)
else:
    step = jax.jit(step, donate_argnums=0)
    for _ in range(15_000):
        weights = step(weights)
print(float(jax.nn.sigmoid(jnp.array([1.0, 0, 0]) @ weights)[0]))
