"""Pages for people, read from the history beside whoever writes it. They change nothing by themselves."""
