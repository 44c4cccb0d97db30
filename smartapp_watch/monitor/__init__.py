"""Tells machines how the service fares: a heartbeat by cycle, ``/healthz`` and ``/metrics``."""
