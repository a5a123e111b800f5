"""Layers of block devices: each gives bytes by offset, and may lie on another."""
