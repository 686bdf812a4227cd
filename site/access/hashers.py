"""Argon2 for passwords and PINs, bounded so that a flood of sign-ins can't use up the memory."""

from django.contrib.auth.hashers import Argon2PasswordHasher

from .limits import passwords


class BoundedArgon2(Argon2PasswordHasher):
    """Django's Argon2 hasher, at most two at once in each process. The hashes are the same."""

    def encode(self, password: str, salt: str) -> str:
        with passwords.turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with passwords.turn():
            return super().verify(password, encoded)
