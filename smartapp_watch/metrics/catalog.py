"""The ten reports of Baidu's data-statistics API, as data.

Client, decoder, tables, rule checker and reference derive from this file: a new field is one line here.
Retention cells of a cohort run from the 2nd to the 9th period; the cohort's own is not served.
"""

from __future__ import annotations

from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Dimension, Good, Layout, Metric, Report, Table, Text, Unit
from smartapp_watch.metrics.words import Words

_PATH = "/rest/2.0/smartapp/data/"
_EVERY_PERIOD = (Granularity.DAY, Granularity.HOUR, Granularity.WEEK, Granularity.MONTH)


def _count(name: str, zh: str, en: str, good: Good = Good.UP) -> Metric:
    return Metric(name, Unit.COUNT, Words(zh, en), good)


def _percent(
    name: str,
    zh: str,
    en: str,
    good: Good = Good.NEITHER,
    *,
    of: tuple[str, str] | None = None,
    also: tuple[str, ...] = (),
) -> Metric:
    return Metric(name, Unit.PERCENT, Words(zh, en), good, of, also)


def _seconds(name: str, zh: str, en: str) -> Metric:
    return Metric(name, Unit.SECONDS, Words(zh, en), Good.UP)


USER_TREND = Report(
    name="user_trend",
    words=Words("用户趋势", "user trend"),
    path=_PATH + "getanalysisusertrend",
    layout=Layout.PERIODS,
    granularities=_EVERY_PERIOD,
    sends_gran=True,
    time_axis=True,
    metrics=(
        _count("new_user_count", "新用户数", "new users"),
        _percent("new_user_ratio", "新用户占比", "share of new users", of=("new_user_count", "user_count")),
        _count("old_user_count", "老用户数", "returning users"),
        _percent(
            "old_user_ratio", "老用户占比", "share of returning users", of=("old_user_count", "user_count")
        ),
        _count("user_count", "启动用户数", "users"),
        _count("session_count", "启动次数", "sessions"),
        _seconds("average_session_time", "次均使用时长", "time per session"),
        _seconds("session_time_per_person", "人均使用时长", "time per user"),
    ),
)

ACTIVITY_USER = Report(
    name="activity_user",
    words=Words("活跃用户", "active users"),
    path=_PATH + "getanalysisactivityuser",
    layout=Layout.PERIODS,
    time_axis=True,
    metrics=(
        _count("user_count", "启动用户数", "users"),
        _percent("daily_activity_degree", "日活跃度", "daily activity", Good.UP),
        _percent("day_month_activity_degree", "日活/月活", "daily of monthly users", Good.UP),
        _count("weekly_user_count", "周活跃用户数", "users of 7 days"),
        _percent("weekly_activity_degree", "周活跃度", "weekly activity", Good.UP),
        _count("monthly_user_count", "月活跃用户数", "users of 30 days"),
        _percent("monthly_activity_degree", "月活跃度", "monthly activity", Good.UP),
        _count("lost_user_count", "流失用户数", "lost users", Good.DOWN),
        _percent("lost_ratio", "流失率", "share of lost users", Good.DOWN),
        _count("accumulative_user_count", "累计启动用户数", "users ever"),
    ),
)

RETAINED_USER = Report(
    name="retained_user",
    words=Words("活跃用户留存", "retention"),
    path=_PATH + "getanalysisretaineduser",
    layout=Layout.COHORTS,
    granularities=(Granularity.DAY, Granularity.WEEK, Granularity.MONTH),
    sends_gran=True,
    time_axis=True,
    requests=(("report_type", "count"), ("report_type", "ratio")),
    last_nth=9,
    dimensions=(Dimension("nth", Words("第几期", "nth period"), integer=True),),
    metrics=(
        Metric("active_user_count", Unit.COUNT, Words("活跃用户数", "active users"), Good.UP, of_cohort=True),
        _count("retained_user_count", "留存用户数", "retained users"),
        _percent(
            "retained_ratio", "留存率", "retention", Good.UP, of=("retained_user_count", "active_user_count")
        ),
    ),
)

VISIT_ATTRIBUTE = Report(
    name="visit_attribute",
    words=Words("用户画像", "user attributes"),
    path=_PATH + "getanalysisvisitattribute",
    layout=Layout.PORTRAIT,
    paged=False,
    dimensions=(
        Dimension(
            "attribute",
            Words("属性", "attribute"),
            variants=(("age", "age"), ("sex", "sex"), ("interest", "interest")),
        ),
        Dimension("name", Words("名称", "name")),
    ),
    texts=(Text("attribute_id", Words("属性编号", "attribute id"), "attribute_id"),),
    metrics=(_percent("count_ratio", "数量占比", "share of users", also=("user_count_ratio",)),),
)

REGION = Report(
    name="region",
    words=Words("地域分布", "regions"),
    path=_PATH + "getanalysisregion",
    layout=Layout.VALUES,
    has_sum=True,
    dimensions=(Dimension("region", Words("地域", "region")),),
    metrics=(
        _count("session_count_district", "启动次数", "sessions"),
        _percent("session_count_district_ratio", "启动次数占比", "share of sessions"),
        _percent("new_user_count_district_ratio", "新用户占比", "share of new users"),
        _percent("user_count_district_ratio", "启动用户占比", "share of users"),
        _seconds("average_session_time_district", "次均使用时长", "time per session"),
    ),
)

