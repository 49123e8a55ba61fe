"""Adler-32 and CRC-32 of data of which one block changes, without reading the rest.

>>> import zlib
>>> before, after, following = b"status", b"STATUS", bytes(100)
>>> crc32_replaced(zlib.crc32(before + following), crc32(before), crc32(after), len(following)) == zlib.crc32(after + following)
True
>>> adler32_replaced(zlib.adler32(before + following), adler32(before), adler32(after), 100) == zlib.adler32(after + following)
True
"""

import zlib
from functools import lru_cache
from typing import Final

# RFC 1950 §8.2: the largest prime below 2^16
_ADLER_MODULUS: Final = 65521
# RFC 1952 §8: the polynomial of CRC-32 with its bits reversed, as a CRC is: the highest bit is the coefficient of x^0
_CRC_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
_X_TO_THE_EIGHTH: Final = 1 << 23


def adler32(block: bytes | bytearray) -> int:
    """The two sums of Adler-32 over ``block``, begun at zero so that sums of blocks can be taken from each other."""
    return zlib.adler32(block, 0)


def adler32_replaced(whole: int, before: int, after: int, following: int) -> int:
    """The Adler-32 of the whole once a block of sums ``before`` became one of ``after``, ``following`` bytes before the end."""
    change = (after & 0xFFFF) - (before & 0xFFFF)
    low = ((whole & 0xFFFF) + change) % _ADLER_MODULUS
    high = ((whole >> 16) + (after >> 16) - (before >> 16) + following * change) % _ADLER_MODULUS
    return high << 16 | low


def crc32(block: bytes | bytearray) -> int:
    """The CRC-32 of ``block``."""
    return zlib.crc32(block)


def crc32_replaced(whole: int, before: int, after: int, following: int) -> int:
    """The CRC-32 of the whole once a block of CRC ``before`` became one of ``after``, ``following`` bytes before the end.

    The difference of two equally long inputs is linear over GF(2): it moves to its place when multiplied by x^(8 x following).
    """
    return whole ^ _product(before ^ after, _shift(following))


@lru_cache(maxsize=4096)
def _shift(length: int) -> int:
    """x^(8 x length) modulo the polynomial."""
    power, square = _ONE, _X_TO_THE_EIGHTH
    while length:
        if length & 1:
            power = _product(power, square)
        square = _product(square, square)
        length >>= 1
    return power


def _product(left: int, right: int) -> int:
    product = 0
    while left:
        if left & _ONE:
            product ^= right
        left = left << 1 & 0xFFFFFFFF
        right = right >> 1 ^ (_CRC_POLYNOMIAL if right & 1 else 0)
    return product
