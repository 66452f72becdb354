"""Trains the Differentiable Neural Computer of `dnc.ntm` with JAX and prints how fast, as JSON.

The machine is that of `stdlib/dnc.ntm` without its changes: Graves et al. 2016, Methods. Written to be
fast here: one `scan` over the batch, the interface vector in one product, input and output products
outside of the loop. What only changes speed are options. With `--agree FILE` it compares its losses
with those that `dnc.ntm --steps 10 --agree true` saved.
"""

import functools
import os
import time

import measure

START = time.perf_counter()
CLIP = 20.0


def options():
    p = measure.parser(__doc__)
    p.set_defaults(rows=64, width=16, reads=4)
    p.add_argument("--remat", choices=["none", "all", "dots"], default="dots")
    p.add_argument("--unroll", type=int, default=1)
    p.add_argument("--agree", help="an .npz that dnc.ntm saved")
    return p.parse_args()


def columns(machine):
    """Name, numbers and shape of each field of the interface vector."""
    m, r = machine.width, machine.reads
    return [
        ("read_key", (r, m)), ("read_strength", (r,)), ("write_key", (m,)),
        ("write_strength", ()), ("erase", (m,)), ("add", (m,)), ("free", (r,)),
        ("allocate", ()), ("write", ()), ("mode", (r, 3)),
    ]


def size(shape):
    return functools.reduce(lambda a, b: a * b, shape, 1)


def drawn(machine, np):
    draw = np.random.default_rng(1)
    read = machine.reads * machine.width
    told = sum(size(shape) for _, shape in columns(machine))
    shapes = {
        "cell.weight": (machine.inputs + read + machine.hidden, 4 * machine.hidden),
        "heads.weight": (machine.hidden, told),
        "out.weight": (machine.hidden + read, machine.outputs),
    }
    p = {}
    for name, shape in shapes.items():
        p[name] = (draw.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)
        p[name.replace("weight", "bias")] = np.zeros(shape[1], np.float32)
    p["cell.bias"][machine.hidden : 2 * machine.hidden] = 1.0
    return p


def loaded(machine, arrays, np):
    p = {f"{b}.{k}": arrays[f"m.{b}.{k}"] for b in ("cell", "out") for k in ("weight", "bias")}
    for kind, lead in (("weight", (machine.hidden,)), ("bias", ())):
        blocks = [arrays[f"m.heads.{n}.{kind}"].reshape(*lead, -1) for n, _ in columns(machine)]
        p[f"heads.{kind}"] = np.concatenate(blocks, axis=-1)
    return p


def build(machine, settings):
    """`(loss, train step)`; arrays are time first."""
    import jax
    import jax.numpy as jnp
    import jax_model
    from jax import lax

    N, M, R, H = machine.rows, machine.width, machine.reads, machine.hidden

    def norm(x):
        return jnp.sqrt(jnp.sum(x * x, axis=-1) + 1e-6)

    def interface(told):
        said, start = {}, 0
        for name, shape in columns(machine):
            block = told[:, start : start + size(shape)]
            said[name] = block.reshape(-1, *shape)
            start += size(shape)
        return said

    def oneplus(x):
        return 1.0 + jax.nn.softplus(x)

    def allocation(usage):
        order = jnp.argsort(usage, axis=-1)
        ordered = jnp.take_along_axis(usage, order, axis=-1)
        before = jnp.cumprod(ordered, axis=-1)[:, :-1]
        before = jnp.concatenate([jnp.ones_like(ordered[:, :1]), before], axis=-1)
        back = jnp.argsort(order, axis=-1)
        return jnp.take_along_axis((1.0 - ordered) * before, back, axis=-1)

    def step(p, carry, z):
        cell, memory, usage, precedence, link, writing, reading, read = carry
        weight = p["cell.weight"][machine.inputs :]
        h, cell = jax_model.lstm(z + jnp.concatenate([read, cell[0]], axis=-1) @ weight, cell)
        e = interface(jnp.clip(h @ p["heads.weight"] + p["heads.bias"], -CLIP, CLIP))

        free = jax.nn.sigmoid(e["free"])
        kept = jnp.prod(1.0 - free[..., None] * reading, axis=1)
        usage = (usage + writing - usage * writing) * kept
        key = e["write_key"]
        scores = jnp.einsum("bnm,bm->bn", memory, key) / (norm(memory) * norm(key)[:, None])
        found = jax.nn.softmax(oneplus(e["write_strength"])[:, None] * scores)
        gate = jax.nn.sigmoid(e["allocate"])[:, None]
        writing = gate * allocation(usage) + (1.0 - gate) * found
        writing = jax.nn.sigmoid(e["write"])[:, None] * writing
        erase = jax.nn.sigmoid(e["erase"])
        memory = memory * (1.0 - writing[..., None] * erase[:, None])
        memory = memory + writing[..., None] * e["add"][:, None]

        link = (1.0 - writing[..., None] - writing[:, None]) * link
        link = (link + writing[..., None] * precedence[:, None]) * (1.0 - jnp.eye(N))
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

    def loss(p, xs, ys):
        batch = xs.shape[1]
        zeros = lambda *shape: jnp.zeros((batch, *shape), xs.dtype)
        carry = (
            (zeros(H), zeros(H)), zeros(N, M), zeros(N), zeros(N), zeros(N, N), zeros(N),
            zeros(R, N), zeros(R * M),
        )
        given = xs @ p["cell.weight"][: machine.inputs] + p["cell.bias"]
        body = jax_model.REMAT[settings.remat](functools.partial(step, p))
        _, said = lax.scan(body, carry, given, unroll=settings.unroll)
        logits = said[-ys.shape[0] :] @ p["out.weight"] + p["out.bias"]
        return jnp.sum(jax.nn.softplus(logits) - logits * ys) / (batch * jnp.log(2.0))

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def train(p, state, xs, ys):
        value, g = jax.value_and_grad(loss)(p, xs, ys)
        length = jnp.sqrt(sum(jnp.sum(v * v) for v in g.values()))
        g = jax.tree.map(lambda v: v * jnp.minimum(1.0, 50.0 / (length + 1e-12)), g)
        p, state = jax_model.adam(p, g, state, 1e-3)
        return p, state, value

    return train


def main():
    settings = options()
    measure.limit_threads(settings.threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax_model
    import numpy as np

    machine = measure.machine(settings)
    train = build(machine, settings)
    if settings.agree:
        arrays = np.load(settings.agree)
        p = jax.tree.map(jax.numpy.array, loaded(machine, arrays, np))
        xs, ys = arrays["x"].swapaxes(0, 1), arrays["y"].swapaxes(0, 1)
        state, worst = jax_model.fresh(p), 0.0
        for expected in arrays["losses"]:
            p, state, value = train(p, state, xs, ys)
            worst = max(worst, abs(float(value) - expected) / expected)
        print(f"losses of {len(arrays['losses'])} steps differ by {worst:.1e} at most")
        return
    xs, ys, _ = next(measure.batches(settings))
    p = jax.device_put(drawn(machine, np))
    state = jax_model.fresh(p)
    began = time.perf_counter()
    p, state, value = train(p, state, xs, ys)
    figures = {"loss": float(value), "compile_seconds": time.perf_counter() - began}

    def steps(count):
        nonlocal p, state
        for _ in range(count):
            p, state, value = train(p, state, xs, ys)
        value.block_until_ready()

    measure.report("jax", settings, **figures, **measure.trained(steps, settings))


if __name__ == "__main__":
    main()
