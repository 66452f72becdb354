"""The Differentiable Neural Computer of `dnc.ntm` in JAX, written to be fast there.

The machine is that of `stdlib/dnc.ntm` without its changes: Graves et al. 2016, Methods. One `scan`
over the batch, the interface vector in one product, input and output products outside of the loop.
"""

import dataclasses
import functools
import math
import operator

import jax
import jax.numpy as jnp
import jax_train
import layout
from jax import lax
from jax_model import lstm, norm
from layout import CLIP


@dataclasses.dataclass(frozen=True)
class Machine:
    inputs: int = 9
    outputs: int = 8
    rows: int = 64
    width: int = 16
    reads: int = 4
    hidden: int = 100

    def fields(self):
        """Name and shape of each field of the interface vector."""
        m, r = self.width, self.reads
        return [
            ("read_key", (r, m)), ("read_strength", (r,)), ("write_key", (m,)),
            ("write_strength", ()), ("erase", (m,)), ("add", (m,)), ("free", (r,)),
            ("allocate", ()), ("write", ()), ("mode", (r, 3)),
        ]

    def parameters(self):
        return layout.with_controller(
            self, self.reads * self.width, sum(math.prod(shape) for _, shape in self.fields())
        )

    def joined(self, arrays, prefix="m."):
        return layout.controlled(arrays, prefix, [name for name, _ in self.fields()])

    def examples(self, draw, batch, length):
        return layout.copying(draw, self.inputs, self.outputs, batch, length)


def by_sorting(usage):
    order = jnp.argsort(usage, axis=-1)
    ordered = jnp.take_along_axis(usage, order, axis=-1)
    before = jnp.cumprod(ordered, axis=-1)[:, :-1]
    before = jnp.concatenate([jnp.ones_like(ordered[:, :1]), before], axis=-1)
    back = jnp.argsort(order, axis=-1)
    return jnp.take_along_axis((1.0 - ordered) * before, back, axis=-1)


def by_pairs(usage):
    """The same without sorting: a product over all less used rows, as a sum of logarithms. The small
    number is lost in all but zeros, whose product and its slope come out as they should."""
    rows = jnp.arange(usage.shape[-1])
    mine, other = usage[:, :, None], usage[:, None, :]
    less = (other < mine) | ((other == mine) & (rows < rows[:, None]))
    logs = jnp.log(usage + 1e-30)
    before = jnp.exp(jnp.sum(jnp.where(less, logs[:, None], 0.0), axis=-1))
    return (1.0 - usage) * before


# Where there is room: the least used row gets what it is free, the next that share of what is left.
ALLOCATION = {"sort": by_sorting, "pairs": by_pairs}


def oneplus(x):
    return 1.0 + jax.nn.softplus(x)


def step(machine, order, p, carry, z):
    """One time step; `z` is the part of the controller's product that the input gives."""
    cell, memory, usage, precedence, link, writing, reading, read = carry
    weight = p["cell.weight"][machine.inputs :]
    h, cell = lstm(z + jnp.concatenate([read, cell[0]], axis=-1) @ weight, cell)
    told = jnp.clip(h @ p["heads.weight"] + p["heads.bias"], -CLIP, CLIP)
    e = layout.split_blocks(machine.fields(), told)

    left = 1.0 - jax.nn.sigmoid(e["free"])[..., None] * reading
    # One by one: the slope of `prod` over an axis costs more than the few products.
    kept = functools.reduce(operator.mul, (left[:, i] for i in range(machine.reads)))
    usage = (usage + writing - usage * writing) * kept
    key = e["write_key"]
    scores = jnp.einsum("bnm,bm->bn", memory, key) / (norm(memory) * norm(key)[:, None])
    found = jax.nn.softmax(oneplus(e["write_strength"])[:, None] * scores)
    gate = jax.nn.sigmoid(e["allocate"])[:, None]
    writing = gate * ALLOCATION[order](usage) + (1.0 - gate) * found
    writing = jax.nn.sigmoid(e["write"])[:, None] * writing
    erase = jax.nn.sigmoid(e["erase"])
    memory = memory * (1.0 - writing[..., None] * erase[:, None])
    memory = memory + writing[..., None] * e["add"][:, None]

    link = (1.0 - writing[..., None] - writing[:, None]) * link
    link = (link + writing[..., None] * precedence[:, None]) * (1.0 - jnp.eye(machine.rows))
    precedence = (1.0 - jnp.sum(writing, -1, keepdims=True)) * precedence + writing
    forward = jnp.einsum("bij,brj->bri", link, reading)
    backward = jnp.einsum("bij,bri->brj", link, reading)
    keys = e["read_key"]
    scores = jnp.einsum("bnm,brm->brn", memory, keys)
    scores = scores / (norm(memory)[:, None] * norm(keys)[..., None])
    found = jax.nn.softmax(oneplus(e["read_strength"])[..., None] * scores)
    mode = jax.nn.softmax(e["mode"])
    reading = mode[..., :1] * backward + mode[..., 1:2] * found + mode[..., 2:] * forward
    read = jnp.einsum("brn,bnm->brm", reading, memory).reshape(read.shape)
    carry = (cell, memory, usage, precedence, link, writing, reading, read)
    return carry, jnp.concatenate([h, read], axis=-1)


def loss(machine, knobs, p, xs, ys, weights):
    """Mean over the batch of the bits that the last rows cost; time first."""
    N, M, R = machine.rows, machine.width, machine.reads

    def zeros(*shape):
        return jnp.zeros((xs.shape[1], *shape), xs.dtype)

    carry = (
        (zeros(machine.hidden), zeros(machine.hidden)), zeros(N, M), zeros(N), zeros(N),
        zeros(N, N), zeros(N), zeros(R, N), zeros(R * M),
    )
    given = xs @ p["cell.weight"][: machine.inputs] + p["cell.bias"]
    body = jax_train.REMAT[knobs.remat](functools.partial(step, machine, knobs.order, p))
    _, said = lax.scan(body, carry, given, unroll=knobs.unroll)
    logits = said[-ys.shape[0] :] @ p["out.weight"] + p["out.bias"]
    bits = (jax.nn.softplus(logits) - logits * ys) / jnp.log(2.0)
    return jnp.sum(weights[:, None, None] * bits) / xs.shape[1]
