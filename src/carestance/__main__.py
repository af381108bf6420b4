"""``python -m carestance``."""

from carestance.cli.app import main

if __name__ == "__main__":
    main()
