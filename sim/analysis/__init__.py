"""Questions put to finished results: tables in, tables out; it draws and prints nothing."""
