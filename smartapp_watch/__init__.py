"""Watches the figures of a fleet of Baidu smart mini-programs and tells people when one needs a look."""

__version__ = "0.1.0"
