"""How each kind of fault looks on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from smartapp_watch.simulator.envelope import gateway_error, service_error, success
from smartapp_watch.simulator.faults import Answer, FaultKind
from smartapp_watch.simulator.loopback import Delivery, Reply
from smartapp_watch.simulator.reports import Row

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"

_WITHOUT_DATA = {
    FaultKind.SERVER_ERROR: Reply(_HTML, 500, "text/html"),
    FaultKind.HTML: Reply(_HTML, 200, "text/html"),
    FaultKind.EMPTY: Reply(b""),
    FaultKind.RESET: Reply(b"", delivery=Delivery.RESET),
    FaultKind.BUSY: service_error(5000, "网络繁忙，请稍后重试"),
    FaultKind.UNAVAILABLE: gateway_error(2, "Service temporarily unavailable"),
    FaultKind.NULL_DATA: success(None),
}


class Misbehaviour:
    """Makes the replies of one simulator: as they should be, or as a fault has them."""

    def __init__(self) -> None:
        self._disagreements = count()

    def reply(self, fault: Answer | FaultKind | None, make_data: Callable[[], Row]) -> Reply:
        """The reply to a call that ``fault`` struck; None did not."""
        if fault is None:
            return success(make_data())
        if isinstance(fault, Answer):
            return Reply(fault.body, fault.status, fault.content_type)
        if fault in _WITHOUT_DATA:
            return _WITHOUT_DATA[fault]
        if fault is FaultKind.DISAGREEING_PAGES:
            return success(_disagreeing(make_data(), with_a_row_twice=next(self._disagreements) % 2 == 0))
        whole = success(make_data())
        if fault is FaultKind.TRICKLE:
            return replace(whole, delivery=Delivery.TRICKLE)
        return replace(whole, body=whole.body[: len(whole.body) // 2])


def _disagreeing(data: Row, *, with_a_row_twice: bool) -> Row | None:
    """A row twice, or another total than the other pages have; a report without pages: nothing."""
    rows = data.get("result", data.get("data_list"))
    total = data.get("total")
    if not isinstance(total, int | str) or not isinstance(rows, list):
        return None
    if with_a_row_twice and len(rows) > 1:
        return data | {"result" if "result" in data else "data_list": [*rows[:-1], rows[0]]}
    return data | {"total": type(total)(int(total) + 1)}
