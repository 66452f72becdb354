"""Reference numbers for the Transformer's encoder: that of PyTorch, in float64.

Writes `attention.npz`: parameters by the library's paths, input, target, outputs, loss and gradients,
with the norms before each part and after it.

    python3 Tests/Fixtures/attention.py
"""

import pathlib

import numpy as np
import torch

X, Y, H, R, F, STEPS = 3, 2, 4, 2, 5, 6
K = H // R


def positions():
    """The code of Vaswani et al. 2017, §3.5, all sines before all cosines."""
    rate = 10_000.0 ** (-np.arange(H // 2) / (H // 2))
    angles = np.outer(np.arange(STEPS), rate)
    return torch.tensor(np.concatenate([np.sin(angles), np.cos(angles)], axis=1))


class Encoder(torch.nn.Module):
    def __init__(self, norm_first):
        super().__init__()
        self.embed = torch.nn.Linear(X, H)
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(
                H, R, F, dropout=0.0, batch_first=True, norm_first=norm_first
            )
            for _ in range(2)
        )
        self.norm = torch.nn.LayerNorm(H)
        self.out = torch.nn.Linear(H, Y)

    def forward(self, x):
        h = (self.embed(x) + positions())[None]
        for layer in self.layers:
            h = layer(h)
        return self.out(self.norm(h))[0]


def by_library_paths(arrays):
    """The library keeps inputs before outputs, and heads apart; it has no biases inside attention."""
    found = {}
    for name in ["embed", "out"]:
        found[f"{name}.weight"] = arrays[f"{name}.weight"].T
        found[f"{name}.bias"] = arrays[f"{name}.bias"]
    found["norm.scale"], found["norm.offset"] = arrays["norm.weight"], arrays["norm.bias"]
    for i in range(2):
        old, new = f"layers.{i}.", f"layers[{i}]."
        for j, part in enumerate(["query", "key", "value"]):
            block = arrays[old + "self_attn.in_proj_weight"][j * H : (j + 1) * H]
            found[f"{new}attention.{part}"] = block.T.reshape(H, R, K)
        out = arrays[old + "self_attn.out_proj.weight"]
        found[f"{new}attention.out"] = out.T.reshape(R, K, H)
        for part, name in [("up", "linear1"), ("down", "linear2")]:
            found[f"{new}{part}.weight"] = arrays[f"{old}{name}.weight"].T
            found[f"{new}{part}.bias"] = arrays[f"{old}{name}.bias"]
        for j in range(2):
            found[f"{new}norms[{j}].scale"] = arrays[f"{old}norm{j + 1}.weight"]
            found[f"{new}norms[{j}].offset"] = arrays[f"{old}norm{j + 1}.bias"]
    return found


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(7)
    x, y = torch.randn(STEPS, X), torch.randn(STEPS, Y)
    found = {"x": x.numpy(), "y": y.numpy()}
    for label, norm_first in [("before", True), ("after", False)]:
        model = Encoder(norm_first)
        for name, p in model.named_parameters():
            torch.nn.init.normal_(p, std=0.7)
            if "self_attn" in name and "bias" in name:
                torch.nn.init.zeros_(p)
        outputs = model(x)
        loss = ((outputs - y) ** 2).sum()
        loss.backward()
        # What the library's model holds and never trains.
        settings = {"norm.epsilon": 1e-5}
        for i in range(2):
            settings |= {f"layers[{i}].norms[{j}].epsilon": 1e-5 for j in range(2)}
            settings |= {f"layers[{i}].norm_first": norm_first, f"layers[{i}].attention.causal": False}
        p = by_library_paths({k: p.detach().numpy() for k, p in model.named_parameters()})
        g = by_library_paths({k: p.grad.numpy() for k, p in model.named_parameters()})
        found |= {f"{label}.{k}": v for k, v in (p | settings).items()}
        found |= {f"{label}_gradient.{k}": v for k, v in (g | settings).items()}
        found |= {f"{label}_outputs": outputs.detach().numpy(), f"{label}_loss": loss.detach().numpy()}
    np.savez_compressed(pathlib.Path(__file__).with_name("attention.npz"), **found)


main()
