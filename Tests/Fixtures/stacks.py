"""Reference numbers for the neural stack, queue and deque, in plain loops over growing lists.

Grefenstette et al. 2015 (arXiv 1506.02516), equations 1 to 9, one example, float64. Writes
`stacks.npz`: parameters by the library's paths, input, target, outputs, loss and gradients.

    python3 Tests/Fixtures/stacks.py
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

X, Y, M, H, STEPS = 3, 2, 3, 4, 7


def sum_over(strengths, indices):
    return sum((strengths[j] for j in indices), 0.0)


def pop_stack(strengths, amount):
    t = len(strengths)
    return [
        jnp.maximum(0.0, strengths[i] - jnp.maximum(0.0, amount - sum_over(strengths, range(i + 1, t))))
        for i in range(t)
    ]


def pop_queue(strengths, amount):
    return [
        jnp.maximum(0.0, strengths[i] - jnp.maximum(0.0, amount - sum_over(strengths, range(i))))
        for i in range(len(strengths))
    ]


def read_top(values, strengths):
    t = len(values)
    return sum(
        jnp.minimum(strengths[i], jnp.maximum(0.0, 1.0 - sum_over(strengths, range(i + 1, t)))) * values[i]
        for i in range(t)
    )


def read_bottom(values, strengths):
    return sum(
        jnp.minimum(strengths[i], jnp.maximum(0.0, 1.0 - sum_over(strengths, range(i)))) * values[i]
        for i in range(len(values))
    )


def told(p, name, h):
    z = jnp.tensordot(h, p[f"heads.{name}.weight"], 1) + p[f"heads.{name}.bias"]
    return jnp.clip(z, -20.0, 20.0)


def run(p, xs, kind):
    width = 2 * M if kind == "deque" else M
    h, seen, values, strengths, outputs = jnp.zeros(H), jnp.zeros(width), [], [], []
    for x in xs:
        h = jnp.tanh(jnp.concatenate([x, seen]) @ p["cell.input"] + h @ p["cell.recurrent"] + p["cell.bias"])
        push = jax.nn.sigmoid(told(p, "push", h))
        pop = jax.nn.sigmoid(told(p, "pop", h) - 1.0)
        value = jnp.tanh(told(p, "value", h))
        if kind == "stack":
            strengths = pop_stack(strengths, pop) + [push]
            values = values + [value]
            seen = read_top(values, strengths)
        elif kind == "queue":
            strengths = pop_queue(strengths, pop) + [push]
            values = values + [value]
            seen = read_bottom(values, strengths)
        else:  # the last of the list is the top; told in the order top, bottom
            strengths = pop_queue(pop_stack(strengths, pop[0]), pop[1])
            strengths = [push[1]] + strengths + [push[0]]
            values = [value[1]] + values + [value[0]]
            seen = jnp.concatenate([read_top(values, strengths), read_bottom(values, strengths)])
        outputs.append(jnp.concatenate([h, seen]) @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs)


def parameters(rng, kind):
    ends = (2,) if kind == "deque" else ()
    width = 2 * M if kind == "deque" else M
    shapes = {
        "cell.input": (X + width, H),
        "cell.recurrent": (H, H),
        "cell.bias": (H,),
        "heads.push.weight": (H, *ends),
        "heads.push.bias": ends,
        "heads.pop.weight": (H, *ends),
        "heads.pop.bias": ends,
        "heads.value.weight": (H, *ends, M),
        "heads.value.bias": (*ends, M),
        "out.weight": (H + width, Y),
        "out.bias": (Y,),
    }
    return {k: rng.normal(size=s) * (1.0 if "weight" in k or "cell" in k else 0.5) for k, s in shapes.items()}


def main():
    rng = np.random.default_rng(15)
    x = rng.normal(size=(STEPS, X))
    y = rng.normal(size=(STEPS, Y))
    found = {"x": x, "y": y}
    for kind in ["stack", "queue", "deque"]:
        p = parameters(rng, kind)
        loss = lambda p: jnp.sum((run(p, x, kind) - y) ** 2)
        value, gradient = jax.value_and_grad(loss)(p)
        found |= {f"{kind}.{k}": v for k, v in p.items()}
        found |= {f"{kind}_gradient.{k}": v for k, v in gradient.items()}
        found |= {f"{kind}_outputs": run(p, x, kind), f"{kind}_loss": value}
    np.savez(pathlib.Path(__file__).parent / "stacks.npz", **{k: np.asarray(v) for k, v in found.items()})


main()
