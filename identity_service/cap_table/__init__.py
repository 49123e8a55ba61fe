"""The register with names: views by right, custody standing, totals that reconcile."""
