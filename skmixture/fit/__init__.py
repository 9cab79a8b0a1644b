"""One fit: several starts become one outcome."""
