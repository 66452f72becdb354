"""Reference numbers for sparse access memory, from an implementation in PyTorch that shares no code
with the library: Rae et al. 2016 (arXiv 1610.09027), equations 4 and 5. Every row of the memory is a
tensor of its own, so that what is written to is as plain as it can be.

Writes sam.npz beside this file: parameters by the library's paths, input, target, outputs, loss and
gradients. Everything is float64.

    python3 Tests/Fixtures/sam.py
"""

import pathlib

import numpy as np
import torch

X, Y, N, M, R, K, H = 3, 2, 8, 4, 2, 3, 4
STEPS, BATCH = 9, 2
START, THRESHOLD = 1e-6, 0.005

HEADS = {"key": (R, M), "beta": (R,), "add": (R, M), "amount": (R,), "again": (R,)}
SHAPES = {"cell.weight": (X + R * M + H, 4 * H), "cell.bias": (4 * H,)}
for field, shape in HEADS.items():
    SHAPES |= {f"heads.{field}.weight": (H, *shape), f"heads.{field}.bias": shape}
SHAPES |= {"out.weight": (H + R * M, Y), "out.bias": (Y,)}


def lstm(p, x, h, c):
    i, f, o, u = (torch.cat([x, h]) @ p["cell.weight"] + p["cell.bias"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(u)
    return torch.sigmoid(o) * torch.tanh(c), c


def cosine(a, b):
    return a @ b / (torch.sqrt((a**2).sum() + 1e-6) * torch.sqrt((b**2).sum() + 1e-6))


def run(p, xs):
    h = c = torch.zeros(H)
    memory = [torch.full((M,), START) for _ in range(N)]
    nearest = [list(range(K)) for _ in range(R)]
    looks = [torch.zeros(K) for _ in range(R)]
    accessed = [i - N for i in range(N)]
    seen = torch.zeros(R * M)
    outputs = []
    for step, x in enumerate(xs):
        h, c = lstm(p, torch.cat([x, seen]), h, c)

        def told(field):
            weight = p[f"heads.{field}.weight"].reshape(H, -1)
            return (h @ weight).reshape(HEADS[field]) + p[f"heads.{field}.bias"]

        key, add = torch.tanh(told("key")), torch.tanh(told("add"))
        beta = torch.log1p(torch.exp(told("beta")))
        amount, again = torch.sigmoid(told("amount")), torch.sigmoid(told("again"))

        # Equation 5: the rows left alone longest are emptied, then all heads add.
        access = [0.0] * N
        unused = sorted(range(N), key=lambda i: accessed[i])[:R]
        for row in unused:
            memory[row] = torch.zeros(M)
        for r in range(R):
            shares = [(row, amount[r] * again[r] * w) for row, w in zip(nearest[r], looks[r])]
            for row, share in shares + [(unused[r], amount[r] * (1 - again[r]))]:
                memory[row] = memory[row] + share * add[r]
                access[row] += share.item()

        # Equation 4: the K rows of the largest cosine.
        reads = []
        for r in range(R):
            likeness = [cosine(row, key[r]).item() for row in memory]
            nearest[r] = sorted(range(N), key=lambda i: -likeness[i])[:K]
            found = [memory[i] for i in nearest[r]]
            looks[r] = torch.softmax(beta[r] * torch.stack([cosine(f, key[r]) for f in found]), 0)
            reads.append(looks[r] @ torch.stack(found))
            for row, w in zip(nearest[r], looks[r]):
                access[row] += w.item()
        accessed = [step if access[i] > THRESHOLD else accessed[i] for i in range(N)]
        seen = torch.cat(reads)
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
    drawn = {k: 0.9 * draw.standard_normal(shape) for k, shape in SHAPES.items()}
    p = {k: torch.tensor(v, requires_grad=True) for k, v in drawn.items()}
    outputs = torch.stack([run(p, x) for x in xs])
    loss = sum(bits(o, y) for o, y in zip(outputs, ys)) / BATCH
    loss.backward()
    arrays = {"x": xs, "y": ys, "outputs": outputs, "loss": loss}
    arrays |= {f"m.{k}": v for k, v in p.items()} | {f"gradient.{k}": v.grad for k, v in p.items()}
    for prefix in ("m", "gradient"):
        arrays[f"{prefix}.memory.threshold"] = torch.tensor(THRESHOLD)
        arrays[f"{prefix}.memory.start.value"] = torch.tensor(START)
    path = pathlib.Path(__file__).with_name("sam.npz")
    np.savez_compressed(path, **{k: v.detach().numpy() for k, v in arrays.items()})
    print(f"sam: loss {loss.item():.6f} bits")


if __name__ == "__main__":
    main()
