"""Trains the copy machine with PyTorch and prints how fast, as one line of JSON."""

import time

import layout
import measure

START = time.perf_counter()


def options():
    p = measure.parser(__doc__)
    p.add_argument("--compile", action="store_true", help="torch.compile on the time step")
    measure.add_sizes(p, layout.Machine)
    return p.parse_args()


def main():
    settings = options()
    measure.limit_threads(settings.threads)
    import torch
    import torch_model

    torch.set_num_threads(settings.threads)
    imported = time.perf_counter() - START
    machine = measure.machine(settings, layout.Machine)
    batches = measure.batches(settings, machine)
    p = {k: torch.tensor(v, requires_grad=True) for k, v in machine.parameters().items()}
    run = torch_model.train_step(machine, p, settings.compile)
    data = [torch.from_numpy(array) for array in next(batches)]

    began = time.perf_counter()
    loss = run(*data).item()
    figures = {
        "import_seconds": imported,
        "compile_seconds": time.perf_counter() - began,
        "loss": loss,
    }

    def steps(count):
        given = data
        for _ in range(count):
            if settings.lengths == "random":
                given = [torch.from_numpy(array) for array in next(batches)]
            run(*given)

    measure.report("torch", settings, **figures, **measure.trained(steps, settings))


if __name__ == "__main__":
    main()
