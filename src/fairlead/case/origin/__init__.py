"""Machine or camera: searches, references, weights, and the explanation of one content."""
