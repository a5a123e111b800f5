"""Views: each calls a verb of `case` or a function of the register, and renders."""
