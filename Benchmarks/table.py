"""What was measured, as text."""

import os
import pathlib
import platform
import subprocess

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
UNITS = {"rate": "sequences/s", "random": "s", "start": "s", "memory": "MB"}


def machine(python, ntmscript):
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    versions = "import jax, torch; print(f'JAX {jax.__version__}, PyTorch {torch.__version__}')"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "ntmscript": said("git", "-C", str(pathlib.Path(__file__).parent), "describe", "--always"),
        "peers": said(python, "-c", versions),
        "program": ntmscript,
    }


def said(*command):
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(row, peer):
    """How many times better ntmscript is, from the medians."""
    ours, theirs = (row["programs"].get(name) for name in ("ntmscript", peer))
    if not ours or not theirs:
        return "–"
    better = ours["median"] / theirs["median"]
    return f"{better if row['kind'] == 'rate' else 1 / better:.2f}×"


def rendered(results):
    about = results["machine"]
    text = [
        f"{about['processor']}, {about['cores']} cores, {about['memory']}, {about['system']}; "
        f"{about['peers']}; load when started {about['load']}.",
        "",
        "| case | unit | ntmscript | JAX | PyTorch | to JAX | to PyTorch |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [row for row in results["rows"] if row["curve"] is None]
    for row in rows:
        cells = [row["title"], UNITS[row["kind"]]]
        for name in ("ntmscript", "jax", "torch"):
            found = row["programs"].get(name)
            cells.append(f"{number(found['median'])} ({number(found['best'])})" if found else "–")
        text.append("| " + " | ".join(cells + [ratio(row, "jax"), ratio(row, "torch")]) + " |")
    text += ["", "Median, and in brackets the best. A ratio above one is in favour of ntmscript."]
    for row in rows:
        text += beside(row)
    for curve in dict.fromkeys(row["curve"] for row in results["rows"] if row["curve"]):
        text += drawn(curve, [row for row in results["rows"] if row["curve"] == curve])
    return "\n".join(text) + "\n"


def beside(row):
    ours, other = row["programs"].get("ntmscript"), row["programs"].get("beside")
    if not ours or not other:
        return []
    rate = ours["median"] / other["median"]
    return ["", f"With {row['title']} training runs at {rate:.2f} of the rate with the library's."]


def drawn(curve, rows):
    text = ["", f"| {curve} | ntmscript | JAX | to JAX |", "|---|---|---|---|"]
    for row in rows:
        found = [row["programs"].get(name) for name in ("ntmscript", "jax")]
        cells = [number(one["median"] if one else None) for one in found]
        text.append(f"| {row['title']} | {cells[0]} | {cells[1]} | {ratio(row, 'jax')} |")
    return text


def write(path, results):
    """Puts the table between the markers of the file."""
    text = path.read_text()
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    path.write_text(f"{head}{BEGIN}\n{rendered(results)}{END}{tail}")
