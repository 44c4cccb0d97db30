"""What one query becomes on the wire: a request for every variant of its report."""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.report import Report

_PAGE_SIZE = 20
"""Rows a page; ``gettpdata`` alone wants it said, and by the name that Baidu's own SDKs send."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, but for the page. ``variant`` is the value stored for it in the report's first dimension.

    ``kind``: what its rows carry where one report takes several (retention's ``count`` and ``ratio``).
    """

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    paged: bool = True
    variant: str = ""
    kind: str = ""

    def at(self, start_index: int) -> tuple[tuple[str, str], ...]:
        """The parameters of the page that begins with row ``start_index``."""
        if not self.paged:
            return self.parameters
        return (*self.parameters, ("start_index", str(start_index)))


def requests_for(query: Query) -> tuple[Request, ...]:
    """Every request that answers ``query``, in the order of the catalog.

    Weeks and months are asked for from their first to their last day, or the API would cut them.
    """
    report = query.table.report
    if not report.reads_ranges(query.table.granularity) and query.first.first != query.last.last:
        raise ValueError(f"{query.table.name} is read a day at a time, not {query.first} to {query.last}")
    common = _common_parameters(query)
    variants = _variants(report)
    kinds = report.requests or (("", ""),)
    return tuple(
        Request(
            report.method,
            report.path,
            (*common, *((name, value) for name, value in (parameter, extra) if name)),
            report.paged,
            variant,
            extra[1],
        )
        for parameter, variant in variants
        for extra in kinds
    )


def _common_parameters(query: Query) -> tuple[tuple[str, str], ...]:
    report = query.table.report
    parameters = [
        ("start_date", f"{query.first.first:%Y%m%d}"),
        ("end_date", f"{query.last.last:%Y%m%d}"),
    ]
    if report.sends_gran:
        parameters.append(("gran", str(query.table.granularity)))
    if report.of_platform:
        parameters.append(("metrics", ",".join(metric.name for metric in report.metrics)))
        parameters.append(("max_results", str(_PAGE_SIZE)))
        if query.scene:
            parameters.append(("scene", query.scene))
    return tuple(parameters)


def _variants(report: Report) -> tuple[tuple[tuple[str, str], str], ...]:
    """Pairs of (the parameter that chooses a variant, the value stored for it)."""
    chosen = next((dimension for dimension in report.dimensions if dimension.parameter), None)
    if chosen is None:
        return ((("", ""), ""),)
    return tuple(((chosen.parameter, sent), stored) for sent, stored in chosen.variants)
