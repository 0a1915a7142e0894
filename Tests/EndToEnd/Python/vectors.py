"""Vectors in clusters, as features of pictures are, from a seed."""

import numpy


def clustered(count, dimension, seed, clusters=1000, spread=0.7):
    """`count` vectors around centres of their own kind, float32 [count, dimension]."""
    generator = numpy.random.default_rng(seed)
    centres = numpy.random.default_rng(1).standard_normal((clusters, dimension), dtype=numpy.float32)
    chosen = centres[generator.integers(0, clusters, count)]
    return chosen + spread * generator.standard_normal((count, dimension), dtype=numpy.float32)
