# cython: cdivision=True
"""Reads JSON numbers exactly.

A function that reads something begins at `at` and returns the cursor behind it, or NULL if it cannot read it. It does not
read `end` or anything behind it.
"""

from libc.math cimport isfinite
from libc.stdint cimport INT64_MAX, int64_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h":
    double PyOS_string_to_double(const char *text, char **behind, void *overflow) except? -1.0

cdef extern from "<float.h>":
    const int FLT_EVAL_METHOD  # 0 if operations on doubles are rounded to doubles

cdef extern from *:
    """
    typedef unsigned __int128 wide;
    static const double FIGURES[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
        1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    static const uint64_t POWERS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
        10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
        10000000000000000, 100000000000000000, 1000000000000000000};
    """
    ctypedef unsigned long long wide
    const double[23] FIGURES  # powers of ten, all of them exact
    const uint64_t[19] POWERS

ctypedef const unsigned char *Cursor

cdef enum:
    MAX_TEXT = 64  # bytes of a number that Python converts

cdef union Slot:
    double figure
    int64_t integer

cdef struct Number:
    uint64_t digits  # without the point
    Py_ssize_t count  # of digits; 19 always fit
    Py_ssize_t exponent
    bint negative
    bint whole  # no point and no exponent


cdef inline Cursor digits(Cursor at, Cursor end, uint64_t *to) noexcept nogil:
    """Add digits to a number; there may be none."""
    while at < end and b"0" <= at[0] <= b"9":
        to[0] = to[0] * 10 + (at[0] & 15)
        at += 1
    return at


cdef inline Cursor exponent(Cursor at, Cursor end, Py_ssize_t *to) noexcept nogil:
    """Read at most four digits behind the `e`, and add them to an exponent."""
    cdef uint64_t size = 0
    cdef bint negative = at < end and at[0] == b"-"
    cdef Cursor first = at + 1 if negative or (at < end and at[0] == b"+") else at
    at = digits(first, end, &size)
    to[0] += -<Py_ssize_t>size if negative else <Py_ssize_t>size
    return at if 0 < at - first <= 4 else NULL


cdef inline Cursor number(Cursor at, Cursor end, Number *to) noexcept nogil:
    """Read a number; with more than 19 digits, `digits` is wrong."""
    cdef Cursor first, point
    to.digits, to.exponent = 0, 0
    to.negative = at < end and at[0] == b"-"
    first = at + 1 if to.negative else at
    at = digits(first, end, &to.digits)
    to.count = at - first
    to.whole = True
    if to.count == 0 or (to.count > 1 and first[0] == b"0"):
        return NULL
    if at < end and at[0] == b".":
        point = at + 1
        at = digits(point, end, &to.digits)
        if at == point:
            return NULL
        to.count += at - point
        to.exponent = point - at
        to.whole = False
    if at < end and (at[0] == b"e" or at[0] == b"E"):
        to.whole = False
        return exponent(at + 1, end, &to.exponent)
    return at


cdef inline bint rounded(Number *of, double *to) noexcept nogil:
    """Compute the nearest double, without the sign, by exact steps and one that rounds; False if that is impossible."""
    cdef bint exact = of.digits <= <uint64_t>1 << 53  # as a double
    cdef wide whole, quotient
    if of.count > 19 or FLT_EVAL_METHOD != 0:
        return False
    if of.exponent == 0:
        to[0] = <double>of.digits
    elif exact and -22 <= of.exponent < 0:
        to[0] = <double>of.digits / FIGURES[-of.exponent]
    elif exact and 0 < of.exponent <= 22:
        to[0] = <double>of.digits * FIGURES[of.exponent]
    elif not exact and -18 <= of.exponent < 0:
        whole = <wide>of.digits << 64
        quotient = whole // POWERS[-of.exponent]  # 57 bits or more: the last one also marks a remainder
        to[0] = <double>(quotient | (quotient * POWERS[-of.exponent] != whole)) / 18446744073709551616.0
    else:
        return False
    return True


cdef inline Cursor by_python(Cursor first, Cursor behind, double *to) except? NULL:
    """Convert the number between the two cursors with Python."""
    cdef char[MAX_TEXT] text
    if behind - first >= MAX_TEXT:
        return NULL
    memcpy(text, first, behind - first)
    text[behind - first] = 0
    to[0] = PyOS_string_to_double(text, NULL, NULL)
    return behind if isfinite(to[0]) else NULL


cdef inline Cursor value(Cursor at, Cursor end, bint is_integer, Slot *to) except? NULL:
    """Read a number, or a text that is one. Minus zero is left to Python: as an integer it has no sign."""
    cdef Number parsed
    cdef bint quoted = at < end and at[0] == b'"'
    cdef Cursor first = at + 1 if quoted else at
    at = number(first, end, &parsed)
    if at == NULL or (parsed.negative and parsed.digits == 0):
        return NULL
    if is_integer:
        if not parsed.whole or parsed.count > 19 or parsed.digits > <uint64_t>INT64_MAX:
            return NULL
        to.integer = -<int64_t>parsed.digits if parsed.negative else <int64_t>parsed.digits
    elif rounded(&parsed, &to.figure):
        if parsed.negative:
            to.figure = -to.figure
    else:
        at = by_python(first, at, &to.figure)
    if not quoted or at == NULL:
        return at
    return at + 1 if at < end and at[0] == b'"' else NULL
