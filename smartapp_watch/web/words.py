"""What the pages call the states of alerts and messages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from smartapp_watch.metrics.words import Words

EVENTS: Mapping[str, Words] = {
    "fire": Words("触发", "fired"),
    "worse": Words("加剧", "got worse"),
    "resolve": Words("恢复正常", "back to normal"),
    "stale": Words("暂时无法判断", "cannot be judged now"),
    "retract": Words("撤回", "withdrawn"),
    "reopen": Words("重新打开", "open again"),
    "closed": Words("关闭", "closed"),
    "still": Words("持续提醒", "reminder"),
    "ack": Words("更新：已有人处理", "update: acknowledged"),
    "shown": Words("更新显示", "update"),
}
"""What happens to an alert, and what a message about it may be besides."""

STATES: Mapping[str, Words] = {
    "pending": Words("待确认", "pending"),
    "firing": Words("告警中", "firing"),
    "recovering": Words("恢复中", "recovering"),
    "stale": Words("无法判断", "cannot be judged"),
    "resolved": Words("已恢复", "resolved"),
    "retracted": Words("已撤回", "withdrawn"),
    "closed": Words("已关闭", "closed"),
    "ok": Words("正常", "ok"),
}

DELIVERY_STATES: Mapping[str, Words] = {
    "queued": Words("排队中", "queued"),
    "sending": Words("发送中", "being sent"),
    "sent": Words("已送达", "sent"),
    "retry": Words("稍后重试", "to be tried again"),
    "dead": Words("已放弃", "given up"),
}
