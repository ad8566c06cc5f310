"""The rooms of the store: one generic one, and one small module for each kind of row."""
