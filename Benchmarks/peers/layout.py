"""The machine that the peers train: its sizes, its parameters, its data; numpy only.

The parameters are those of the library (`stdlib/models.ntm`), with everything that the controller
tells joined into one matrix: one product a step instead of one a field. The columns are, for the
write heads and then for the read heads, the fields of `HEADS`, each for all heads; then what is
erased and what is added.
"""

import dataclasses

import numpy as np

MEMORY = 1e-6
CLIP = 20.0
# Name and numbers of each field that a head is told, given the width of a row.
HEADS = {
    "location": lambda m: {"key": m, "beta": 1, "gate": 1, "move": 3, "gamma": 1},
    "leap": lambda m: {"key": m, "beta": 1, "jump": 1, "walk": 3},
}


@dataclasses.dataclass(frozen=True)
class Machine:
    inputs: int = 9
    outputs: int = 8
    rows: int = 128
    width: int = 20
    hidden: int = 100
    controller: str = "lstm"
    reads: int = 1
    writes: int = 1
    head: str = "location"

    @property
    def has_memory(self):
        return self.reads > 0

    def fields(self):
        """Kind, name, heads and numbers of each block of columns of what the controller tells."""
        head = HEADS[self.head](self.width)
        blocks = [
            (kind, name, count, size)
            for kind, count in (("write", self.writes), ("read", self.reads))
            for name, size in head.items()
        ]
        return blocks + [(None, name, self.writes, self.width) for name in ("erase", "add")]

    def shapes(self):
        read = self.reads * self.width
        told = sum(count * size for _, _, count, size in self.fields())
        feeds = self.inputs + read + (0 if self.controller == "feedforward" else self.hidden)
        gates = self.hidden * (1 if self.controller == "feedforward" else 4)
        result = {"cell.weight": (feeds, gates), "cell.bias": (gates,)}
        if self.has_memory:
            result |= {"heads.weight": (self.hidden, told), "heads.bias": (told,)}
        result["out.weight"] = (self.hidden + read, self.outputs)
        return result | {"out.bias": (self.outputs,)}

    def parameters(self, seed=1):
        draw = np.random.default_rng(seed)
        p = {
            name: (draw.standard_normal(shape) if name.endswith("weight") else np.zeros(shape))
            / np.sqrt(shape[0])
            for name, shape in self.shapes().items()
        }
        if self.controller != "feedforward":
            p["cell.bias"][self.hidden : 2 * self.hidden] = 1.0
        return {name: value.astype(np.float32) for name, value in p.items()}

    def joined(self, arrays, prefix="m."):
        """Parameters from arrays under the paths of the library."""
        result = {
            f"{block}.{part}": arrays[f"{prefix}{block}.{part}"]
            for block in ("cell", "out")
            for part in ("weight", "bias")
        }
        if not self.has_memory:
            return result
        for part, lead in (("weight", (self.hidden,)), ("bias", ())):
            blocks = []
            for kind, name, count, _ in self.fields():
                paths = [f"{kind}[{i}].{name}" for i in range(count)] if kind else [name]
                for path in paths:
                    block = arrays[f"{prefix}heads.{path}.{part}"]
                    blocks.append(np.reshape(block, (*lead, -1)))
            result[f"heads.{part}"] = np.concatenate(blocks, axis=-1)
        return result


def split_columns(machine, told):
    """Cuts `[B, columns]` into `{(kind, name): [B, heads, numbers]}`."""
    result, start = {}, 0
    for kind, name, count, size in machine.fields():
        block = told[:, start : start + count * size]
        result[kind, name] = block.reshape(told.shape[0], count, size)
        start += count * size
    return result


def examples(draw, machine, batch, length, pad_to=None):
    """A batch of the copy task, time first: inputs, targets, weights of the rows of the targets.

    The targets are those of the last rows: of all after the mark, or, where the example is padded
    to the length `pad_to`, of all rows, with a weight of zero where nothing is due.
    """
    symbols = draw.integers(0, 2, (length, batch, machine.outputs)).astype(np.float32)
    steps = 2 * (pad_to or length) + 1
    x = np.zeros((steps, batch, machine.inputs), np.float32)
    x[:length, :, : machine.outputs] = symbols
    x[length, :, machine.outputs] = 1.0
    if pad_to is None:
        return x, symbols, np.ones(length, np.float32)
    y = np.zeros((steps, *symbols.shape[1:]), np.float32)
    weights = np.zeros(steps, np.float32)
    due = slice(length + 1, 2 * length + 1)
    y[due], weights[due] = symbols, 1.0
    return x, y, weights
