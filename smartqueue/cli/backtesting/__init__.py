"""The estimator run over a log: what it would have said, beside what happened."""
