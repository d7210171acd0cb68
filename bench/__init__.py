"""How fast mapping is, beside hand-written Python and jsonpath-ng: `make bench`."""
