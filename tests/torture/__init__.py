"""Trials that break the product on purpose, at full length: ``make torture``.

Each module is one kind of trial with ``run(folder, amount, seed) -> Section`` and ``FULL``, the amount
of a full run; the tests beside this folder call the same functions with small amounts.
"""
