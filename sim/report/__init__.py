"""Results for readers: reports to be read, and a dashboard to be turned."""
