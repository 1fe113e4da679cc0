"""What is sent to OpenTelemetry backends."""
