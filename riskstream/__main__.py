"""``python -m riskstream``."""

from riskstream.cli import main

if __name__ == "__main__":
    main()
