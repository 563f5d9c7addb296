"""Contracts that are measured: `coin` as a normal one, `bombs.txt` as the worst that is known.

The bombs are kept as text: they are contracts like others, but no linter likes code that wastes.
"""
