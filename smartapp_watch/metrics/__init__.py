"""What is known of the API's figures: reports, metrics, units, dimensions and periods. Pure."""
