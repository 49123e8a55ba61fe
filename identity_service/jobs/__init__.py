"""Durable work: what must happen outside the database is stored first, then done by a worker; each place leaves a receipt."""
