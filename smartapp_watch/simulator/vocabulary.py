"""The values that breakdowns are broken down by, with their usual weights."""

from __future__ import annotations

from dataclasses import dataclass

Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A way into an app. ``id`` and ``name`` are empty for the group that has no children."""

    source: str
    id: str
    name: str
    weight: float


def _falling(names: str, ratio: float) -> Weights:
    return tuple((name, ratio**rank) for rank, name in enumerate(names.split("|")))


REGIONS = _falling(
    "广东|山东|河南|江苏|河北|浙江|四川|安徽|湖南|湖北|北京|广西|江西|辽宁|福建|陕西|山西|云南|上海|重庆|黑龙江|贵州|"
    "吉林|天津|内蒙古|甘肃|新疆|海南|宁夏|青海|香港|西藏|台湾|澳门",
    0.9,
)
BRANDS = _falling("华为|苹果|OPPO|vivo|小米|荣耀|三星|魅族|联想|一加|金立|中兴", 0.72)
DEVICES = _falling(
    "iPhone 14|iPhone 13|HUAWEI P50|HUAWEI Mate 60|iPhone 15|HONOR 90|OPPO Reno10|vivo S17|Redmi K60|"
    "iPhone 12|Xiaomi 13|"
    "OPPO A58|vivo Y78|HUAWEI nova 11|HONOR X50|iPhone 11|Redmi Note 12|OPPO Find X6|vivo X90|"
    "Galaxy S23|HUAWEI Mate 40|"
    "iPhone SE|Meizu 20|OnePlus 11",
    0.9,
)
SYSTEMS = _falling(
    "Android 14|iOS 17.1|Android 13|Android 12|iOS 16.6|HarmonyOS 4|Android 11|iOS 15.8|Android 10|"
    "iOS 17.0|Android 9|"
    "Android 8.1|iOS 14.8|Android 8|iOS 13.7|Android 7.1",
    0.78,
)
SCREENS = _falling(
    "1080*2400|1170*2532|1080*2340|1220*2712|1179*2556|720*1600|1284*2778|1240*2772|828*1792|750*1334|1440*3200|640*1136",
    0.75,
)
NETWORKS: Weights = (("wifi", 61.0), ("4g", 24.0), ("5g", 13.0), ("3g", 1.2), ("2g", 0.8))

BREAKDOWNS: dict[str, Weights] = {
    "region": REGIONS,
    "terminal_brand": BRANDS,
    "terminal_device": DEVICES,
    "terminal_os": SYSTEMS,
    "terminal_screen": SCREENS,
    "terminal_network": NETWORKS,
}
"""What splits an app's figures completely, by the name of the report or of its type."""

SCENES = (
    Scene("39", "11010020", "原生", 34.0),
    Scene("39", "11010018", "闪投", 6.0),
    Scene("37", "10810012", "搜索词推荐直达", 14.0),
    Scene("37", "10810014", "小程序单卡", 12.0),
    Scene("37", "10810008", "自然结果", 9.0),
    Scene("37", "10810083", "小程序tab", 1.5),
    Scene("46", "12110047", "推荐", 5.0),
    Scene("46", "12110048", "历史", 2.5),
    Scene("45", "12010044", "顶部横滑模块", 3.5),
    Scene("45", "12010042", "智能小程序", 1.5),
    Scene("45", "12010045", "历史", 0.8),
    Scene("10", "0", "其他", 1.0),
    Scene("", "", "", 0.6),
    Scene("13", "11600000", "分享", 3.5),
    Scene("40", "11110029", "百家号文章挂载", 1.6),
    Scene("48", "12500000", "多任务", 1.4),
    Scene("44", "11700000", "小程序", 0.9),
    Scene("6", "12300000", "桌面快捷", 1.2),
)

HABITS: dict[str, Weights] = {
    "depth": (("1页", 46), ("2页", 24), ("3-5页", 19), ("6-10页", 8), ("11-20页", 2.4), ("21页以上", 0.6)),
    "time": (
        ("1-3秒", 12),
        ("4-10秒", 21),
        ("11-30秒", 27),
        ("31-60秒", 17),
        ("1-3分", 15),
        ("3-10分", 6.5),
        ("10-30分", 1.3),
        ("30分以上", 0.2),
    ),
    "interval": (
        ("首次启动", 35),
        ("当日", 16),
        ("1天", 17),
        ("2天", 8),
        ("3天", 5),
        ("4天", 3.5),
        ("5天", 3),
        ("6天", 2.5),
        ("7天", 2.5),
        ("8-14天", 4),
        ("15-30天", 2.5),
        ("30天以上", 1),
    ),
    "frequency": (
        ("1-2次", 91),
        ("3-5次", 6.6),
        ("6-9次", 1.8),
        ("10-19次", 0.5),
        ("20-49次", 0.1),
        ("50次以上", 0),
    ),
}
"""The steps of each habit; only of ``frequency`` and ``interval`` are they steps of users."""

ATTRIBUTES: dict[str, Weights] = {
    "age": (
        ("18岁以下", 0.6),
        ("18-24岁", 8.1),
        ("25-34岁", 24.4),
        ("35-44岁", 34.1),
        ("45-54岁", 26.7),
        ("55-64岁", 5.3),
        ("65岁以上", 0.8),
    ),
    "sex": (("男", 43.2), ("女", 56.8)),
    "interest": (
        ("软件应用", 8.48),
        ("资讯", 8.25),
        ("影视音乐", 7.36),
        ("医疗健康", 6.4),
        ("书籍阅读", 5.5),
        ("教育培训", 5.42),
        ("餐饮美食", 5.05),
        ("建材家居", 4.97),
        ("旅游酒店", 4.52),
        ("母婴亲子", 3.69),
        ("", 40.36),
    ),
}
"""Whom users are like. The interest without a name is all the others, which the API does not list."""

HOURS = (9, 5, 3, 2, 2, 4, 12, 25, 38, 45, 48, 47, 50, 46, 42, 43, 45, 44, 46, 54, 62, 60, 42, 22)
"""How much of a day's use falls into each hour."""
