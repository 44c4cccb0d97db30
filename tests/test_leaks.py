"""What a daemon opens it closes: cycle after cycle it has no more descriptors and threads than before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bench.resting import in_a_process_of_its_own
from tests.cli.desk import NOW, open_desk


def test_thirty_cycles_leave_descriptors_and_threads_as_they_were(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        uses = in_a_process_of_its_own(desk.settings, NOW - timedelta(days=1), 30)
        assert desk.simulator.calls > 30
        assert len(desk.slack.messages) > 0
    after_three = uses[2]
    assert {(use.descriptors, use.threads) for use in uses[3:]} == {
        (after_three.descriptors, after_three.threads)
    }
