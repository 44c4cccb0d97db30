"""A machine within this one: systemd boots in namespaces of its own, on an overlay of this root.

It takes no network, no cgroup and no file of the host; what it writes is gone with it. Run as a program, this
says what keeps it from being had here, and ends with 77 where there is something.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.waiting import wait_until

HERE = Path(__file__).parent
SYSTEMD = Path("/lib/systemd/systemd")
HINDERED = 77
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

Done = subprocess.CompletedProcess[str]


def hindrance() -> str:
    """What keeps a machine from being had here; empty where nothing does."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root of a Linux may boot a machine"
    missing = [name for name in ("unshare", "nsenter", "setpriv", "systemctl") if not shutil.which(name)]
    if missing or not SYSTEMD.exists():
        return f"not installed: {', '.join(missing) or 'systemd'}"
    with TemporaryDirectory() as name:
        tried = _Namespaces(Path(name), {}, probe=True)
        try:
            tried.process.wait(20)
        except subprocess.TimeoutExpired:
            return "the namespaces of a machine are not made within 20 s"
        finally:
            tried.end()
        return "" if tried.process.returncode == 0 else f"no machine can be made: {tried.said}"


class _Namespaces:
    """The processes that hold a machine: they end, all at once, with :meth:`end` or with this process."""

    def __init__(self, folder: Path, places: dict[Path, str], *, probe: bool = False) -> None:
        self._group = f"smartapp-watch-{folder.name}-{os.getpid()}"
        self._log = folder / "log"
        for name in ("disk", "share"):
            (folder / name).mkdir()
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
        words += ["sh", str(HERE / "outside.sh"), str(folder), self._group]
        words += [str(word) for place in places.items() for word in place]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": PATH, "PROBE": "yes" if probe else ""},
            )

    @property
    def said(self) -> str:
        """What went wrong, on one line."""
        return "; ".join(self._log.read_text(errors="replace").splitlines()[-3:]) or "nothing was said"

    @property
    def first(self) -> int:
        """The machine's process 1, by its number here; 0 while it has none."""
        number = self.process.pid
        try:
            children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        except OSError:
            return 0
        return int(children[0]) if children else 0

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if not self._log.with_name("cgroup").exists():
            return  # it did not come that far
        # The kernel keeps a cgroup until somebody removes it, and does so once its last process is gone.
        remove = (
            'mount -t cgroup2 cgroup2 "$1" && cd "$1" && [ ! -d "$2" ] || find "$2" -depth -type d -delete'
        )
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", remove]
        command += ["remove", str(self._log.with_name("disk")), self._group]
        wait_until(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0)


class Machine:
    """A booted machine. ``folder`` must be new; its ``share`` is the machine's /machine/share.

    ``places``: further folders of the host, each with where the machine has it.
    """

    def __init__(self, folder: Path, places: dict[Path, str]) -> None:
        self.share = folder / "share"
        self._namespaces = _Namespaces(folder, places)
        try:
            wait_until(self._is_up)
        except BaseException as error:
            self.end()
            raise RuntimeError(f"the machine does not boot: {self._namespaces.said}") from error

    def _is_up(self) -> bool:
        return self.run("systemctl", "is-active", "--quiet", "machine.target", check=False).returncode == 0

    def run(self, *words: str, check: bool = True, **options: Any) -> Done:
        """Run a command as the machine's root."""
        entered = ["nsenter", "--all", "--target", str(self._namespaces.first), *words]
        environment = {"PATH": PATH, "LANG": "C.UTF-8"}
        done = subprocess.run(
            entered, capture_output=True, text=True, env=environment, check=False, timeout=60, **options
        )
        assert done.returncode == 0 or not check, f"{words}: {done.stdout}{done.stderr}"
        return done

    def write(self, path: str, text: str) -> None:
        """Write a file of the machine."""
        self.run("install", "-D", "-m", "644", "/dev/stdin", path, input=text)

    def show(self, unit: str, name: str) -> str:
        """A property of a unit, as systemd has it now."""
        return self.run("systemctl", "show", unit, "--value", "--property", name).stdout.strip()

    def journal(self, unit: str) -> list[tuple[int, str]]:
        """What a unit has said so far: (priority, message)."""
        lines = self.run("journalctl", "--unit", unit, "--output", "json").stdout.splitlines()
        entries = [json.loads(line) for line in lines]
        return [(int(entry["PRIORITY"]), str(entry["MESSAGE"])) for entry in entries]

    def written(self) -> dict[str, float]:
        """What of the disk differs from the host's: each file with when it changed, each folder with 0."""
        listed = ("-type", "d", "-printf", "%P\t0\n", "-o", "-printf", "%P\t%C@\n")
        found = self.run("find", "/machine/upper", *listed).stdout
        return {path: float(at) for path, _, at in (line.partition("\t") for line in found.splitlines())}

    def end(self) -> None:
        """Switch it off, as by its plug."""
        self._namespaces.end()


if __name__ == "__main__":
    found = hindrance()
    print(found)
    sys.exit(HINDERED if found else 0)
