"""Status lists: an array of small values, and the forms in which it is published."""
