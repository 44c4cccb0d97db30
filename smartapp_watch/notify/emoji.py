"""Slack's names of the emoji that messages begin with, and the emoji themselves for everything else."""

EMOJI = {
    ":red_circle:": "🔴",
    ":large_orange_circle:": "🟠",
    ":large_blue_circle:": "🔵",
    ":white_check_mark:": "✅",
    ":hourglass_flowing_sand:": "⏳",
    ":leftwards_arrow_with_hook:": "↩️",
    ":white_circle:": "⚪",
}
