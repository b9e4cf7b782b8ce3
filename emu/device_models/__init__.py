"""Devices without code: a TOML file gives paths and behaviours. See docs/device-models.md."""
