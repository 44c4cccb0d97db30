"""watch.toml and rules/*.toml, as frozen types; the only place that reads TOML or the environment."""
