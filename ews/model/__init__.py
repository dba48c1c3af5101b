"""Split, train, calibrate, baselines, evaluate, explain."""
