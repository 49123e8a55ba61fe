"""Pages that gather from several rooms: the start, my claims, the claim issuer's desk."""
