"""The widgets: one widget, one module."""
