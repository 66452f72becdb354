"""Checks that the peers train the machine that ntmscript trains.

Against `Tests/Fixtures`, the numbers that the library's own tests compare with, in double
precision: loss, gradient, and the parameters after three steps of Adam. Given the program, also
against what it computes at the sizes that are timed: the losses of `agree.ntm` in single precision;
in double precision, loss and gradient of the scripts of the other machines, and the loss after nine
steps of Adam.

    python3 Benchmarks/peers/agree.py [NTMSCRIPT]
"""

import argparse
import functools
import pathlib
import subprocess
import sys
import tempfile

import jax
import jax_dnc
import jax_encoder
import jax_model
import jax_sam
import jax_train
import layout
import numpy as np
import torch
import torch_model

HERE = pathlib.Path(__file__).resolve().parent
SMALL = {"inputs": 3, "outputs": 2, "rows": 5, "width": 3, "hidden": 4}
FIXTURES = {
    "plain_lstm": {"reads": 0, "writes": 0},
    "ntm_lstm_write_first_1_1": {},
    "ntm_lstm_write_first_2_1": {"reads": 2},
    "ntm_feedforward_write_first_1_1": {"controller": "feedforward"},
    "ntm_feedforward_write_first_2_1": {"controller": "feedforward", "reads": 2},
    "ntm_feedforward_write_first_1_2": {"controller": "feedforward", "writes": 2},
}
# What only changes speed, in combinations that have each at least once.
KNOBS = [
    argparse.Namespace(
        remat=remat, products=products, order=order, search=search, joined=joined, unroll=unroll,
        devices=1,
    )
    for remat, products, order, search, joined, unroll in (
        ("none", "dot", "sort", "topk", False, 1),
        ("all", "sum", "pairs", "maxima", True, 2),
        ("dots", "dot", "sort", "topk", False, 1),
    )
]
# Other machines: the script that is timed, and the peer of that name.
OTHERS = {"dnc": jax_dnc, "sam": jax_sam, "encoder": jax_encoder}
failures = 0


def compare(what, found, expected, tolerance):
    global failures
    scale = np.max(np.abs(expected)) + 1e-30
    error = float(np.max(np.abs(np.asarray(found) - expected)) / scale)
    if not error <= tolerance:
        failures += 1
        print(f"FAILED {what}: relative difference {error:.2e}, {tolerance:.0e} allowed")


def jax_steps(model, machine, knobs, p, data, rate, limit, count):
    run, losses = jax_train.train_step(model.loss, machine, knobs, rate, limit), []
    p = jax.tree.map(jax.numpy.array, p)
    state = jax_train.fresh(p, knobs)
    for _ in range(count):
        p, state, value = run(p, state, *data)
        losses.append(float(value))
    return losses, p


def torch_steps(machine, p, data, rate, limit, count):
    p = {k: torch.tensor(v, requires_grad=True) for k, v in p.items()}
    run = torch_model.train_step(machine, p, rate=rate, limit=limit)
    data = [torch.tensor(array) for array in data]
    losses = [float(run(*data)) for _ in range(count)]
    return losses, {k: v.detach().numpy() for k, v in p.items()}


def fixture(name, changes):
    arrays = np.load(HERE.parents[1] / "Tests" / "Fixtures" / f"{name}.npz")
    machine = layout.Machine(**(SMALL | changes))
    p = machine.joined(arrays)
    data = (
        arrays["x"].swapaxes(0, 1),
        arrays["y"].swapaxes(0, 1),
        np.ones(arrays["y"].shape[1]),
    )
    gradients = machine.joined(arrays, "gradient.")
    after = machine.joined(arrays, "adam.")
    for knobs in KNOBS:
        label = f"{name}, jax, {knobs.remat}, {knobs.products}"
        loss = functools.partial(jax_model.loss, machine, knobs)
        value, g = jax.value_and_grad(loss)(p, *data)
        compare(f"{label}: loss", value, arrays["loss"], 1e-10)
        for k in p:
            compare(f"{label}: gradient of {k}", g[k], gradients[k], 1e-9)
        _, q = jax_steps(jax_model, machine, knobs, p, data, 0.01, 1.5, 3)
        for k in p:
            compare(f"{label}: {k} after Adam", q[k], after[k], 1e-8)
    losses, q = torch_steps(machine, p, data, 0.01, 1.5, 3)
    compare(f"{name}, torch: loss", losses[0], arrays["loss"], 1e-10)
    for k in p:
        # PyTorch adds 1e-6 to the norm that it clips by.
        compare(f"{name}, torch: {k} after Adam", q[k], after[k], 1e-5)


def saved(path, script, *flags):
    """The arrays that a script saves as `agree.npz`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [path, "run", str(HERE.parent / script), *flags]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
        return dict(np.load(pathlib.Path(folder) / "agree.npz"))


def due(arrays, all_rows=False):
    """Inputs, targets of the rows that are due and their weights, time first: of the copy task the
    answer is due, its last rows."""
    x, y = arrays["x"].swapaxes(0, 1), arrays["y"].swapaxes(0, 1)
    y = y if all_rows else y[-(len(y) // 2) :]
    return x, y, np.ones(len(y), y.dtype)


def other(path, name, model):
    """Loss, gradient and the loss of the tenth step of a script that is timed."""
    arrays = saved(path, f"{name}.ntm", "--agree", "true", "--steps", "10", "--f64")
    machine = model.Machine()
    p, gradient = machine.joined(arrays), machine.joined(arrays, "gradient.")
    x, y, weights = due(arrays) if name != "encoder" else due(arrays, all_rows=True)
    data = (x, y, machine.shared(arrays) if name == "sam" else weights)
    for knobs in KNOBS[:2]:
        label = f"{name}.ntm, jax, {knobs.remat}"
        loss = functools.partial(model.loss, machine, knobs)
        value, g = jax.jit(jax.value_and_grad(loss))(p, *data)
        compare(f"{label}: loss", value, arrays["loss"], 1e-10)
        for k in p:
            compare(f"{label}: gradient of {k}", g[k], gradient[k], 1e-8)
        losses, _ = jax_steps(model, machine, knobs, p, data, 1e-3, 50.0, 10)
        compare(f"{label}: loss after training", losses[-1], arrays["last"], 1e-8)


def program(path):
    """Losses of ten steps at full size, from the parameters and the data that the program saved."""
    arrays = saved(path, "agree.ntm")
    machine = layout.Machine()
    p = machine.joined(arrays)
    data = due(arrays)
    expected = arrays["losses"]
    for knobs in KNOBS:
        losses, _ = jax_steps(jax_model, machine, knobs, p, data, 1e-3, 50.0, len(expected))
        compare(f"agree.ntm, jax, {knobs.remat}, {knobs.products}", losses, expected, 1e-4)
    losses, _ = torch_steps(machine, p, data, 1e-3, 50.0, len(expected))
    compare("agree.ntm, torch", losses, expected, 1e-4)
    print("bits of the first steps:", *(f"{value:.3f}" for value in expected))


def main():
    path = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else None
    if path:
        program(path)
    jax.config.update("jax_enable_x64", True)
    for name, changes in FIXTURES.items():
        fixture(name, changes)
    for name, model in OTHERS.items() if path else []:
        other(path, name, model)
    print("the peers disagree" if failures else "the peers agree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
