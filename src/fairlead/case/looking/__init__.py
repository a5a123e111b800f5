"""What is left for people: the queue, review, the reveal ladder, exposure."""
