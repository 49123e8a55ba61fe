"""Wire formats, one file each: what is signed, byte for byte."""
