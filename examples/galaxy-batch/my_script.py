from canfar.helpers import distributed
from glob import glob
all_files = glob("/arc/projects/your_project/*.fits")
my_files = distributed.chunk(all_files)

# Every Replica runs this same script; the four lines above leave it the files that are its share. What follows measures
# the sources in each of them and writes one result for each file.

import json
import os
import socket
import sys
from pathlib import Path

import numpy as np
import sep
from astropy.io import fits

RESULTS = Path("/arc/projects/your_project/results")
THRESHOLD = 3.0  # a source's pixels, in standard deviations of the background
MINIMUM_AREA = 5  # pixels
APERTURE = 4.5  # radius in pixels: 2.5 times the width of the stars
REPLICA = os.environ.get("REPLICA_ID", "1")


def measure(file):
    """Background, detection, centroids, fluxes of one image."""
    with fits.open(file, memmap=False) as hdus:
        # FITS is big-endian; sep wants the machine's own order.
        data = np.ascontiguousarray(hdus[0].data, dtype=np.float32)
        expected = hdus[0].header.get("NSTARS")
    background = sep.Background(data)
    data -= background.back()
    sources = sep.extract(data, THRESHOLD, err=background.globalrms, minarea=MINIMUM_AREA)
    flux, flux_error, _ = sep.sum_circle(data, sources["x"], sources["y"], APERTURE, err=background.globalrms)
    columns = {"x": sources["x"], "y": sources["y"], "flux": flux, "flux_error": flux_error}
    return {
        "background": round(float(background.globalback), 3),
        "noise": round(float(background.globalrms), 3),
        "expected": expected,
        "detected": len(sources),
        "sources": {name: np.round(values, 3).tolist() for name, values in columns.items()},
    }


def write_result(file, result):
    """Whole or not at all, and under a name that no other Replica uses: a file done twice would show as two results."""
    name = RESULTS / f"{Path(file).stem}.replica-{REPLICA}.json"
    unfinished = name.with_suffix(f".{os.getpid()}.part")
    who = {"file": Path(file).name, "replica": int(REPLICA), "host": socket.gethostname()}
    unfinished.write_text(json.dumps({**who, **result}))
    os.replace(unfinished, name)


RESULTS.mkdir(parents=True, exist_ok=True)
done = sources = failed = 0
for file in my_files:
    try:
        result = measure(file)
    except (OSError, ValueError, TypeError) as error:
        # One damaged image must not cost the others.
        print(f"{file}: {error}", file=sys.stderr)
        failed += 1
        continue
    write_result(file, result)
    done += 1
    sources += result["detected"]
print(f"replica {REPLICA}: {sources} sources in {done} files, {failed} files failed")
sys.exit(1 if failed else 0)
