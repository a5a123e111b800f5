"""The field's words as types; standard library only."""
