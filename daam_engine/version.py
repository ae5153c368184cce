"""One version for engine, site and workers."""

__version__ = "0.1.0"
