"""What the service manager is told, and what it asks for: systemd's notification protocol.

Without systemd nothing is said. The protocol: https://www.freedesktop.org/software/systemd/man/sd_notify.html
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manager:
    """The manager that started this process; ``address`` is its socket, empty where there is none."""

    address: str = ""

    @classmethod
    def of_this_process(cls) -> Manager:
        """The manager that the environment names."""
        return cls(os.environ.get("NOTIFY_SOCKET", ""))

    def ready(self, status: str) -> None:
        """The service works."""
        self._tell(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """It reads its settings anew; :meth:`ready` says when that is done."""
        self._tell("RELOADING=1")

    def stopping(self, status: str) -> None:
        """It is about to end."""
        self._tell(f"STOPPING=1\nSTATUS={status}")

    def alive(self, status: str) -> None:
        """A sign of life, for the watchdog."""
        self._tell(f"WATCHDOG=1\nSTATUS={status}")

    def _tell(self, text: str) -> None:
        if not self.address:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.sendto(text.encode(), address)
        except OSError:
            pass  # a manager that is gone is no reason to stop; where it waits for a sign, it acts by itself
