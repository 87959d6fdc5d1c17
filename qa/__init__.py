"""The answer side: a question -> verbatim clauses with citations, or an honest refusal.

The main path is ``assistant.PolicyAssistant.ask``.
"""
