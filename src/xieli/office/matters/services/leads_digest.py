"""The one expression that turns an identity number into its keyed digest, for loaders that write as the installer."""


def digest_sql() -> str:
    """SQL with one placeholder: the number in its normal form (18 digits, capital X)."""
    return "access.keyed('identity', convert_to(%s, 'UTF8'))"
