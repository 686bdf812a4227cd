"""Hashing passwords and PINs without running out of memory."""

from django.contrib.auth.hashers import Argon2PasswordHasher

from .limits import passwords


class BoundedArgon2(Argon2PasswordHasher):
    """Django's, two at once in each process. Hashes are the same."""

    def encode(self, password: str, salt: str) -> str:
        with passwords.turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with passwords.turn():
            return super().verify(password, encoded)
