"""Signatures: whether a request is from who it says.

Imported only where credentials are configured.

door ─► sigv4 · sigv2 ─► canonical          what was signed, from the bytes as they arrived
  ├───► keys                                secrets and accounts, from VMIE_CREDENTIALS
  ├───► bodies                              hashes and signed chunks, while a body streams
  └───► words                               how each service refuses
"""
