"""Trains one of the machines with JAX and prints how fast, as one line of JSON.

The settings that change nothing but speed are options; `bench.py` tries them and takes the best.
"""

import importlib
import os
import time

import measure

START = time.perf_counter()
# Each is a module with its sizes (`Machine`), its data (`examples`) and its `loss`.
MODELS = ["model", "dnc", "sam", "encoder"]


def options():
    p = measure.parser(__doc__)
    p.add_argument("--model", choices=MODELS, default="model")
    p.add_argument("--remat", choices=["none", "all", "dots"], default="all")
    p.add_argument("--unroll", type=int, default=1)
    p.add_argument("--devices", type=int, default=1, help="host devices the batch is split over")
    p.add_argument("--intra", choices=["on", "off"], default="on", help="threads in one operation")
    p.add_argument("--joined", action="store_true", help="all parameters updated as one array")
    p.add_argument("--products", choices=["dot", "sum"], default="dot", help="of an NTM's heads")
    p.add_argument("--order", choices=["sort", "pairs"], default="pairs", help="of a DNC's usage")
    p.add_argument("--search", choices=["topk", "maxima"], default="maxima", help="of a SAM's rows")
    return p


def environment(settings):
    """Read by XLA once, before the first import."""
    measure.limit_threads(settings.threads)
    flags = [f"--xla_force_host_platform_device_count={settings.devices}"]
    if settings.intra == "off":
        flags.append("--xla_cpu_multi_thread_eigen=false")
    os.environ["XLA_FLAGS"] = " ".join(flags)
    os.environ["JAX_PLATFORMS"] = "cpu"


def main():
    parser = options()
    # The sizes are those of the model, whose module imports JAX.
    first, _ = parser.parse_known_args()
    environment(first)
    import jax
    import jax_train

    model = importlib.import_module(f"jax_{first.model}")
    measure.add_sizes(parser, model.Machine)
    settings = parser.parse_args()
    imported = time.perf_counter() - START
    machine = measure.machine(settings, model.Machine)
    batches = measure.batches(settings, machine)
    p = jax.device_put(machine.parameters())
    state = jax_train.fresh(p, settings)
    run = jax_train.train_step(model.loss, machine, settings)
    data = jax.device_put(next(batches))

    began = time.perf_counter()
    p, state, value = run(p, state, *data)
    loss = float(value)
    figures = {
        "import_seconds": imported,
        "compile_seconds": time.perf_counter() - began,
        "loss": loss,
    }

    def steps(count):
        nonlocal p, state
        for _ in range(count):
            given = next(batches) if settings.lengths == "random" else data
            p, state, value = run(p, state, *given)
        value.block_until_ready()

    measure.report("jax", settings, **figures, **measure.trained(steps, settings))


if __name__ == "__main__":
    main()
