"""Reference numbers for the library's models, from an implementation that shares no code with it.

Writes one .npz beside this file for each case: parameters by the library's paths, input, target,
outputs, loss, gradients, and the parameters after three steps of each optimiser. Needs jax and
numpy; everything is float64.

    python3 Tests/Fixtures/reference.py
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

X, Y, N, M, H = 3, 2, 5, 3, 4
STEPS, BATCH = 6, 2
SHIFTS = 3
CLIP = 1.5
MEMORY = 1e-6
RATES = {"sgd": 0.05, "adam": 0.01, "rmsprop": 0.01}

# What a head is told, in order: name, size, activation.
HEAD = [
    ("key", (M,), jnp.tanh),
    ("beta", (), jax.nn.softplus),
    ("gate", (), jax.nn.sigmoid),
    ("move", (SHIFTS,), jax.nn.softmax),
    ("gamma", (), lambda z: 1.0 + jax.nn.softplus(z)),
]


# -- The network, one example, one step at a time -------------------------------------------------


def lstm(p, x, state):
    h, c = state
    z = jnp.concatenate([x, h]) @ p["cell.weight"] + p["cell.bias"]
    i, f, o, u = (z[k * H : (k + 1) * H] for k in range(4))
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(u)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return h, (h, c)


def feedforward(p, x, state):
    return jnp.tanh(x @ p["cell.weight"] + p["cell.bias"]), state


def told(p, path, shape, activation, h):
    """One field of what the controller tells: linear, clipped, squashed."""
    weight = p[f"heads.{path}.weight"].reshape(H, -1)
    z = h @ weight + p[f"heads.{path}.bias"].reshape(-1)
    return activation(jnp.clip(z, -20.0, 20.0).reshape(shape))


def address(memory, w, e):
    """Graves, Wayne and Danihelka 2014, equations 5 to 9."""
    norms = jnp.sqrt(jnp.sum(memory**2, axis=1) + 1e-6) * jnp.sqrt(jnp.sum(e["key"] ** 2) + 1e-6)
    found = jax.nn.softmax(e["beta"] * (memory @ e["key"]) / norms)
    gated = e["gate"] * found + (1.0 - e["gate"]) * w
    moved = jnp.zeros(N)
    for j in range(SHIFTS):
        moved = moved + e["move"][j] * jnp.roll(gated, j - SHIFTS // 2)
    powered = (moved / jax.lax.stop_gradient(jnp.max(moved))) ** e["gamma"]
    return powered / jnp.sum(powered)


def ntm(p, xs, controller, reads, writes, write_first):
    cell = (jnp.zeros(H), jnp.zeros(H))
    memory = jnp.full((N, M), MEMORY)
    first = jnp.zeros(N).at[0].set(1.0)
    looking = [first] * reads
    writing = [first] * writes
    seen = jnp.zeros(reads * M)
    outputs = []
    for x in xs:
        h, cell = controller(p, jnp.concatenate([x, seen]), cell)

        def head(kind, index):
            return {
                name: told(p, f"{kind}[{index}].{name}", shape, activation, h)
                for name, shape, activation in HEAD
            }

        erase = told(p, "erase", (writes, M), jax.nn.sigmoid, h)
        add = told(p, "add", (writes, M), jnp.tanh, h)
        writing = [address(memory, writing[i], head("write", i)) for i in range(writes)]
        after = memory
        for i in range(writes):
            after = after * (1.0 - jnp.outer(writing[i], erase[i]))
        for i in range(writes):
            after = after + jnp.outer(writing[i], add[i])
        visible = after if write_first else memory
        looking = [address(visible, looking[i], head("read", i)) for i in range(reads)]
        seen = jnp.concatenate([w @ visible for w in looking])
        memory = after
        outputs.append(jnp.concatenate([h, seen]) @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs)


def plain(p, xs):
    state = (jnp.zeros(H), jnp.zeros(H))
    outputs = []
    for x in xs:
        h, state = lstm(p, x, state)
        outputs.append(h @ p["out.weight"] + p["out.bias"])
    return jnp.stack(outputs)


def bits(logits, target):
    """Summed binary cross-entropy, by the definition: logarithms of probabilities."""
    likelihood = target * jax.nn.log_sigmoid(logits) + (1 - target) * jax.nn.log_sigmoid(-logits)
    return -jnp.sum(likelihood) / jnp.log(2.0)


# -- Optimisers, on dictionaries of arrays --------------------------------------------------------


def clipped(gradient):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradient.values()))
    return {k: g * min(1.0, CLIP / norm) for k, g in gradient.items()}


def sgd(rate, momentum=0.9):
    velocity = {}

    def step(p, g):
        for k in p:
            velocity[k] = momentum * velocity.get(k, 0.0) - rate * g[k]
        return {k: p[k] + velocity[k] for k in p}

    return step


def adam(rate, b1=0.9, b2=0.999, epsilon=1e-8):
    m, v, t = {}, {}, 0

    def step(p, g):
        nonlocal t
        t += 1
        new = {}
        for k in p:
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g[k]
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g[k] ** 2
            new[k] = p[k] - rate * (m[k] / (1 - b1**t)) / (np.sqrt(v[k] / (1 - b2**t)) + epsilon)
        return new

    return step


def rmsprop(rate, decay=0.95, momentum=0.9, epsilon=1e-4):
    """Graves 2013, arXiv 1308.0850, equations 38 to 45."""
    n, centre, move = {}, {}, {}

    def step(p, g):
        new = {}
        for k in p:
            n[k] = decay * n.get(k, 0.0) + (1 - decay) * g[k] ** 2
            centre[k] = decay * centre.get(k, 0.0) + (1 - decay) * g[k]
            spread = np.sqrt(n[k] - centre[k] ** 2 + epsilon)
            move[k] = momentum * move.get(k, 0.0) - rate * g[k] / spread
            new[k] = p[k] + move[k]
        return new

    return step


# -- Cases ----------------------------------------------------------------------------------------


def shapes(controller, reads, writes):
    inputs = X + reads * M
    result = {}
    if controller is feedforward:
        result |= {"cell.weight": (inputs, H), "cell.bias": (H,)}
    else:
        result |= {"cell.weight": (inputs + H, 4 * H), "cell.bias": (4 * H,)}
    for kind, count in (("read", reads), ("write", writes)):
        for index in range(count):
            for name, shape, _ in HEAD:
                result[f"heads.{kind}[{index}].{name}.weight"] = (H, *shape)
                result[f"heads.{kind}[{index}].{name}.bias"] = shape
    for name in ("erase", "add"):
        result[f"heads.{name}.weight"] = (H, writes, M)
        result[f"heads.{name}.bias"] = (writes, M)
    return result | {"out.weight": (H + reads * M, Y), "out.bias": (Y,)}


def write(name, seed, run, sizes, settings={}):
    draw = np.random.default_rng(seed)
    p = {k: 0.6 * draw.standard_normal(shape) for k, shape in sizes.items()}
    xs = draw.standard_normal((BATCH, STEPS, X))
    ys = (draw.random((BATCH, STEPS, Y)) < 0.5).astype(float)

    def loss(p):
        return jnp.mean(jnp.stack([bits(run(p, x), y) for x, y in zip(xs, ys)]))

    both = jax.jit(jax.value_and_grad(loss))
    value, gradient = both(p)
    arrays = {"x": xs, "y": ys, "loss": value}
    arrays["outputs"] = jnp.stack([run(p, x) for x in xs])
    arrays |= {f"m.{k}": v for k, v in p.items()}
    arrays |= {f"m.{k}": v for k, v in settings.items()}
    arrays |= {f"gradient.{k}": v for k, v in gradient.items()}
    for rule in (sgd, adam, rmsprop):
        step, q = rule(RATES[rule.__name__]), dict(p)
        for _ in range(3):
            g = {k: np.asarray(v) for k, v in both(q)[1].items()}
            q = step(q, clipped(g))
        arrays |= {f"{rule.__name__}.{k}": v for k, v in q.items()}
    path = pathlib.Path(__file__).with_name(f"{name}.npz")
    np.savez_compressed(path, **{k: np.asarray(v) for k, v in arrays.items()})
    norm = np.sqrt(sum(float(jnp.sum(g**2)) for g in gradient.values()))
    print(f"{name}: loss {float(value):.6f} bits, gradient norm {norm:.3f}")


def write_ntm(label, controller, seed, reads, writes, write_first):
    order = "write_first" if write_first else "read_first"
    write(
        f"ntm_{label}_{order}_{reads}_{writes}",
        seed,
        lambda p, xs: ntm(p, xs, controller, reads, writes, write_first),
        shapes(controller, reads, writes),
        # What the library's model holds and never trains.
        {"memory.start.value": MEMORY, "memory.write_first": write_first},
    )


def write_ideal(width=3):
    """A machine whose parameters are set by hand, so that it copies without having learned.

    Cells 0 to W - 1 hold the bits of this step, cell W remembers that the mark has been seen, cell
    W + 1 is on at the mark only. While symbols come the write head goes one row on, erases and adds;
    afterwards the read head goes the same way.
    """
    hidden, seen, now = width + 2, width, width + 1
    mark = width
    weight = np.zeros((width + 1 + width + hidden, 4 * hidden))
    bias = np.zeros(4 * hidden)
    recurrent = width + 1 + width
    i, f, o, u = (k * hidden for k in range(4))
    bias[o : o + hidden] = 100
    for k in range(width):
        bias[i + k], bias[f + k], bias[u + k] = 20, -100, -20
        weight[recurrent + seen, i + k] = weight[mark, i + k] = -100
        weight[k, u + k] = 40
    bias[i + seen], bias[f + seen], bias[u + seen] = -20, 100, 20
    weight[mark, i + seen] = 40
    bias[i + now], bias[f + now] = 100, -100
    weight[mark, u + now] = 20

    p = {"cell.weight": weight, "cell.bias": bias}
    for kind in ("read", "write"):
        for name, shape, _ in HEAD:
            shape = (width,) if name == "key" else shape
            p[f"heads.{kind}[0].{name}.weight"] = np.zeros((hidden, *shape))
            p[f"heads.{kind}[0].{name}.bias"] = np.zeros(shape)
        p[f"heads.{kind}[0].gate.bias"] -= 100
        p[f"heads.{kind}[0].gamma.bias"] += 100
    p["heads.write[0].move.bias"] += [-20, 0, 20]
    p["heads.write[0].move.weight"][seen, 2] = -60
    p["heads.read[0].move.bias"] += [-20, 0, -23]
    p["heads.read[0].move.weight"][seen, 2] = 60
    p["heads.read[0].move.weight"][now, 2] = -60
    p["heads.erase.weight"] = np.zeros((hidden, 1, width))
    p["heads.erase.weight"][seen] = -60
    p["heads.erase.bias"] = np.full((1, width), 20.0)
    p["heads.add.weight"] = np.zeros((hidden, 1, width))
    p["heads.add.weight"][np.arange(width), 0, np.arange(width)] = 60
    p["heads.add.bias"] = np.zeros((1, width))
    p["out.weight"] = np.vstack([np.zeros((hidden, width)), 20 * np.eye(width)])
    p["out.bias"] = np.zeros(width)
    p |= {"memory.start.value": np.float64(MEMORY), "memory.write_first": np.bool_(True)}
    path = pathlib.Path(__file__).with_name("ideal_copy.npz")
    np.savez_compressed(path, **{f"m.{k}": v for k, v in p.items()})


def main():
    write_ideal()
    seed = 0
    for label, controller in (("lstm", lstm), ("feedforward", feedforward)):
        for reads in (1, 2):
            for write_first in (True, False):
                seed += 1
                write_ntm(label, controller, seed, reads, 1, write_first)
    write_ntm("feedforward", feedforward, 9, 1, 2, True)
    sizes = {
        "cell.weight": (X + H, 4 * H),
        "cell.bias": (4 * H,),
        "out.weight": (H, Y),
        "out.bias": (Y,),
    }
    write("plain_lstm", 10, plain, sizes)


if __name__ == "__main__":
    main()
