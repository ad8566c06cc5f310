"""Tests of guests: built in seconds, looked into, judged, adapted."""
