"""Simulated crowds with known truth, and what `../statistics.py` measures on them."""
