"""What taking a push costs: alone, and from a sender that posts as fast as it is answered."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import quantiles

from smartapp_watch.clock import wall_clock
from smartapp_watch.pushes.endpoint import Endpoint
from smartapp_watch.pushes.envelope import Keys
from smartapp_watch.pushes.reception import Reception
from smartapp_watch.serving import Server
from smartapp_watch.simulator.pusher import PushedPlatform, Pusher

PLATFORM = PushedPlatform("smartapp-watch", "k8dJ2mQvXw1ZrT5yNc7LbH3fGs9PaUe6RiOoVtYxWqA", "OdxUiUVpVxH2Ai7G")
ALONE, TOGETHER, SENDERS = 1000, 4000, 16


def main() -> None:
    """Print how long one push takes, and how many a second are taken, genuine and forged."""
    keys = Keys(PLATFORM.token, base64.b64decode(PLATFORM.aes_key + "="), PLATFORM.client_id)
    reception = Reception(keys, lambda *_: None, lambda *_: None, wall_clock)
    refused: list[str] = []
    endpoint = Endpoint("/", reception.take, lambda why, _: refused.append(why))
    server = Server(endpoint.application(), "127.0.0.1", 0, "ticket")
    server.start()
    pusher = Pusher(PLATFORM)
    pushes = [pusher.ticket(f"{number:032x}", wall_clock()) for number in range(ALONE + TOGETHER)]
    answers = _post(server.port)(pushes[:ALONE])
    cuts = quantiles([seconds * 1000 for _, seconds in answers], n=100)
    print(f"one push: {cuts[49]:.2f} ms in the middle, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms")
    forged = [each.replace(b'"Nonce": "4', b'"Nonce": "5') for each in pushes[ALONE:]]
    for name, bodies, status in (("genuine", pushes[ALONE:], 200), ("forged", forged, 403)):
        began = time.perf_counter()
        parts = [bodies[number::SENDERS] for number in range(SENDERS)]
        with ThreadPoolExecutor(SENDERS) as pool:
            statuses = [each for part in pool.map(_post(server.port), parts) for each, _ in part]
        rate = len(bodies) / (time.perf_counter() - began)
        print(f"{name}: {rate:.0f} a second; {statuses.count(status)} of {len(bodies)} with {status}")
    server.stop()


def _post(port: int) -> Callable[[list[bytes]], list[tuple[int, float]]]:
    """What posts bodies one after the other: the status of each, and how many seconds it took."""

    def post(bodies: list[bytes]) -> list[tuple[int, float]]:
        connection = HTTPConnection("127.0.0.1", port)
        answers = []
        for body in bodies:
            began = time.perf_counter()
            connection.request("POST", "/", body)
            answer = connection.getresponse()
            answer.read()
            answers.append((answer.status, time.perf_counter() - began))
        return answers

    return post


if __name__ == "__main__":
    main()
