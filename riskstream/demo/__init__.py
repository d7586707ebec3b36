"""The demo: real daily prices, generated orders, and everything that is needed to run them through the product."""
