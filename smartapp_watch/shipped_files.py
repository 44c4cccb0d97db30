"""Where the files that come with the program are: rules, templates, the reference configuration."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped(name: str) -> Path:
    """The folder or file of that name: in an installed wheel inside the package, in a checkout beside it."""
    package = Path(str(files("smartapp_watch")))
    inside = package / "shipped" / name
    return inside if inside.exists() else package.parent / name
