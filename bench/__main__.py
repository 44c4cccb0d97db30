"""Every benchmark in turn: ``python -m bench``; or those named: ``python -m bench ingest plan``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    """Run them; each prints its own figures."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name != "__main__"]
    for name in sys.argv[1:] or names:
        print(f"--- {name}")
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
