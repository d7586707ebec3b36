"""The readers for programs of one's own: in Python, Java and Go, all by one rule."""
