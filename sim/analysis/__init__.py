"""Analyses of stored results: tables in, tables out."""
