"""Reference numbers for the dynamic NTM, from an implementation that shares no code with the library.

Soft heads: outputs, cost and gradients, for both controllers, with two hops in one of them. Discrete
heads: the cost that is to be expected and its gradient, exact, by going through every sequence of
choices. Everything is float64; needs jax and numpy.

    python3 Tests/Fixtures/dntm.py
"""

import itertools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

X, Y, N, A, C, H, T = 3, 2, 4, 2, 3, 5, 5
M = A + C


def gru(p, x, h):
    """The reset gate acts after the recurrent product."""
    zx, rx, ux = jnp.split(x @ p["cell.input"] + p["cell.bias"], 3)
    zh, rh, uh = jnp.split(h @ p["cell.recurrent"], 3)
    z, r = jax.nn.sigmoid(zx + zh), jax.nn.sigmoid(rx + rh)
    return z * h + (1 - z) * jnp.tanh(ux + r * uh)


def feedforward(p, x, h):
    return jnp.tanh(x @ p["cell.weight"] + p["cell.bias"])


def looking(p, head, h, memory, recent):
    """Equations 8 to 11: the weighting, and the running mean of the scores."""

    def told(name):
        return jnp.clip(h @ p[f"{head}_told.{name}.weight"] + p[f"{head}_told.{name}.bias"], -20, 20)

    key, beta, avoid = told("key"), jax.nn.softplus(told("beta")) + 1, jax.nn.sigmoid(told("avoid"))
    lengths = jnp.sqrt((memory**2).sum(1) + 1e-6) * jnp.sqrt((key**2).sum() + 1e-6)
    scores = beta * (memory @ key) / lengths
    weights = jax.nn.softmax(scores - avoid * recent)
    return weights, jax.lax.stop_gradient(0.1 * recent + 0.9 * scores)


def dntm(p, xs, cell, hops=1, choices=None):
    """Outputs, regulariser, entropy, and the probability of `choices`, a read and a write for each step."""
    cell_h, h = jnp.zeros(H), p["start"]
    content = jnp.zeros((N, C))
    recent = {"read": jnp.zeros(N), "write": jnp.zeros(N)}
    kept = jnp.ones(N).at[0].set(0.0)
    outputs, written, inconsistency, entropy, likelihood = [], [], 0.0, 0.0, 1.0
    for x in xs:
        for _ in range(hops):
            memory = jnp.concatenate([p["addresses"], content], axis=1)
            w, recent["read"] = looking(p, "read", h, memory, recent["read"])
            u, recent["write"] = looking(p, "write", h, memory, recent["write"])
            entropy -= (w * jnp.log(w)).sum() + (u * jnp.log(u)).sum()
            if choices is not None:
                i, j = choices[len(written)]
                likelihood *= w[i] * u[j]
                w, u = jnp.eye(N)[i], jnp.eye(N)[j]
            read = (kept * w) @ memory
            alpha = jax.nn.sigmoid(jnp.concatenate([h, x]) @ p["gate.weight"] + p["gate.bias"])
            new = h @ p["content.weight"] + p["content.bias"] + alpha * (x @ p["input"])
            erase = jax.nn.sigmoid(h @ p["erase.weight"] + p["erase.bias"])
            place = (kept * u)[:, None]
            content = (1 - place * erase) * content + place * jnp.maximum(new, 0)
            written.append(u)
            inconsistency += (1 - jnp.mean(jnp.stack(written), axis=0) @ w) ** 2
            cell_h = h = cell(p, jnp.concatenate([x, read]), cell_h)
        outputs.append(h @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs), inconsistency, entropy, likelihood


def bits(logits, target):
    likely = target * jax.nn.log_sigmoid(logits) + (1 - target) * jax.nn.log_sigmoid(-logits)
    return -jnp.sum(likely) / jnp.log(2.0)


def shapes(cell):
    inputs = X + M
    result = {
        "addresses": (N, A), "input": (X, C), "start": (H,),
        "erase.weight": (H, C), "erase.bias": (C,), "content.weight": (H, C), "content.bias": (C,),
        "gate.weight": (H + X, 1), "gate.bias": (1,), "out.weight": (H, Y), "out.bias": (Y,),
    }  # fmt: skip
    for head in ("read", "write"):
        for name, shape in (("key", (M,)), ("beta", ()), ("avoid", ())):
            result[f"{head}_told.{name}.weight"] = (H, *shape)
            result[f"{head}_told.{name}.bias"] = shape
    if cell is gru:
        shape = {"cell.input": (inputs, 3 * H), "cell.recurrent": (H, 3 * H), "cell.bias": (3 * H,)}
    else:
        shape = {"cell.weight": (inputs, H), "cell.bias": (H,)}
    return result | shape


def parameters(cell, draw):
    return {k: 0.6 * draw.standard_normal(shape) for k, shape in shapes(cell).items()}


# What the library's model holds and never trains.
SETTINGS = {
    "read.avoids_recent": True, "write.avoids_recent": True, "noise": 1, "discrete": False,
    "greedy": False, "hops": 1, "no_op": True,
}  # fmt: skip


def soft(name, cell, hops, seed):
    draw = np.random.default_rng(seed)
    p = parameters(cell, draw)
    xs, ys = draw.standard_normal((T, X)), (draw.random((T, Y)) < 0.5).astype(float)

    def cost(p):
        outputs, inconsistency, entropy, _ = dntm(p, xs, cell, hops)
        return bits(outputs, ys) + 0.3 * inconsistency - 0.1 * entropy

    value, gradient = jax.value_and_grad(cost)(p)
    arrays = {f"{name}.{k}": v for k, v in (p | SETTINGS | {"hops": hops}).items()}
    arrays |= {f"{name}_x": xs, f"{name}_y": ys, f"{name}_cost": value}
    arrays |= {f"{name}_out": dntm(p, xs, cell, hops)[0]}
    return arrays | {f"{name}_gradient.{k}": v for k, v in (gradient | SETTINGS).items()}


def discrete(name, cell, seed, steps=2):
    draw = np.random.default_rng(seed)
    p = parameters(cell, draw)
    xs, ys = draw.standard_normal((steps, X)), (draw.random((steps, Y)) < 0.5).astype(float)
    places = list(itertools.product(range(N), repeat=2))
    sequences = jnp.array(list(itertools.product(places, repeat=steps)))

    def expected(p):
        def term(choices):
            outputs, _, _, likelihood = dntm(p, xs, cell, choices=choices)
            return jnp.array([likelihood, likelihood * bits(outputs, ys)])

        chances, costs = jax.vmap(term)(sequences).sum(0)
        return costs, chances

    (value, chances), gradient = jax.value_and_grad(expected, has_aux=True)(p)
    assert abs(chances - 1) < 1e-12
    arrays = {f"{name}.{k}": v for k, v in (p | SETTINGS | {"discrete": True}).items()}
    arrays |= {f"{name}_x": xs, f"{name}_y": ys, f"{name}_cost": value}
    return arrays | {f"{name}_gradient.{k}": v for k, v in (gradient | SETTINGS).items()}


def write(name, arrays):
    path = pathlib.Path(__file__).with_name(f"{name}.npz")
    np.savez_compressed(path, **{k: np.asarray(v) for k, v in arrays.items()})
    print(name, path.stat().st_size, "bytes;", [float(v) for k, v in arrays.items() if "_cost" in k])


def main():
    write("dntm", soft("gru", gru, 1, 1) | soft("forward", feedforward, 2, 2))
    write("dntm_discrete", discrete("drawn", feedforward, 3))


if __name__ == "__main__":
    main()
