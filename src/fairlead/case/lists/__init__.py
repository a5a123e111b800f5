"""Lists for eyes: prepared views, pages of rows, search, statements of the user's own."""
