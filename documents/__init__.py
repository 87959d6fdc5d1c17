"""The document side: files of policy texts -> documents split into clauses. Imports nothing of ours.

The main path is ``parsing.parse``.
"""

import os

# onnxruntime, since 1.29, reports to Microsoft from a thread of its own as soon as it is imported, and
# looks for this only then. All that imports it imports this package first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
