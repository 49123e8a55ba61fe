"""People and firms, their relations and accounts, their encrypted data, and the one door through which names leave."""
