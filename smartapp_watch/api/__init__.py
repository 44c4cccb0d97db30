"""The API as this program speaks to it: access tokens, calls, and the decoding of answers."""
