"""Readers of filesystems: each gives a Tree, or raises Unreadable."""
