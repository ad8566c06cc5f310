"""The wire against its oracles: botocore, and the cases AWS publishes for its protocols."""
