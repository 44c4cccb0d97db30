"""What a rule says and what it makes of the values of one series. Pure."""
