"""The other side of the network, run within the machine: Baidu's API and Slack, on loopback.

What has been posted to Slack stands in the file that is named, as a JSON list of texts.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from smartapp_watch.cli.demo_world import FLEET, demo_world
from smartapp_watch.clock import wall_clock
from smartapp_watch.metrics.period import beijing_day
from smartapp_watch.simulator.inbox import SlackInbox
from smartapp_watch.simulator.server import Simulator

API_PORT, SLACK_PORT = 8080, 8081


def serve(posted: Path) -> None:
    """Serve until killed."""
    world = demo_world(FLEET, beijing_day(wall_clock()) - timedelta(days=1))
    with Simulator(world, wall_clock, port=API_PORT), SlackInbox(port=SLACK_PORT) as slack:
        while True:
            new = posted.with_suffix(".new")
            new.write_text(
                json.dumps([[each.text, len(each.lost), str(each.blocks)] for each in slack.messages])
            )
            new.replace(posted)
            time.sleep(0.1)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
