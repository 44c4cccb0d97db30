"""``[service]``: how others see that the daemon works."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.review import check_address, check_secret
from smartapp_watch.config.settings import ServiceSettings
from smartapp_watch.config.written import WrittenService

_NEEDED = ("prometheus_client", "starlette", "uvicorn")


def read_service(part: Part, folder: Path) -> ServiceSettings:
    """``[service]``, every mistake in it noted."""
    written = read_part(part, WrittenService, folder)
    if written is None:
        return ServiceSettings()
    if written.heartbeat_url is not None:
        check_address(part, "heartbeat_url", written.heartbeat_url, 'written "https://host/path"')
        check_secret(part, "heartbeat_url", written.heartbeat_url)
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if written.metrics_port is not None and missing:
        what = f"`metrics_port` needs {missing[0]}, which is not installed here"
        part.mistake("metrics_port", what, "pip install 'smartapp-watch[web]'")
    return ServiceSettings(written.heartbeat_url, written.metrics_port)
