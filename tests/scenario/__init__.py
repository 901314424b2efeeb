"""Tests of scenario files and of what they compile to."""
