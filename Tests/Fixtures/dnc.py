"""Reference numbers for the Differentiable Neural Computer, from an implementation that shares no code
with the library's.

Written from Graves et al. 2016 (Nature 538, 471-476, Methods) and, for the switches, from Csordás and
Schmidhuber 2019 (arXiv 1904.10278, §3). One .npz holds the plain machine under `plain.` and the one with
masking, de-allocation and sharpened links under `changed.`: parameters by the library's paths,
outputs, loss and gradients, all float64. Needs torch and numpy; seconds.

    python3 Tests/Fixtures/dnc.py
"""

import pathlib

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softmax, softplus

torch.set_default_dtype(torch.float64)

X, Y, N, M, R, H = 3, 2, 4, 3, 2, 5
STEPS, BATCH = 7, 2
CLIP, SMOOTH, BLUR = 20.0, 1e-6, 1e-6


def same(z):
    return z


def oneplus(z):
    return 1.0 + softplus(z, threshold=1e9)


# The interface vector, field by field: path, shape, activation.
INTERFACE = [
    ("read_key", (R, M), same),
    ("read_strength", (R,), oneplus),
    ("write_key", (M,), same),
    ("write_strength", (), oneplus),
    ("erase", (M,), torch.sigmoid),
    ("add", (M,), same),
    ("free", (R,), torch.sigmoid),
    ("allocate", (), torch.sigmoid),
    ("write", (), torch.sigmoid),
    ("mode", (R, 3), lambda z: softmax(z, dim=-1)),
]
SWITCHED = [
    ("mask.read", (R, M), torch.sigmoid),
    ("mask.write", (M,), torch.sigmoid),
    ("links.backward", (R,), oneplus),
    ("links.forward", (R,), oneplus),
]


def fields(switched):
    return INTERFACE + (SWITCHED if switched else [])


def interface(p, h, switched):
    """What the controller says: linear, clipped, squashed."""
    said = {}
    for name, _, squash in fields(switched):
        z = torch.tensordot(h, p[f"heads.{name}.weight"], dims=1) + p[f"heads.{name}.bias"]
        said[name] = squash(torch.clamp(z, -CLIP, CLIP))
    return said


def lstm(p, x, state):
    h, c = state
    i, f, o, u = (torch.cat([x, h]) @ p["cell.weight"] + p["cell.bias"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(u)
    h = torch.sigmoid(o) * torch.tanh(c)
    return h, (h, c)


def length(v):
    return torch.sqrt(torch.sum(v * v) + SMOOTH)


def lookup(memory, key, strength, mask):
    key = mask * key
    scores = [(mask * row) @ key / length(mask * row) / length(key) for row in memory]
    return softmax(strength * torch.stack(scores), dim=0)


def allocation(usage):
    """Equation 1, row by row: the product of the usage of all rows that come before it."""
    result = []
    for j in range(N):
        share = 1.0 - usage[j]
        for i in range(N):
            if (usage[i].item(), i) < (usage[j].item(), j):
                share = share * usage[i]
        result.append(share)
    return torch.stack(result)


def sharpened(weighting, power):
    blurred = weighting + BLUR
    return softmax(power * torch.log(blurred / torch.max(blurred)), dim=0)


def dnc(p, xs, switched):
    cell = (torch.zeros(H), torch.zeros(H))
    memory, link = torch.zeros(N, M), torch.zeros(N, N)
    usage, precedence, writing = torch.zeros(N), torch.zeros(N), torch.zeros(N)
    reading = [torch.zeros(N)] * R
    seen = torch.zeros(R * M)
    outputs = []
    for x in xs:
        h, cell = lstm(p, torch.cat([x, seen]), cell)
        e = interface(p, h, switched)
        write_mask = 0.1 + 0.9 * e["mask.write"] if switched else torch.ones(M)
        read_masks = 0.1 + 0.9 * e["mask.read"] if switched else torch.ones(R, M)

        retention = torch.ones(N)
        for r in range(R):
            retention = retention * (1.0 - e["free"][r] * reading[r])
        usage = (usage + writing - usage * writing) * retention

        found = lookup(memory, e["write_key"], e["write_strength"], write_mask)
        gate = e["allocate"]
        writing = e["write"] * (gate * allocation(usage) + (1.0 - gate) * found)
        if switched:
            memory = memory * retention[:, None]
        memory = memory * (1.0 - torch.outer(writing, e["erase"]))
        memory = memory + torch.outer(writing, e["add"])

        link = (1.0 - writing[:, None] - writing[None, :]) * link
        link = (link + torch.outer(writing, precedence)) * (1.0 - torch.eye(N))
        precedence = (1.0 - torch.sum(writing)) * precedence + writing

        moved = []
        for r in range(R):
            backward, forward = link.T @ reading[r], link @ reading[r]
            if switched:
                backward = sharpened(backward, e["links.backward"][r])
                forward = sharpened(forward, e["links.forward"][r])
            found = lookup(memory, e["read_key"][r], e["read_strength"][r], read_masks[r])
            back, stay, on = e["mode"][r]
            moved.append(back * backward + stay * found + on * forward)
        reading = moved
        seen = torch.cat([w @ memory for w in reading])
        outputs.append(torch.cat([h, seen]) @ p["out.weight"] + p["out.bias"])
    return torch.stack(outputs)


def parameters(draw, switched):
    shapes = {"cell.weight": (X + R * M + H, 4 * H), "cell.bias": (4 * H,)}
    for name, shape, _ in fields(switched):
        shapes[f"heads.{name}.weight"] = (H, *shape)
        shapes[f"heads.{name}.bias"] = shape
    shapes |= {"out.weight": (H + R * M, Y), "out.bias": (Y,)}
    return {
        name: torch.tensor(0.8 * draw.standard_normal(shape), requires_grad=True)
        for name, shape in shapes.items()
    }


def case(name, seed, switched):
    draw = np.random.default_rng(seed)
    p = parameters(draw, switched)
    xs = torch.tensor(draw.standard_normal((BATCH, STEPS, X)))
    ys = torch.tensor((draw.random((BATCH, STEPS, Y)) < 0.5).astype(float))

    outputs = torch.stack([dnc(p, x, switched) for x in xs])
    nats = binary_cross_entropy_with_logits(outputs, ys, reduction="sum") / BATCH
    loss = nats / np.log(2.0)
    loss.backward()

    norm = float(torch.sqrt(sum(torch.sum(v.grad**2) for v in p.values())))
    print(f"{name}: loss {loss.item():.6f} bits, gradient norm {norm:.3f}")
    arrays = {"x": xs, "y": ys, "outputs": outputs, "loss": loss}
    result = {f"{name}_{k}": v.detach().numpy() for k, v in arrays.items()}
    for kind, of in (("", lambda v: v.detach()), ("_gradient", lambda v: v.grad)):
        result |= {f"{name}{kind}.{k}": of(v).numpy() for k, v in p.items()}
        # What the library's model holds and never trains.
        result[f"{name}{kind}.memory.deallocate"] = np.bool_(switched)
    return result


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".npz")
    np.savez_compressed(path, **case("plain", 21, False), **case("changed", 22, True))
