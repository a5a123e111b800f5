"""The web pages: what people work with, behind the gate, without a pixel that nobody asked for."""
