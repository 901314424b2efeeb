"""The command `multivector`: parse, call, print."""
