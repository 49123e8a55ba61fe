"""Keys: who signs, how a key is named, how a message becomes a digest."""
