"""Decides whether EC2 takes a guest: one small function a rule, tables as data."""
