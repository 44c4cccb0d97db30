"""``[platform]``: where its own token comes from, and which mini-programs are enrolled with it."""

from __future__ import annotations

from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.events import read_events
from smartapp_watch.config.review import check_secret, refuse_repeats
from smartapp_watch.config.settings import PlatformSettings
from smartapp_watch.config.written import WrittenPlatform
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.errors import CredentialsError
from smartapp_watch.metrics.observation import App

WRITE_IT = 'write access_token = { env = "TP_ACCESS_TOKEN" } in [platform]'


def read_platform(part: Part, folder: Path, beside: Path) -> PlatformSettings:
    """``[platform]``, every mistake in it noted; ``beside``: what a relative ``credentials`` starts from."""
    written = read_part(part, WrittenPlatform, folder, without=frozenset({"events"}))
    events = read_events(part, folder)
    if written is None:
        return PlatformSettings(credentials=beside / WrittenPlatform().credentials)
    for key in ("access_token", "ticket"):
        check_secret(part, key, getattr(written, key))
    refuse_repeats(part, "scenes", written.scenes)
    _check_ways(part, written)
    has_token = written.access_token is not None or written.client_id is not None
    for key, what in (
        ("scenes", "`scenes` are asked for with the platform's token, which is missing"),
        ("adopt_apps", "`adopt_apps` wants the platform's token, which is missing"),
    ):
        if getattr(written, key) and not has_token:
            part.mistake(key, what, WRITE_IT)
    return PlatformSettings(
        written.access_token,
        tuple(written.scenes),
        written.client_id or "",
        written.ticket,
        written.app_access_token,
        beside / written.credentials,
        written.adopt_apps,
        events,
    )


def _check_ways(part: Part, written: WrittenPlatform) -> None:
    """The token is given, or obtained; what obtains it must be complete."""
    if written.ticket is not None and written.access_token is not None:
        what = "`ticket` obtains the token that `access_token` gives"
        part.mistake("ticket", what, "leave one of them out")
    elif written.ticket is not None and written.client_id is None:
        what = "`ticket` obtains a token for a `client_id`, which is missing"
        part.mistake("ticket", what, 'the key of the platform: client_id = "…"')
    elif written.client_id is not None and not (
        written.access_token or written.ticket or "events" in part.data
    ):
        what = "`client_id` alone obtains no token: a ticket is missing"
        part.mistake("client_id", what, 'ticket = { file = "ticket" }, which another service keeps fresh')
    template = written.app_access_token
    if template is not None and not any("{app_id}" in word for word in template.reference):
        what = "`app_access_token` is the same for every mini-program"
        part.mistake(
            "app_access_token", what, '{ command = ["program", "{app_id}"] }, with {app_id} for its number'
        )


def read_enrolled(part: Part, platform: PlatformSettings) -> tuple[App, ...]:
    """The mini-programs that ``apps add``, or the platform's events, enrolled; they have no tags."""
    if not platform.has_token and platform.app_access_token is None:
        return ()
    try:
        known = Credentials(platform.credentials).apps().values()
    except CredentialsError as error:
        part.mistake("credentials", str(error), "a file that this user can read and write")
        return ()
    return tuple(App(each.app_id, each.name) for each in known if each.enrolled)
