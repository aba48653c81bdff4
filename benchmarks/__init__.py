"""Benchmarks: each prints a table of ratios and writes JSON to benchmarks/results/."""
