"""Check that the wheel and the sdist in a folder hold what they should, and nothing else."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

WANTED = {
    "skmixture/__init__.py",
    "skmixture/py.typed",
    "skmixture/families/gaussian/family.py",
    "skmixture/families/negative_binomial/family.py",
    "skmixture/engine/acceleration/lbfgs.py",
    "skmixture/datasets/data/old_faithful.csv",
    "skmixture/datasets/data/galaxies.csv",
}
SOURCE_ONLY = {"tests/cases.py", "docs/conf.py", "docs/gallery/choose_and_fit.py", "README.md"}
SOURCE_ONLY |= {"CONTRIBUTING.md", "CITATION.cff", "LICENSE", "pyproject.toml"}


def main(folder: Path) -> None:
    """Exit with a message where something is missing or too much."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.split("/", 1)[-1] for name in archive.getnames()}
    missing = (WANTED - in_wheel) | ((WANTED | SOURCE_ONLY) - in_sdist)
    strays = {
        name for name in in_wheel if not name.startswith("skmixture") or name.endswith(".pyc")
    }
    if missing or strays:
        sys.exit(f"missing: {sorted(missing)}; strays in the wheel: {sorted(strays)}")
    print(f"{wheel.name}: {len(in_wheel)} files; {sdist.name}: {len(in_sdist)} entries")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
