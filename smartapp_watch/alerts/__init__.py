"""What is told, to whom: the alert as a fold of verdicts, routes and notifications. Pure."""
