"""Run in place of the program, under its unit: whether all that it may import works, where it can write."""

from __future__ import annotations

import importlib
import pkgutil
import socket
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

import smartapp_watch

EXTRAS = (
    "PIL.Image",
    "PIL.ImageDraw",
    "apprise",
    "cryptography.fernet",
    "prometheus_client",
    "starlette.routing",
    "uvicorn",
)
FORBIDDEN = (
    "/etc/smartapp-watch",
    "/opt/smartapp-watch",
    "/home",
    "/root",
    "/usr/local",
    "/var/log",
    "/dev",
    "/srv/for-everybody",
)


def import_everything() -> None:
    """Every module of the program and of its extras, and work for those that are compiled."""
    for module in pkgutil.walk_packages(smartapp_watch.__path__, "smartapp_watch."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    extras = {name: importlib.import_module(name) for name in EXTRAS}
    extras["PIL.Image"].new("RGB", (99, 99)).resize((9, 9)).tobytes()
    key = extras["cryptography.fernet"].Fernet.generate_key()
    extras["cryptography.fernet"].Fernet(key).encrypt(b"x")
    ssl.create_default_context()
    socket.getaddrinfo("localhost", 80)


def write_elsewhere() -> list[str]:
    """The places out of bounds that can be written to after all."""
    found = []
    for place in FORBIDDEN:
        with suppress(OSError):
            Path(place, "mine").write_text("")
            found.append(place)
    return found


if __name__ == "__main__":
    import_everything()
    print("everything was imported")
    with tempfile.TemporaryFile(dir="/var/lib/smartapp-watch"), tempfile.TemporaryFile():
        print(f"{write_elsewhere() or 'nothing'} else can be written")
