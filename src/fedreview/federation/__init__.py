"""Other servers: every request that leaves this site. The only user of httpx."""
