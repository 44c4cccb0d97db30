"""Receivers of messages, and how a message looks in each."""
