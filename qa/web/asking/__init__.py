"""The asking side of the page: questions, answers, filters, what is said of answers."""
