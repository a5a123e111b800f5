"""Pages made from the program itself for those who read or change it."""
