"""Reference numbers for least-recently-used access, from an implementation in PyTorch that shares
no code with the library: Santoro et al. 2016 (arXiv 1605.06065), equations 2 to 8.

Writes mann.npz beside this file: input, target, and for each of two variants the parameters by the
library's paths, outputs, loss and gradients. Everything is float64.

    python3 Tests/Fixtures/mann.py
"""

import pathlib

import numpy as np
import torch

X, Y, N, M, R, H = 3, 2, 5, 3, 2, 4
STEPS, BATCH = 7, 2
DECAY, START = 0.99, 1e-6

SHAPES = {
    "cell.weight": (X + R * M + H, 4 * H),
    "cell.bias": (4 * H,),
    "heads.key.weight": (H, R, M),
    "heads.key.bias": (R, M),
    "heads.gate.weight": (H, R),
    "heads.gate.bias": (R,),
    "out.weight": (H + R * M, Y),
    "out.bias": (Y,),
}


def lstm(p, x, h, c):
    i, f, o, u = (torch.cat([x, h]) @ p["cell.weight"] + p["cell.bias"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(u)
    return torch.sigmoid(o) * torch.tanh(c), c


def cosines(memory, key):
    lengths = torch.sqrt((memory**2).sum(1) + 1e-6) * torch.sqrt((key**2).sum() + 1e-6)
    return memory @ key / lengths


def run(p, xs, strength, own_rows):
    h = c = torch.zeros(H)
    memory = torch.full((N, M), START)
    reading = torch.zeros(R, N)
    usage = torch.zeros(N)
    seen = torch.zeros(R * M)
    outputs = []
    for x in xs:
        h, c = lstm(p, torch.cat([x, seen]), h, c)
        keys = torch.tanh(torch.einsum("h,hrm->rm", h, p["heads.key.weight"]) + p["heads.key.bias"])
        gates = torch.sigmoid(h @ p["heads.gate.weight"] + p["heads.gate.bias"])

        rows = sorted(range(N), key=lambda i: usage[i].item())[:R]
        memory = memory.clone()
        for row in rows if own_rows else rows[:1]:
            memory[row] = 0.0
        writing = []
        for r in range(R):
            least = torch.zeros(N)
            least[rows[r] if own_rows else rows] = 1.0
            writing.append(gates[r] * reading[r] + (1 - gates[r]) * least)
        for r in range(R):
            memory = memory + writing[r][:, None] * keys[r][None, :]
        reading = torch.stack([torch.softmax(strength * cosines(memory, k), 0) for k in keys])
        usage = DECAY * usage + sum(reading) + sum(writing)
        seen = (reading @ memory).reshape(-1)
        outputs.append(torch.cat([h, seen]) @ p["out.weight"] + p["out.bias"])
    return torch.stack(outputs)


def bits(logits, target):
    likelihood = target * torch.sigmoid(logits).log() + (1 - target) * torch.sigmoid(-logits).log()
    return -likelihood.sum() / np.log(2.0)


def main():
    torch.set_default_dtype(torch.float64)
    draw = np.random.default_rng(1)
    xs = torch.tensor(draw.standard_normal((BATCH, STEPS, X)))
    ys = torch.tensor((draw.random((BATCH, STEPS, Y)) < 0.5).astype(float))
    arrays = {"x": xs, "y": ys}
    for name, strength, own_rows in (("own", 5.0, True), ("letter", 1.0, False)):
        drawn = {k: 0.9 * draw.standard_normal(shape) for k, shape in SHAPES.items()}
        p = {k: torch.tensor(v, requires_grad=True) for k, v in drawn.items()}
        outputs = torch.stack([run(p, x, strength, own_rows) for x in xs])
        loss = sum(bits(o, y) for o, y in zip(outputs, ys)) / BATCH
        loss.backward()
        arrays |= {f"{name}_outputs": outputs, f"{name}_loss": loss}
        arrays |= {f"{name}.{k}": v for k, v in p.items()}
        arrays |= {f"{name}_gradient.{k}": v.grad for k, v in p.items()}
        settings = {"decay": DECAY, "strength": strength, "own_rows": np.bool_(own_rows)}
        for prefix in (name, f"{name}_gradient"):
            arrays |= {f"{prefix}.memory.{k}": torch.tensor(v) for k, v in settings.items()}
        print(f"{name}: loss {loss.item():.6f} bits")
    path = pathlib.Path(__file__).with_name("mann.npz")
    np.savez_compressed(path, **{k: v.detach().numpy() for k, v in arrays.items()})


if __name__ == "__main__":
    main()
