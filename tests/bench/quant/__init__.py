"""What the calculations cost, each beside the naive one that it saves: ``python -m tests.bench.quant``."""
