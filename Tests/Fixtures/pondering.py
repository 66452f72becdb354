"""Reference numbers for adaptive computation time, written with decisions made in Python.

Graves 2016 (arXiv 1603.08983), one example, float64. Writes `pondering.npz`: parameters by the
library's paths, input, target, outputs, loss with the ponder cost, and gradients.

    python3 Tests/Fixtures/pondering.py
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

X, Y, H, STEPS, LIMIT, EPSILON, PRICE = 3, 2, 4, 6, 4, 0.01, 0.3


def gru(p, x, h):
    a = x @ p["cell.cell.input"] + p["cell.cell.bias"]
    u = h @ p["cell.cell.recurrent"]
    update = jax.nn.sigmoid(a[:H] + u[:H])
    reset = jax.nn.sigmoid(a[H : 2 * H] + u[H : 2 * H])
    candidate = jnp.tanh(a[2 * H :] + reset * u[2 * H :])
    return update * h + (1.0 - update) * candidate


def run(p, xs, counts=None):
    """Outputs and ponder cost. Which thought is the last is decided outside of what is differentiated."""
    state, outputs, cost = jnp.zeros(H), [], 0.0
    for x in xs:
        states, halts = [], []
        inner = state
        for n in range(LIMIT):
            inner = gru(p, jnp.append(x, 1.0 if n == 0 else 0.0), inner)
            halt = jax.nn.sigmoid(inner @ p["cell.halt.weight"] + p["cell.halt.bias"])[0]
            states.append(inner)
            halts.append(halt)
            if float(jax.lax.stop_gradient(sum(halts))) >= 1.0 - EPSILON:
                break
        remainder = 1.0 - sum(halts[:-1])
        weights = halts[:-1] + [remainder]
        state = sum(w * s for w, s in zip(weights, states))
        cost = cost + len(states) + remainder
        if counts is not None:
            counts.append(len(states))
        outputs.append(state @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs), cost


def gradient_of(loss, p):
    """Reverse mode needs no tracing of the decisions: they are made with concrete numbers."""
    value, pull = jax.vjp(loss, p)
    return value, pull(jnp.ones(()))[0]


def main():
    rng = np.random.default_rng(8)
    shapes = {
        "cell.cell.input": (X + 1, 3 * H),
        "cell.cell.recurrent": (H, 3 * H),
        "cell.cell.bias": (3 * H,),
        "cell.halt.weight": (H, 1),
        "cell.halt.bias": (1,),
        "out.weight": (H, Y),
        "out.bias": (Y,),
    }
    p = {k: rng.normal(size=s) for k, s in shapes.items()}
    p["cell.halt.bias"] = np.array([-0.5])
    p["cell.halt.weight"] *= 2.0
    x, y = rng.normal(size=(STEPS, X)), rng.normal(size=(STEPS, Y))

    def loss(p):
        outputs, cost = run(p, x)
        return jnp.sum((outputs - y) ** 2) + PRICE * cost

    counts = []
    outputs, cost = run(p, x, counts)
    assert len(set(counts)) > 2, counts
    value, gradient = gradient_of(loss, p)
    settings = {"cell.epsilon": EPSILON}
    found = {"x": x, "y": y, "outputs": outputs, "loss": value, "cost": cost, "runs": float(sum(counts))}
    found |= {f"m.{k}": v for k, v in (p | settings).items()}
    found |= {f"gradient.{k}": v for k, v in (gradient | settings).items()}
    path = pathlib.Path(__file__).with_name("pondering.npz")
    np.savez_compressed(path, **{k: np.asarray(v) for k, v in found.items()})


main()
