"""A stand-in for the parts of AWS that ecrbox talks to.

Needs Python's standard library, botocore (to recompute signatures, so that
the check of our signer is not ours), cryptography (the same for DPoP proofs)
and the openssl command (certificates).
Each service is a Standin: give it listeners, script its faults, read its log.
"""
