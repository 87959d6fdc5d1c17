"""The index side: documents -> a searchable snapshot. Imports documents.

The main path is ``hybrid.HybridIndex``: build, search, save, load; ``stores`` keeps indexes in folders.
"""
