"""What other servers need to show our rating and our work natively: one module a dialect."""
