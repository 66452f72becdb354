"""The machine that the peers train: its sizes, its parameters, its data; numpy only.

The parameters are those of the library (`stdlib/models.ntm`), with everything that the controller
tells joined into one matrix: one product a step instead of one a field. The columns are, for the
write heads and then for the read heads, the fields of `HEADS`, each for all heads; then what is
erased and what is added.
"""

import dataclasses
import math

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
        p = drawn(self.shapes(), seed)
        if self.controller != "feedforward":
            p["cell.bias"][self.hidden : 2 * self.hidden] = 1.0
        return p

    def examples(self, draw, batch, length, pad_to=None):
        return copying(draw, self.inputs, self.outputs, batch, length, pad_to)

    def joined(self, arrays, prefix="m."):
        """Parameters from arrays under the paths of the library."""
        paths = []
        for kind, name, count, _ in self.fields() if self.has_memory else []:
            paths += [f"{kind}[{i}].{name}" for i in range(count)] if kind else [name]
        return controlled(arrays, prefix, paths)


def drawn(shapes, seed=1):
    """Normal weights with variance one over the inputs, biases of zero."""
    draw = np.random.default_rng(seed)
    return {
        name: (
            (draw.standard_normal(shape) if name.endswith("weight") else np.zeros(shape))
            / np.sqrt(shape[0])
        ).astype(np.float32)
        for name, shape in shapes.items()
    }


def with_controller(machine, read, told):
    """Drawn parameters of an LSTM that reads `read` numbers and tells a memory `told`."""
    hidden = machine.hidden
    p = drawn({
        "cell.weight": (machine.inputs + read + hidden, 4 * hidden),
        "cell.bias": (4 * hidden,),
        "heads.weight": (hidden, told),
        "heads.bias": (told,),
        "out.weight": (hidden + read, machine.outputs),
        "out.bias": (machine.outputs,),
    })
    p["cell.bias"][hidden : 2 * hidden] = 1.0
    return p


def controlled(arrays, prefix, told):
    """The parameters of a controller with a memory, from arrays under the paths of the library; what
    the memory is told at the paths `told` becomes one matrix."""
    result = {
        f"{block}.{part}": arrays[f"{prefix}{block}.{part}"]
        for block in ("cell", "out")
        for part in ("weight", "bias")
    }
    if told:
        for part, lead in (("weight", 1), ("bias", 0)):
            blocks = [arrays[f"{prefix}heads.{path}.{part}"] for path in told]
            blocks = [np.reshape(block, (*block.shape[:lead], -1)) for block in blocks]
            result[f"heads.{part}"] = np.concatenate(blocks, axis=-1)
    return result


def split_columns(machine, told):
    """Cuts `[B, columns]` into `{(kind, name): [B, heads, numbers]}`."""
    blocks = [((kind, name), (count, size)) for kind, name, count, size in machine.fields()]
    return split_blocks(blocks, told)


def split_blocks(blocks, told):
    """Cuts `[B, columns]` into `{name: [B, *shape]}`, given the names and the shapes."""
    result, start = {}, 0
    for name, shape in blocks:
        size = math.prod(shape)
        result[name] = told[:, start : start + size].reshape(told.shape[0], *shape)
        start += size
    return result


def copying(draw, inputs, outputs, batch, length, pad_to=None):
    """A batch of the copy task, time first: inputs, targets, weights of the rows of the targets.

    The targets are those of the last rows: of all after the mark, or, where the example is padded
    to the length `pad_to`, of all rows, with a weight of zero where nothing is due.
    """
    symbols = draw.integers(0, 2, (length, batch, outputs)).astype(np.float32)
    steps = 2 * (pad_to or length) + 1
    x = np.zeros((steps, batch, inputs), np.float32)
    x[:length, :, :outputs] = symbols
    x[length, :, outputs] = 1.0
    if pad_to is None:
        return x, symbols, np.ones(length, np.float32)
    y = np.zeros((steps, *symbols.shape[1:]), np.float32)
    weights = np.zeros(steps, np.float32)
    due = slice(length + 1, 2 * length + 1)
    y[due], weights[due] = symbols, 1.0
    return x, y, weights
