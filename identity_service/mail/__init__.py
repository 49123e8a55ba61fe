"""Mail on its way out: a message as a value, and where it goes: files in an outbox, or an SMTP server over TLS."""