TERMINAL = Report(
    name="terminal",
    words=Words("终端分布", "terminals"),
    path=_PATH + "getanalysisterminal",
    layout=Layout.VALUES,
    has_sum=True,
    dimensions=(
        Dimension(
            "terminal_type",
            Words("终端类型", "kind of terminal"),
            parameter="terminal_type",
            variants=tuple(
                (f"terminal_{kind}", kind) for kind in ("brand", "device", "os", "screen", "network")
            ),
        ),
        Dimension("name", Words("名称", "name")),
    ),
    metrics=(
        _count("accumulative_session_count", "启动次数", "sessions"),
        _percent("accumulative_session_count_ratio", "启动次数占比", "share of sessions"),
        _percent("accumulative_new_user_count_ratio", "新用户占比", "share of new users"),
        _percent("accumulative_user_count_ratio", "启动用户占比", "share of users"),
        _seconds("average_use_time", "次均使用时长", "time per session"),
    ),
)

VISIT_PAGE = Report(
    name="visit_page",
    words=Words("页面分析", "pages"),
    path=_PATH + "getanalysisvisitpage",
    layout=Layout.VALUES,
    has_sum=True,
    dimensions=(Dimension("page_id", Words("页面编号", "page id"), field="pageId"),),
    texts=(
        Text("page", Words("页面", "page"), "pageName"),
        Text("alias", Words("页面别名", "alias"), "pageAlias"),
    ),
    metrics=(
        _count("pv_count", "访问次数", "views"),
        _percent("pv_ratio", "访问次数占比", "share of views"),
        _count("pv_user_count", "访问用户数", "visitors"),
        _seconds("average_stay_time", "次均停留时长", "stay per view"),
        _percent("stay_time_ratio", "停留时长占比", "share of stay"),
        _percent("bounce_ratio", "页面退出率", "exit rate", Good.DOWN, of=("exit_count", "pv_count")),
        _count("entry_count", "入口页次数", "entries", Good.NEITHER),
        _count("exit_count", "退出页次数", "exits", Good.NEITHER),
    ),
)

VISIT_CHARACTER = Report(
    name="visit_character",
    words=Words("用户习惯", "user habits"),
    path=_PATH + "getanalysisvisitcharacter",
    layout=Layout.VALUES,
    has_sum=True,
    dimensions=(
        Dimension(
            "character_type",
            Words("习惯类型", "kind of habit"),
            parameter="character_type",
            variants=tuple((kind, kind) for kind in ("depth", "time", "interval", "frequency")),
        ),
        Dimension("name", Words("名称", "name")),
    ),
    metrics=(
        _count("user_count", "启动用户数", "users"),
        _percent("user_count_ratio", "启动用户占比", "share of users"),
        _count("session_count", "启动次数", "sessions"),
        _percent("session_count_ratio", "启动次数占比", "share of sessions"),
    ),
)

SOURCE = Report(
    name="source",
    words=Words("来源分析", "sources"),
    path=_PATH + "getanalysissource",
    layout=Layout.SOURCES,
    dimensions=(
        Dimension("source", Words("来源", "source"), field="source"),
        Dimension("scene", Words("场景", "scene"), field="sceneId"),
    ),
    texts=(Text("name", Words("名称", "name"), "name"),),
    metrics=(
        _count("new_user_count", "新用户数（90天）", "users new within 90 days"),
        _percent("new_user_scale", "新用户占比", "share of new users"),
        _count("user_count", "启动用户数", "users"),
        _percent("user_scale", "启动用户占比", "share of users"),
        _percent("session_scale", "启动次数占比", "share of sessions"),
        Metric("session_count_per_user", Unit.NUMBER, Words("人均启动次数", "sessions per user"), Good.UP),
        _seconds("average_session_time", "次均使用时长", "time per session"),
    ),
)

TP_DATA = Report(
    name="tp_data",
    words=Words("平台汇总", "platform totals"),
    path=_PATH + "gettpdata",
    layout=Layout.TOTALS,
    method="GET",
    time_axis=True,
    of_platform=True,
    dimensions=(Dimension("scene", Words("场景", "scene"), field=""),),
    metrics=(
        _count("tp_day_app_count", "当日小程序数", "mini-programs in use"),
        _count("tp_week_app_count", "近7日小程序数", "mini-programs of 7 days"),
        _count("tp_month_app_count", "近30日小程序数", "mini-programs of 30 days"),
        _count("tp_day_user_count", "当日启动用户数", "users"),
        _count("tp_week_user_count", "近7日启动用户数", "users of 7 days"),
        _count("tp_month_user_count", "近30日启动用户数", "users of 30 days"),
        _count("tp_day_new_user_count", "当日新用户数", "new users"),
        _count("tp_week_new_user_count", "近7日新用户数", "new users of 7 days"),
        _count("tp_month_new_user_count", "近30日新用户数", "new users of 30 days"),
        _count("tp_day_session_count", "当日启动次数", "sessions"),
        _count("tp_week_session_count", "近7日启动次数", "sessions of 7 days"),
        _count("tp_month_session_count", "近30日启动次数", "sessions of 30 days"),
        _count("tp_day_page_count", "当日页面访问次数", "page views"),
        _percent("tp_activity_degree", "小程序活跃度", "activity", Good.UP),
        _seconds("tp_session_time_per_person", "人均使用时长", "time per user"),
        _seconds("tp_session_time_per_day", "次均使用时长", "time per session"),
        _count("tp_day_share_count", "分享次数", "shares"),
        _count("tp_day_back_flow_count", "回流次数", "returns from shares"),
    ),
)

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        USER_TREND,
        ACTIVITY_USER,
        RETAINED_USER,
        VISIT_ATTRIBUTE,
        REGION,
        TERMINAL,
        VISIT_PAGE,
        VISIT_CHARACTER,
        SOURCE,
        TP_DATA,
    )
}
"""Every report, by its name."""

TABLES: dict[str, Table] = {
    table.name: table
    for report in REPORTS.values()
    for table in (Table(report, granularity) for granularity in report.granularities)
}
"""Every table of the history, by its name."""
