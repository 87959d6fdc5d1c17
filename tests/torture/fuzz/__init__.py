"""What ``torture fuzzing`` is made of: seeds, targets, growth, requests and command lines."""
