"""Whatever JSON comes, the decoder makes observations of it or says BadPayload; never anything else."""

from __future__ import annotations

import sqlite3
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.api.client import _assemble
from smartapp_watch.api.decode import decode_page
from smartapp_watch.api.gathering import Gathering
from smartapp_watch.api.request import requests_for
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table, Unit

FIRST = {
    Granularity.HOUR: "2026-11-22T00",
    Granularity.DAY: "2026-11-22",
    Granularity.WEEK: "2026-W47",
    Granularity.MONTH: "2026-11",
}
NAMES = ["2026/11/22", "2026/11/16 - 2026/11/22", "2026/11", "00:00 - 00:59", "20261122", "--", "", "重庆"]
FIELDS = sorted(
    {
        *("name", "data", "date", "sceneId", "source", "pageId", "pageName", "pageAlias", "attribute_id"),
        *("age", "sex", "interest", "第2天", "第3周", "第9月", "第1天"),
        *(metric.name for report in REPORTS.values() for metric in report.metrics),
    }
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["--", "21.3", "1646", *NAMES])
    | st.text(alphabet=["\ud800", "\x00", "a"], max_size=3)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)
likely = st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 9) | anything, max_size=6).flatmap(
    lambda row: st.sampled_from(NAMES).map(lambda name: {"name": name, "data": name, "pageId": name} | row)
)
payloads = anything | st.fixed_dictionaries(
    {},
    optional={
        "data_list": st.lists(likely | anything, max_size=4),
        "result": st.lists(likely | anything, max_size=4),
        "total": st.integers(0, 5) | anything,
        "sum": likely | anything,
    },
)


def query_for(table: Table) -> Query:
    period = Period.parse(FIRST[table.granularity])
    return Query(table, None if table.report.of_platform else 7, period, period)


def conforms(table: Table, value: Any, unit: Unit) -> bool:
    if value is None:
        return True
    return type(value) is int and 0 <= value <= 10**15 if unit is Unit.COUNT else type(value) is float


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(TABLES.values())), payloads)
def test_any_payload_is_read_or_refused(table: Table, data: Any) -> None:
    query = query_for(table)
    gathered = []
    try:
        for request in requests_for(query):
            gathering = Gathering()
            gathering.take(decode_page(query, request, data))
            gathered.append(gathering)
        reading = _assemble(query, gathered)
    except BadPayload as error:
        refused = str(error)
        assert refused.isprintable()
        assert len(refused) < 400
        return
    keys = [(each.period, each.dimensions) for each in reading.observations]
    assert len(keys) == len(set(keys))
    for each in reading.observations:
        assert query.first <= each.period <= query.last
        assert len(each.dimensions) == len(table.report.dimensions)
        assert len(each.texts) == len(table.report.texts)
        pairs = zip(each.values, table.report.metrics, strict=True)
        assert all(conforms(table, value, metric.unit) for value, metric in pairs)
        row = (*each.dimensions, *each.texts, *each.values)
        sqlite3.connect(":memory:").execute(f"SELECT {','.join('?' * len(row))}", row)
