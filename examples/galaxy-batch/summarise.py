"""Gathers what the Replicas wrote: is each image there exactly once? Then one catalogue and one plot.

Prints the summary as one JSON object on the last line. Exit code 0 only if every image was processed exactly once.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from astropy.table import Table


def catalogue(results: list[dict]) -> Table:
    """One row for each source."""
    counts = [result["detected"] for result in results]
    names = ["x", "y", "flux", "flux_error"]
    columns = {name: [value for result in results for value in result["sources"][name]] for name in names}
    file = np.repeat([result["file"] for result in results], counts)
    replica = np.repeat([result["replica"] for result in results], counts)
    return Table({"file": file, "replica": replica, **columns})


def plot(results: list[dict], sources: Table, target: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    flux = np.asarray(sources["flux"], dtype=float)
    flux = flux[flux > 0]
    left.hist(np.log10(flux), bins=60, color="tab:blue")
    left.set(title=f"{len(sources)} sources in {len(results)} images", xlabel="log10 flux (counts)", ylabel="sources")
    known = [(result["expected"], result["detected"]) for result in results if result["expected"] is not None]
    pairs = Counter(known)
    if pairs:
        expected, detected = np.array(list(pairs)).T
        right.scatter(expected, detected, s=[6 * number for number in pairs.values()], alpha=0.6, color="tab:orange")
        limits = [min(expected.min(), detected.min()) - 1, max(expected.max(), detected.max()) + 1]
        right.plot(limits, limits, color="grey", linewidth=1)
    right.set(title="Stars drawn and found", xlabel="drawn into the image", ylabel="found")
    figure.savefig(target, dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check and gather the results of my_script.py.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("/arc/projects/your_project"))
    folder = parser.parse_args().folder

    images = sorted(path.name for path in folder.glob("*.fits"))
    results = [json.loads(path.read_text()) for path in sorted((folder / "results").glob("*.replica-*.json"))]
    times = Counter(result["file"] for result in results)
    missing = [name for name in images if times[name] == 0]
    repeated = [name for name in images if times[name] > 1]
    summary = {
        "files_in": len(images),
        "files_processed": sum(1 for name in images if times[name] > 0),
        "processed_exactly_once": len(images) > 0 and not missing and not repeated,
        "missing": missing[:10],
        "repeated": repeated[:10],
        "replicas": len({result["replica"] for result in results}),
        "sources_measured": sum(result["detected"] for result in results),
        "stars_drawn": sum(result["expected"] or 0 for result in results),
    }
    if results:
        sources = catalogue(results)
        outputs = {"catalogue": folder / "catalogue.ecsv", "csv": folder / "catalogue.csv", "plot": folder / "sources.png"}
        sources.write(outputs["catalogue"], format="ascii.ecsv", overwrite=True)
        sources.write(outputs["csv"], format="ascii.csv", overwrite=True)
        plot(results, sources, outputs["plot"])
        summary |= {name: str(path) for name, path in outputs.items()}
    print(json.dumps(summary))
    return 0 if summary["processed_exactly_once"] else 1


if __name__ == "__main__":
    sys.exit(main())
