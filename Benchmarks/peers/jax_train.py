"""What training takes beside a model's loss, in JAX: the gradient, clipping, Adam, several devices."""

import functools

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jax.sharding import AxisType, PartitionSpec

# What the backward loop finds kept.
REMAT = {
    "none": lambda step: step,
    "all": functools.partial(jax.checkpoint, prevent_cse=False),
    "dots": functools.partial(
        jax.checkpoint, prevent_cse=False, policy=jax.checkpoint_policies.dots_saveable
    ),
}


def adam(p, g, state, rate):
    first, second, t = state
    t = t + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, g)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, g)
    c1, c2 = 1.0 - 0.9**t, 1.0 - 0.999**t
    p = jax.tree.map(
        lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), p, first, second
    )
    return p, (first, second, t)


def fresh(p, knobs):
    if knobs.joined:
        p = ravel_pytree(p)[0]
    first, second = jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)
    return first, second, jnp.zeros((), jax.tree.leaves(p)[0].dtype)


def train_step(loss, machine, knobs, rate=1e-3, limit=50.0):
    """`(parameters, optimiser, xs, ys, shared) -> (parameters, optimiser, loss)`, compiled. Examples
    are the second axis of `xs` and `ys`; what they share has none."""
    gradient = jax.value_and_grad(functools.partial(loss, machine, knobs))
    if knobs.devices > 1:
        gradient = over_devices(gradient, knobs.devices)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def run(p, state, xs, ys, shared):
        value, g = gradient(p, xs, ys, shared)
        if knobs.joined:
            # One long update instead of one for each array.
            p, apart = ravel_pytree(p)
            g = ravel_pytree(g)[0]
        size = jnp.sqrt(sum(jnp.sum(v * v) for v in jax.tree.leaves(g)))
        g = jax.tree.map(lambda v: v * jnp.minimum(1.0, limit / (size + 1e-12)), g)
        p, state = adam(p, g, state, rate)
        return apart(p) if knobs.joined else p, state, value

    return run


def over_devices(gradient, devices):
    """The batch split over host devices, values and gradients averaged."""

    def local(p, xs, ys, shared):
        return lax.pmean(gradient(p, xs, ys, shared), "batch")

    mesh = jax.make_mesh((devices,), ("batch",), axis_types=(AxisType.Auto,))
    whole, split = PartitionSpec(), PartitionSpec(None, "batch")
    return jax.shard_map(
        local, mesh=mesh, in_specs=(whole, split, split, whole), out_specs=whole, check_vma=False
    )
