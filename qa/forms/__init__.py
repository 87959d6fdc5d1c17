"""One module for each form of answer: what is asked in it, and the draft that answers."""
