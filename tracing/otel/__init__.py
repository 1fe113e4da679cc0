"""What is recorded, as OpenTelemetry tells it: spans and metrics for any backend that takes OTLP.

``span`` and ``attributes`` compute; only ``export``, ``resource`` and ``metrics`` know the SDK, and nobody imports
these where nothing is sent.
"""
