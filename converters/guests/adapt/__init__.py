"""Plans what of a guest must change to run in EC2; writes nothing."""
