"""The explorer: a page on this machine on which policies are placed and moved while their runs come in."""
