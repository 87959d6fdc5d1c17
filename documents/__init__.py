"""The document side: files of policy texts -> documents split into clauses. Imports nothing of ours.

The main path is ``parsing.parse``.
"""
