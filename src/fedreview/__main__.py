"""python -m fedreview."""

from fedreview.cli import main

if __name__ == "__main__":
    main()
