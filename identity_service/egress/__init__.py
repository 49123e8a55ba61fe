"""The one way out: every outbound HTTP request passes here and is checked first."""
