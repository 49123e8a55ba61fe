"""Accreditation: who may issue which claims, up to the roots. It records and decides; it never issues."""
