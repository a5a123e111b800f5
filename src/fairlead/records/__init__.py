"""The platform's own records: SQL dumps, access logs, payment exports, mapping."""
