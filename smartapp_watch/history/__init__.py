"""The SQLite file that everything known is kept in. The only place with SQL."""
