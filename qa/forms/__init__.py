"""Forms of answer that come from the documents' structure and metadata instead of from a search.

Each module has one ``draft(question, index, day)``, which returns None where the question is not of
its form. They are conservative: a question about a matter belongs to the search.
"""
