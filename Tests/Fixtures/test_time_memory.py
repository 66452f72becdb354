"""Reference numbers for the memory that learns while it is used: slopes written out by hand.

Behrouz, Zhong and Mirrokni 2024 (arXiv 2501.00663), §3.1, for a network of one hidden layer with a
shortcut; one example, float64. Only the outer gradient is JAX's. Writes `test_time_memory.npz`.

    python3 Tests/Fixtures/test_time_memory.py
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

X, Y, H, K, D, M, STEPS = 3, 2, 4, 3, 4, 2, 6


def told(p, name, h):
    z = jnp.tensordot(h, p[f"heads.{name}.weight"], 1) + p[f"heads.{name}.bias"]
    return jnp.clip(z, -20.0, 20.0)


def unit(z):
    return z / jnp.sqrt(jnp.sum(z**2) + 1e-6)


def slopes(through, up, down, key, value):
    """Of half the squared mistake, by the chain rule."""
    hidden = jnp.tanh(key @ up)
    error = key @ through + hidden @ down - value
    back = (down @ error) * (1.0 - hidden**2)
    return jnp.outer(key, error), jnp.outer(key, back), jnp.outer(hidden, error)


def run(p, xs):
    weights = [p[f"memory.start.{n}"] for n in ("through", "up", "down")]
    surprise = [jnp.zeros_like(w) for w in weights]
    seen, outputs = jnp.zeros(M), []
    for x in xs:
        h = jnp.tanh(jnp.concatenate([x, seen]) @ p["cell.weight"] + p["cell.bias"])
        key, query = unit(told(p, "key", h)), unit(told(p, "query", h))
        value = told(p, "value", h)
        rate = jax.nn.sigmoid(told(p, "rate", h))
        fading = jax.nn.sigmoid(told(p, "fading", h) - 2.0)
        forgetting = jax.nn.sigmoid(told(p, "forgetting", h) - 4.0)
        found = slopes(*weights, key, value)
        surprise = [fading * s - rate * g for s, g in zip(surprise, found)]
        weights = [(1.0 - forgetting) * w + s for w, s in zip(weights, surprise)]
        seen = query @ weights[0] + jnp.tanh(query @ weights[1]) @ weights[2]
        outputs.append(jnp.concatenate([h, seen]) @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs)


def main():
    rng = np.random.default_rng(21)
    shapes = {
        "cell.weight": (X + M, H),
        "cell.bias": (H,),
        "memory.start.through": (K, M),
        "memory.start.up": (K, D),
        "memory.start.down": (D, M),
        "out.weight": (H + M, Y),
        "out.bias": (Y,),
    }
    for name, shape in {"key": (K,), "value": (M,), "query": (K,), "rate": (), "fading": (), "forgetting": ()}.items():
        shapes |= {f"heads.{name}.weight": (H, *shape), f"heads.{name}.bias": shape}
    p = {k: rng.normal(size=s) for k, s in shapes.items()}
    x, y = rng.normal(size=(STEPS, X)), rng.normal(size=(STEPS, Y))
    loss, gradient = jax.value_and_grad(lambda p: jnp.sum((run(p, x) - y) ** 2))(p)
    found = {"x": x, "y": y, "outputs": run(p, x), "loss": loss}
    found |= {f"m.{k}": v for k, v in p.items()}
    found |= {f"gradient.{k}": v for k, v in gradient.items()}
    path = pathlib.Path(__file__).with_name("test_time_memory.npz")
    np.savez_compressed(path, **{k: np.asarray(v) for k, v in found.items()})


main()
