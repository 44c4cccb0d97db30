"""``apps``: the mini-programs and their authorisation."""

from __future__ import annotations

import sys

import click

from smartapp_watch.cli.session import WARNING, Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import STATUSES, Gone
from smartapp_watch.enrol import Authorisation, authorisations, dismiss, enrol, refuse_listed
from smartapp_watch.tokens import make_client

_RELOAD = "a running daemon takes notice when it reads its settings anew (SIGHUP)"
APP = click.IntRange(min=1)


@click.group()
def command() -> None:
    """The mini-programs and their authorisation."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """Show where each mini-program's token comes from, until when it is good, and Baidu's status."""
    found = list(authorisations(session.config()))
    if as_json:
        print_json([_document(each) for each in found])
        return
    print_table(
        ["mini-program", "name", "listed", "token", "expires", "status", "problem"],
        [
            [
                str(each.app_id),
                each.name,
                "yes" if each.listed else "enrolled",
                each.way,
                f"{each.expires:%Y-%m-%d %H:%M} UTC" if each.expires else "",
                _status(each.status),
                each.problem,
            ]
            for each in found
        ],
        empty="no mini-program is watched",
    )


@command.command()
@click.argument("app_id", metavar="ID", type=APP)
@click.option("--code", default="", help="Its owner's authorisation code; - reads it from standard input.")
@pass_session
def add(session: Session, app_id: int, *, code: str) -> None:
    """Gain a mini-program's tokens, and watch it; without --code, Baidu is asked for one."""
    session.start_log(WARNING)
    config = session.config()
    if code == "-":
        code = sys.stdin.readline().strip()
    client = make_client(config)
    try:
        record = enrol(config, client, app_id, session.clock()(), code)
    finally:
        client.close()
    name = f" ({record.name})" if record.name else ""
    click.echo(f"mini-program {app_id}{name} is watched; status: {_status(record.status) or 'not known'}")
    click.echo(_RELOAD, err=True)


@command.command()
@click.argument("app_id", metavar="ID", type=APP)
@click.option("--forget", is_flag=True, help="Delete its history, too; while no daemon runs.")
@click.option("--yes", is_flag=True, help="Do not ask whether to delete.")
@pass_session
def remove(session: Session, app_id: int, *, forget: bool, yes: bool) -> None:
    """Watch an enrolled mini-program no more, and forget its tokens; its history stays without --forget."""
    config = session.config()
    if not forget:
        dismiss(config, app_id)
        click.echo(f"mini-program {app_id} is watched no more; its history stays")
        click.echo(_RELOAD, err=True)
        return
    refuse_listed(config, app_id)
    with session.writing(config) as history:
        if not yes:
            rows = history.erasure.count(app_id)
            click.confirm(f"delete {rows} rows of mini-program {app_id} for good?", abort=True, err=True)
        Credentials(config.platform.credentials).save(Gone(app_id))
        rows = history.erasure.forget(app_id)
    click.echo(f"mini-program {app_id} is watched no more; {rows} rows of it are deleted")


def _status(status: int | None) -> str:
    return "" if status is None else STATUSES.get(status, str(status))


def _document(each: Authorisation) -> dict[str, object]:
    return {
        "id": str(each.app_id),
        "name": each.name,
        "listed": each.listed,
        "token": each.way,
        "expires": each.expires.isoformat() if each.expires else None,
        "status": _status(each.status) or None,
        "problem": each.problem or None,
        "next_try": each.next_try.isoformat() if each.next_try else None,
    }
