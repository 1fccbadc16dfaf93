"""Writes small FITS images of stars on noise, the same ones for the same seed, to try a batch on.

Each header says what is in the image: NSTARS, the number of stars. `results/` is made beside the images, so that the
folder does not change while many Replicas list it.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from astropy.io import fits

BACKGROUND = 100.0
NOISE = 5.0
PSF_SIGMA = 1.8
STAMP = 9
"""Half the size of the square, in pixels, that one star is drawn into."""
SEPARATION = 10.0
"""Stars keep this distance in pixels, so that counting them has one right answer."""


def positions(random: np.random.Generator, count: int, size: int) -> list[tuple[float, float]]:
    """At most `count` places that keep their distance from each other and from the edge."""
    places: list[tuple[float, float]] = []
    for x, y in random.uniform(STAMP, size - STAMP - 1, (count * 20, 2)):
        if len(places) == count:
            break
        if all((x - a) ** 2 + (y - b) ** 2 >= SEPARATION**2 for a, b in places):
            places.append((x, y))
    return places


def image(random: np.random.Generator, size: int) -> tuple[np.ndarray, int]:
    """An image, and how many stars are in it."""
    data = random.normal(BACKGROUND, NOISE, (size, size)).astype(np.float32)
    places = positions(random, int(random.integers(10, 31)), size)
    fluxes = 10 ** random.uniform(3.0, 4.7, len(places))
    offset = np.arange(-STAMP, STAMP + 1)
    for (x, y), flux in zip(places, fluxes):
        column, row = round(x), round(y)
        across = np.exp(-((column + offset - x) ** 2) / (2 * PSF_SIGMA**2))
        down = np.exp(-((row + offset - y) ** 2) / (2 * PSF_SIGMA**2))
        star = flux / (2 * np.pi * PSF_SIGMA**2) * np.outer(down, across)
        data[row - STAMP : row + STAMP + 1, column - STAMP : column + STAMP + 1] += star
    return data, len(places)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write small FITS images of stars on noise.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("/arc/projects/your_project"))
    parser.add_argument("count", type=int, nargs="?", default=1000, help="number of images (default: %(default)s)")
    parser.add_argument("--size", type=int, default=128, help="width and height in pixels (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same images (default: %(default)s)")
    options = parser.parse_args()
    if options.count < 1 or options.size < 4 * STAMP:
        parser.error(f"count must be at least 1 and --size at least {4 * STAMP}")

    (options.folder / "results").mkdir(parents=True, exist_ok=True)
    stars = 0
    for number in range(1, options.count + 1):
        data, count = image(np.random.default_rng([options.seed, number]), options.size)
        stars += count
        hdu = fits.PrimaryHDU(data)
        hdu.header["NSTARS"] = (count, "stars drawn into this image")
        hdu.header["SEED"] = (options.seed, "seed of the whole set")
        name = options.folder / f"galaxy-{number:04d}.fits"
        # A name of its own until it is whole: nobody reads half an image.
        unfinished = name.with_suffix(".part")
        hdu.writeto(unfinished, overwrite=True)
        os.replace(unfinished, name)
        if number % 100 == 0 or number == options.count:
            print(f"{number} of {options.count} images", flush=True)
    print(f"{stars} stars in {options.count} images in {options.folder}")


if __name__ == "__main__":
    main()
