"""Trains the copy machine with JAX and prints how fast, as one line of JSON.

The settings that change nothing but speed are options; `bench.py` tries them and takes the best.
"""

import os
import time

import measure

START = time.perf_counter()


def options():
    p = measure.parser(__doc__)
    p.add_argument("--remat", choices=["none", "all", "dots"], default="all")
    p.add_argument("--products", choices=["dot", "sum"], default="dot")
    p.add_argument("--unroll", type=int, default=1)
    p.add_argument("--devices", type=int, default=1, help="host devices the batch is split over")
    p.add_argument("--intra", choices=["on", "off"], default="on", help="threads in one operation")
    return p.parse_args()


def environment(settings):
    """Read by XLA once, before the first import."""
    measure.limit_threads(settings.threads)
    flags = [f"--xla_force_host_platform_device_count={settings.devices}"]
    if settings.intra == "off":
        flags.append("--xla_cpu_multi_thread_eigen=false")
    os.environ["XLA_FLAGS"] = " ".join(flags)
    os.environ["JAX_PLATFORMS"] = "cpu"


def main():
    settings = options()
    environment(settings)
    import jax
    import jax_model

    imported = time.perf_counter() - START
    machine = measure.machine(settings)
    batches = measure.batches(settings)
    p = jax.device_put(machine.parameters())
    state = jax_model.fresh(p)
    run = jax_model.train_step(machine, settings)
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
