"""Proof: keys, digests and signatures. Pure; the only user of cryptography."""
