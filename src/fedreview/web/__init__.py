"""HTTP in: pages, forms and the inbox. The only user of Starlette."""
