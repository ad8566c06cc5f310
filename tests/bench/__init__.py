"""`make bench`: how fast and how large, each figure beside a reference measured in the same run."""
