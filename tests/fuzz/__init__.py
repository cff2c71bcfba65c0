"""A server under messages of every kind: `session.fuzzed`, for a short test and for `tests.benchmarks.fuzz`."""
