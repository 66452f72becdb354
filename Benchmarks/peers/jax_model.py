"""The machine of `layout.py` in JAX, written to be fast there.

Everything of a step is one `lax.scan` body over a batch; the products with the inputs and with the
output weights are taken out of the loop.
"""

import functools

import jax
import jax.numpy as jnp
import jax_train
from jax import lax
from layout import CLIP, MEMORY, Machine, split_columns

# `dot` leaves reads and similarities to matrix products, `sum` fuses them as products and sums.
PRODUCTS = {
    "dot": (
        lambda memory, key: jnp.einsum("bnm,bhm->bhn", memory, key),
        lambda memory, w: jnp.einsum("bhn,bnm->bhm", w, memory),
    ),
    "sum": (
        lambda memory, key: jnp.sum(memory[:, None] * key[:, :, None], axis=-1),
        lambda memory, w: jnp.sum(memory[:, None] * w[..., None], axis=2),
    ),
}


def lstm(z, state):
    i, f, o, u = jnp.split(z, 4, axis=-1)
    c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(u)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return h, (h, c)


def norm(x):
    return jnp.sqrt(jnp.sum(x * x, axis=-1) + 1e-6)


def sharpened(w, gamma):
    """The power through a logarithm: vectorised, where XLA's `pow` is not."""
    relative = w / lax.stop_gradient(jnp.max(w, axis=-1, keepdims=True))
    powered = jnp.exp(gamma * jnp.log(jnp.maximum(relative, 1e-30)))
    return powered / jnp.sum(powered, axis=-1, keepdims=True)


def shifted(w, s):
    return sum(s[..., j : j + 1] * jnp.roll(w, j - 1, axis=-1) for j in range(3))


def address(machine, similarity, memory, w, told):
    """Where all heads of one kind look: `w` is `[B, heads, N]`."""
    key = jnp.tanh(told("key"))
    beta = jax.nn.softplus(told("beta"))
    cosine = similarity(memory, key) / (norm(memory)[:, None] * norm(key)[..., None])
    found = jax.nn.softmax(beta * cosine)
    if machine.head == "leap":
        jump = jax.nn.sigmoid(told("jump"))
        both = jump * found + (1.0 - jump) * shifted(w, jax.nn.softmax(told("walk")))
        return sharpened(both, 1.0 + 4.0 * jnp.max(both, axis=-1, keepdims=True))
    gate = jax.nn.sigmoid(told("gate"))
    gated = gate * found + (1.0 - gate) * w
    moved = shifted(gated, jax.nn.softmax(told("move")))
    return sharpened(moved, 1.0 + jax.nn.softplus(told("gamma")))


def step(machine, products, p, carry, z):
    """One time step; `z` is the part of the controller's product that the input gives."""
    cell, memory, w, read = carry
    similarity, reading = PRODUCTS[products]
    weight = p["cell.weight"][machine.inputs :]
    if machine.controller == "feedforward":
        h = jnp.tanh(z + read @ weight)
    else:
        h, cell = lstm(z + jnp.concatenate([read, cell[0]], axis=-1) @ weight, cell)
    if not machine.has_memory:
        return (cell, memory, w, read), h
    told = h @ p["heads.weight"] + p["heads.bias"]
    told = split_columns(machine, jnp.clip(told, -CLIP, CLIP))

    def looking(kind, memory):
        return address(machine, similarity, memory, w[kind], lambda name: told[kind, name])

    writing = looking("write", memory)
    erase, add = jax.nn.sigmoid(told[None, "erase"]), jnp.tanh(told[None, "add"])
    for i in range(machine.writes):
        memory = memory * (1.0 - writing[:, i, :, None] * erase[:, i, None])
    for i in range(machine.writes):
        memory = memory + writing[:, i, :, None] * add[:, i, None]
    looks = looking("read", memory)
    read = reading(memory, looks).reshape(read.shape)
    carry = (cell, memory, {"write": writing, "read": looks}, read)
    return carry, jnp.concatenate([h, read], axis=-1)


def loss(machine, knobs, p, xs, ys, weights):
    """Mean over the batch of the bits that the last rows cost; time first."""
    batch, kind = xs.shape[1], xs.dtype
    start = jnp.zeros((machine.rows,), kind).at[0].set(1.0)
    hidden = jnp.zeros((batch, machine.hidden), kind)
    carry = (
        (hidden, hidden),
        jnp.full((batch, machine.rows, machine.width), MEMORY, kind),
        {
            "write": jnp.broadcast_to(start, (batch, machine.writes, machine.rows)),
            "read": jnp.broadcast_to(start, (batch, machine.reads, machine.rows)),
        },
        jnp.zeros((batch, machine.reads * machine.width), kind),
    )
    given = xs @ p["cell.weight"][: machine.inputs] + p["cell.bias"]
    body = jax_train.REMAT[knobs.remat](functools.partial(step, machine, knobs.products, p))
    _, said = lax.scan(body, carry, given, unroll=knobs.unroll)
    logits = said[-ys.shape[0] :] @ p["out.weight"] + p["out.bias"]
    bits = (jax.nn.softplus(logits) - logits * ys) / jnp.log(2.0)
    return jnp.sum(weights[:, None, None] * bits) / batch
