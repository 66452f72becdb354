"""What is measured: one row a case."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    # `rate`: sequences a second of full training steps; `random`, `start`: seconds of a whole
    # process; `memory`: megabytes at its peak.
    kind: str = "rate"
    script: str = "copy.ntm"
    batch: int = 16
    length: int = 20
    rows: int = 128
    threads: int = 2
    # The machine, as JAX's peer names it, and what the peers are told where it is not that of the
    # paper; PyTorch has only the first.
    model: str = "model"
    machine: tuple = ()
    # Another script, measured in turns with this one.
    beside: str | None = None
    # More of what the script is told.
    flags: tuple = ()
    # Whether what a run compiled is there for the next.
    cached: bool = True
    # A point of a curve: measured shortly, with fewer settings of the peers, and not with PyTorch.
    curve: str | None = None
    # Whether `torch.compile` is tried, for minutes.
    torch_compile: bool = False

    def script_flags(self):
        """Only what differs from the script: not all of them have rows."""
        ours = (self.batch, self.length, self.rows)
        theirs = (Case.batch, Case.length, Case.rows)
        flags = zip(("--B", "--len", "--N"), ours, theirs)
        flags = [text for name, a, b in flags if a != b for text in (name, str(a))]
        return flags + list(self.flags)

    def peer_flags(self):
        flags = {"batch": self.batch, "length": self.length}
        flags |= {"rows": self.rows} if self.model != "encoder" else {}
        flags |= {"threads": self.threads} | dict(self.machine)
        if self.kind == "random":
            flags |= {"lengths": "random", "sequences": SEQUENCES}
        return flags


# Of a run of random lengths.
SEQUENCES = 5000

CASES = [
    Case("copy", "copy, L=20, B=16", torch_compile=True),
    Case("batch-1", "copy, L=20, B=1, 1 thread", batch=1, threads=1, torch_compile=True),
    Case("batch-128", "copy, L=20, B=128", batch=128),
    Case("rows-1024", "copy, L=20, B=16, N=1024", rows=1024),
    Case("rows-4096", "copy, L=20, B=1, N=4096, 1 thread", rows=4096, batch=1, threads=1),
    Case("length-120", "copy, L=120, B=16", length=120),
    Case(
        "feedforward", "feed-forward controller", script="feedforward.ntm",
        machine=(("controller", "feedforward"),),
    ),
    Case(
        "heads", "4 read and 4 write heads", script="heads.ntm",
        machine=(("reads", 4), ("writes", 4)),
    ),
    Case("dnc", "DNC, N=64", script="dnc.ntm", model="dnc", rows=64),
    Case("sam", "SAM, 4 heads, K=4, N=1024", script="sam.ntm", model="sam", rows=1024),
    Case(
        "sam-65536", "SAM, N=65,536, B=1, 1 thread", script="sam.ntm", model="sam", rows=65536,
        batch=1, threads=1,
    ),
    Case("encoder", "Transformer encoder, 2 layers of 32", script="encoder.ntm", model="encoder"),
    Case(
        "encoder-wide", "Transformer encoder, 2 layers of 128, L=64", script="encoder.ntm",
        model="encoder", length=64, flags=("--H", "128", "--R", "4", "--K", "32", "--F", "512"),
        machine=(("width", 128), ("heads", 4), ("head", 32), ("hidden", 512)),
    ),
    Case("lstm", "LSTM alone", script="lstm.ntm", machine=(("reads", 0), ("writes", 0))),
    Case(
        "leap", "a user's head (`examples/leap.ntm`)", script="leap.ntm",
        machine=(("head", "leap"),), beside="copy.ntm",
    ),
    Case(
        "random-cold", "start to 5,000 sequences of 1 to 20 symbols, compiling",
        kind="random", script="random.ntm", cached=False,
    ),
    Case(
        "random-warm", "start to 5,000 sequences, compiled by an earlier run",
        kind="random", script="random.ntm",
    ),
    Case("start-cold", "start to first step, compiling", "start", cached=False),
    Case("start-warm", "start to first step, compiled by an earlier run", "start"),
    Case("memory", "peak memory, B=16, L=20", "memory"),
]

CURVES = (
    [
        Case(f"curve-batch-{b}", f"B={b}", batch=b, curve="batch")
        for b in (1, 2, 4, 8, 16, 32, 64, 128)
    ]
    + [
        Case(f"curve-length-{n}", f"T={2 * n + 1}", length=n, curve="steps")
        for n in (5, 10, 20, 40, 80, 120)
    ]
    + [
        Case(f"curve-rows-{n}", f"N·M={n * 20}", rows=n, curve="memory")
        for n in (32, 64, 128, 256, 512, 1024, 2048, 4096)
    ]
)
