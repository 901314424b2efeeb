"""The dashboard: one scenario, what a user has changed in it, and pictures of what follows."""
