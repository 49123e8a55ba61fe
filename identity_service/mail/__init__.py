"""Sends mail: by SMTP, or into files that nobody but the operator reads."""
