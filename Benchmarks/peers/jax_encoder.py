"""The Transformer's encoder of `encoder.ntm` in JAX, written to be fast there.

The network is that of `stdlib/attention.ntm`, norms first: queries, keys and values of all heads in
one product.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import jax_train
import layout
import numpy as np


@dataclasses.dataclass(frozen=True)
class Machine:
    symbols: int = 10
    width: int = 32
    heads: int = 2
    # Numbers of a head, hidden units of a layer.
    head: int = 16
    hidden: int = 64
    layers: int = 2

    def norms(self):
        return [f"layers.{i}.norms.{j}" for i in range(self.layers) for j in (0, 1)] + ["norm"]

    def products(self):
        """Name, inputs and outputs of each product that has a bias."""
        result = {"embed": (self.symbols, self.width), "out": (self.width, self.symbols)}
        for i in range(self.layers):
            result[f"layers.{i}.up"] = (self.width, self.hidden)
            result[f"layers.{i}.down"] = (self.hidden, self.width)
        return result

    def parameters(self):
        heads = self.heads * self.head
        shapes = {}
        for name, (inputs, outputs) in self.products().items():
            shapes |= {f"{name}.weight": (inputs, outputs), f"{name}.bias": (outputs,)}
        for i in range(self.layers):
            shapes[f"layers.{i}.asked.weight"] = (self.width, 3 * heads)
            shapes[f"layers.{i}.told.weight"] = (heads, self.width)
        p = layout.drawn(shapes)
        for name in self.norms():
            p |= {f"{name}.scale": np.ones(self.width, np.float32)}
            p |= {f"{name}.offset": np.zeros(self.width, np.float32)}
        return p

    def joined(self, arrays, prefix="m."):
        """Parameters from arrays under the paths of the library."""

        def there(name):
            for i in range(self.layers):
                name = name.replace(f"layers.{i}", f"layers[{i}]")
            for j in (0, 1):
                name = name.replace(f"norms.{j}", f"norms[{j}]")
            return arrays[prefix + name]

        names = [f"{n}.{part}" for n in self.products() for part in ("weight", "bias")]
        names += [f"{n}.{part}" for n in self.norms() for part in ("scale", "offset")]
        p = {name: there(name) for name in names}
        for i in range(self.layers):
            blocks = [there(f"layers.{i}.attention.{n}") for n in ("query", "key", "value")]
            blocks = [block.reshape(self.width, -1) for block in blocks]
            p[f"layers.{i}.asked.weight"] = np.concatenate(blocks, axis=-1)
            told = there(f"layers.{i}.attention.out")
            p[f"layers.{i}.told.weight"] = told.reshape(-1, self.width)
        return p

    def examples(self, draw, batch, length):
        """Symbols, and the same in order, as one-hot vectors; the place in the sequence first."""
        symbols = draw.integers(0, self.symbols, (length, batch))
        onehot = np.eye(self.symbols, dtype=np.float32)
        return onehot[symbols], onehot[np.sort(symbols, axis=0)], np.ones(length, np.float32)


def positions(length, width, kind):
    """Sines, then cosines, of waves of 2π to 10000 times that."""
    half = width // 2
    rates = np.exp(-np.log(10_000.0) * np.arange(half) / half)
    angles = np.arange(length)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1).astype(kind)


def normed(p, name, x):
    centred = x - jnp.mean(x, axis=-1, keepdims=True)
    spread = jnp.sqrt(jnp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)
    return p[f"{name}.scale"] * centred / spread + p[f"{name}.offset"]


def linear(p, name, x):
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(machine, p, name, x):
    batch, length = x.shape[:2]
    asked = (x @ p[f"{name}.asked.weight"]).reshape(batch, length, 3, machine.heads, machine.head)
    query, key, value = asked[:, :, 0], asked[:, :, 1], asked[:, :, 2]
    scores = jnp.einsum("btrk,bsrk->brts", query, key) / np.sqrt(machine.head).astype(x.dtype)
    found = jnp.einsum("brts,bsrk->btrk", jax.nn.softmax(scores), value)
    return found.reshape(batch, length, -1) @ p[f"{name}.told.weight"]


def layer(machine, name, p, x):
    x = x + attention(machine, p, name, normed(p, f"{name}.norms.0", x))
    hidden = jax.nn.relu(linear(p, f"{name}.up", normed(p, f"{name}.norms.1", x)))
    return x + linear(p, f"{name}.down", hidden)


def loss(machine, knobs, p, xs, ys, weights):
    """Mean over the batch of the bits that all symbols cost; the place in the sequence first."""
    xs, ys = xs.swapaxes(0, 1), ys.swapaxes(0, 1)
    h = linear(p, "embed", xs) + positions(xs.shape[1], machine.width, xs.dtype)
    for i in range(machine.layers):
        body = functools.partial(layer, machine, f"layers.{i}")
        h = jax_train.REMAT[knobs.remat](body)(p, h)
    logits = linear(p, "out", normed(p, "norm", h))
    nats = jax.nn.logsumexp(logits, axis=-1) - jnp.sum(logits * ys, axis=-1)
    return jnp.sum(weights * nats) / (xs.shape[0] * jnp.log(2.0))
