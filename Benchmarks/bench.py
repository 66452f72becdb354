"""Measures training with ntmscript, JAX and PyTorch on this machine.

    python3 Benchmarks/bench.py [--quick] [--case NAME …] [--json FILE] [--write]

The programs of a case take turns, so that what else the machine does falls on all of them.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import cases
import processes
import programs
import table

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Plan:
    quick: bool
    turns: int
    seconds: float
    groups: int


def options():
    names = [case.name for case in cases.CASES + cases.CURVES]
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--case", action="append", choices=names, metavar="NAME", help=", ".join(names))
    p.add_argument("--quick", action="store_true", help="one turn, few settings, no curves")
    p.add_argument("--turns", type=int, help="turns of each program")
    p.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    p.add_argument("--write", action="store_true", help="write the table into README.md")
    p.add_argument("--ntmscript", default=str(HERE.parent / ".build" / "release" / "ntmscript"))
    p.add_argument("--python", default=sys.executable, help="of the peers: has jax and torch")
    return p.parse_args()


def measured(case, settings, plan):
    entrants = [programs.Script("ntmscript", settings.ntmscript, case.script, case, plan)]
    if case.beside:
        entrants.append(programs.Script("beside", settings.ntmscript, case.beside, case, plan))
    entrants.append(programs.jax(settings.python, case, plan))
    if case.curve is None and case.model == "model":
        entrants.append(programs.torch(settings.python, case, plan))
    found = {}
    try:
        running = [one for one in entrants if worked(one.prepare)]
        for _ in range(plan.turns):
            running = [one for one in running if worked(one.turn)]
        for one in running:
            worked(lambda one=one: found.update({one.name: one.result()}))
    finally:
        for one in entrants:
            one.close()
    return dataclasses.asdict(case) | {"programs": found}


def worked(action):
    """A program that fails is left out of the case; the others go on."""
    try:
        action()
    except processes.Failed as problem:
        processes.note(f"  left out: {problem}")
        return False
    return True


def chosen(settings):
    if settings.case:
        return [case for case in cases.CASES + cases.CURVES if case.name in settings.case]
    return cases.CASES if settings.quick else cases.CASES + cases.CURVES


def main():
    settings = options()
    if not pathlib.Path(settings.ntmscript).exists():
        sys.exit(f"bench: no program at {settings.ntmscript}; `make build` makes one")
    turns = settings.turns or (1 if settings.quick else 5)
    plan = Plan(settings.quick, turns, seconds=0.3 if settings.quick else 1.0, groups=5)
    results = {"machine": table.machine(settings.python, settings.ntmscript), "rows": []}
    for case in chosen(settings):
        processes.note(f"{case.name}: {case.title}")
        results["rows"].append(measured(case, settings, plan))
        if settings.json:
            settings.json.write_text(json.dumps(results, indent=1) + "\n")
    print(table.rendered(results), end="")
    if settings.write:
        table.write(HERE / "README.md", results)


if __name__ == "__main__":
    main()
