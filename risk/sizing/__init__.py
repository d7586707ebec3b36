"""How much to trade: one method a file, the caps of `maximum`, and the smallest of them all in `recommend`."""
