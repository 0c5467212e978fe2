"""Dialogs about one job."""
