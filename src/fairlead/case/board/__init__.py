"""The board: action day, overview, figures."""
