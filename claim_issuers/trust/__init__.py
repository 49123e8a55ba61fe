"""The mesh: who accredited whom, up to the roots; decided without I/O for one instant."""
