"""A seeded world of mini-programs, spoken over the API's own dialect of HTTP."""
