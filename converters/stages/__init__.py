"""What happens to bytes: paths in, values out; neither tasks nor the store are known here."""
