"""Durable execution behind a port."""
