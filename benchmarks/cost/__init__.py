"""What tracing costs, per tracer, on a model's true architecture. `../tracing.py` puts it together.

These modules also run in the published package's environment, so they import `daam_engine` and
`daam` where they are used only.
"""
