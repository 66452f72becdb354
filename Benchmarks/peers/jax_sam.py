"""The sparse access memory of `sam.ntm` in JAX, written to be fast there.

The machine is that of `stdlib/sam.ntm`: Rae et al. 2016. The memories of a batch are one array of
rows, so that what is gathered and scattered in a step is one list of rows. The search looks at all
rows and has no gradient; all the rest sees only rows that were found, so that the loop over time
keeps nothing that grows with the number of rows.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import jax_train
import layout
import numpy as np
from jax import lax
from jax_model import lstm, norm
from layout import CLIP

# Smaller weights are no access.
THRESHOLD = 0.005


@dataclasses.dataclass(frozen=True)
class Machine:
    inputs: int = 9
    outputs: int = 8
    rows: int = 1024
    width: int = 32
    heads: int = 4
    # Rows that a head reads.
    found: int = 4
    hidden: int = 100

    def fields(self):
        """Name and shape of each field that the heads are told."""
        m, r = self.width, self.heads
        return [("key", (r, m)), ("beta", (r,)), ("add", (r, m)), ("amount", (r,)), ("again", (r,))]

    def parameters(self):
        return layout.with_controller(
            self, self.heads * self.width, sum(math.prod(shape) for _, shape in self.fields())
        )

    def joined(self, arrays, prefix="m."):
        return layout.controlled(arrays, prefix, [name for name, _ in self.fields()])

    def shared(self, arrays):
        """What all examples share: the memory at the start, which is not trained."""
        return arrays["m.memory.start.rows"]

    def examples(self, draw, batch, length):
        x, y, _ = layout.copying(draw, self.inputs, self.outputs, batch, length)
        start = np.tanh(0.5 * draw.standard_normal((self.rows, self.width)))
        return x, y, start.astype(np.float32)


def top(count, scores):
    return lax.top_k(scores, count)[1]


def top_by_maxima(count, scores):
    """The same, the first of equal ones first: one pass for the largest and one for where it is."""
    places, found = jnp.arange(scores.shape[-1], dtype=jnp.int32), []
    if jnp.issubdtype(scores.dtype, jnp.integer):
        least = jnp.iinfo(scores.dtype).min
    else:
        least = -jnp.inf
    for _ in range(count):
        largest = jnp.max(scores, axis=-1, keepdims=True)
        at = jnp.min(jnp.where(scores == largest, places, places.size), axis=-1, keepdims=True)
        scores = jnp.where(places == at, least, scores)
        found.append(at)
    return jnp.concatenate(found, axis=-1)


SEARCH = {"topk": top, "maxima": top_by_maxima}


def step(machine, search, p, carry, z):
    """One time step; `z` is the part of the controller's product that the input gives."""
    cell, memory, lengths, rows, weights, accessed, time, read = carry
    batch, N, M, R = z.shape[0], machine.rows, machine.width, machine.heads
    largest = SEARCH[search]
    weight = p["cell.weight"][machine.inputs :]
    h, cell = lstm(z + jnp.concatenate([read, cell[0]], axis=-1) @ weight, cell)
    told = jnp.clip(h @ p["heads.weight"] + p["heads.bias"], -CLIP, CLIP)
    e = layout.split_blocks(machine.fields(), told)
    key, beta, add = jnp.tanh(e["key"]), jax.nn.softplus(e["beta"]), jnp.tanh(e["add"])
    amount, again = jax.nn.sigmoid(e["amount"])[..., None], jax.nn.sigmoid(e["again"])[..., None]
    # Where the rows of each example begin.
    first = (N * jnp.arange(batch, dtype=jnp.int32))[:, None]

    # Each head writes to the rows that it read last and to one that was left alone longest.
    unused = largest(R, -accessed.reshape(batch, N))
    places = jnp.concatenate([rows, unused[..., None]], axis=-1).reshape(batch, -1)
    shares = amount * jnp.concatenate([again * weights, 1.0 - again], axis=-1)
    changed = first + places
    memory = memory.at[first + unused].set(0.0, mode="promise_in_bounds")
    written = (shares[..., None] * add[:, :, None]).reshape(batch, -1, M)
    memory = memory.at[changed].add(written, mode="promise_in_bounds")
    seen = lax.stop_gradient(memory)
    after = norm(seen.at[changed].get(mode="promise_in_bounds"))
    lengths = lengths.at[changed].set(after, mode="promise_in_bounds")

    # It reads the rows nearest to its key.
    scores = jnp.einsum("bnm,brm->brn", seen.reshape(batch, N, M), lax.stop_gradient(key))
    rows = largest(machine.found, scores / lengths.reshape(batch, 1, N))
    looked = first + rows.reshape(batch, -1)
    found = memory.at[looked].get(mode="promise_in_bounds")
    found = found.reshape(batch, R, machine.found, M)
    cosine = jnp.sum(found * key[:, :, None], axis=-1) / (norm(found) * norm(key)[..., None])
    weights = jax.nn.softmax(beta[..., None] * cosine)
    read = jnp.sum(weights[..., None] * found, axis=2).reshape(read.shape)

    # The step is noted in all rows whose weights are together above the threshold.
    touched = jnp.concatenate([changed, looked], axis=-1)
    shared = jnp.concatenate([shares.reshape(batch, -1), weights.reshape(batch, -1)], axis=-1)
    same = touched[:, :, None] == touched[:, None]
    total = jnp.sum(jnp.where(same, lax.stop_gradient(shared)[:, None], 0.0), axis=-1)
    before = accessed.at[touched].get(mode="promise_in_bounds")
    noted = jnp.where(total > THRESHOLD, time, before)
    accessed = accessed.at[touched].set(noted, mode="promise_in_bounds")
    carry = (cell, memory, lengths, rows, weights, accessed, time + 1, read)
    return carry, jnp.concatenate([h, read], axis=-1)


def loss(machine, knobs, p, xs, ys, start):
    """Mean over the batch of the bits that the last rows cost; time first."""
    batch, N, R, K = xs.shape[1], machine.rows, machine.heads, machine.found

    def zeros(*shape):
        return jnp.zeros((batch, *shape), xs.dtype)

    def each(x):
        return jnp.broadcast_to(x, (batch, *x.shape)).reshape(-1, *x.shape[1:])

    carry = (
        (zeros(machine.hidden), zeros(machine.hidden)),
        each(start), each(norm(start)),
        jnp.broadcast_to(jnp.arange(K, dtype=jnp.int32), (batch, R, K)), zeros(R, K),
        each(jnp.arange(-N, 0, dtype=jnp.int32)), jnp.int32(0), zeros(R * machine.width),
    )
    given = xs @ p["cell.weight"][: machine.inputs] + p["cell.bias"]
    body = jax_train.REMAT[knobs.remat](functools.partial(step, machine, knobs.search, p))
    _, said = lax.scan(body, carry, given, unroll=knobs.unroll)
    logits = said[-ys.shape[0] :] @ p["out.weight"] + p["out.bias"]
    return jnp.sum(jax.nn.softplus(logits) - logits * ys) / (batch * jnp.log(2.0))
