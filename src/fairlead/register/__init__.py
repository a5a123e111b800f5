"""Human decisions in PostgreSQL, behind one gate."""
