# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads a JSON array of flat objects into packed columns, where all that is wanted of them is plain numbers.

Whatever is not plain, a field of another name included, gives None, and the reader in Python decides. What is given is
bit for bit what msgspec reads. Its functions give places as those in `native/numbers.pxd` do.
"""

from cpython.array cimport array, clone, resize
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint64_t
from libc.string cimport memcmp

from native.numbers cimport Place, Slot, value

cdef enum:
    FIELDS = 64  # as many as `seen` has bits
    MEMBERS = 64  # of one object

FIELDS_AT_MOST = FIELDS

cdef array FIGURES = array("d")
cdef array INTEGERS = array("q")

cdef struct Field:
    Place name
    Py_ssize_t size
    bint is_integer

cdef struct Member:  # how the row before went on at this place: up to the value, with brace or comma, key and colon
    Place text
    Py_ssize_t size
    int field  # its number, -1 of another name


cdef inline Place blank(Place at, Place end) noexcept nogil:
    while at < end and (at[0] == b" " or at[0] == b"\n" or at[0] == b"\r" or at[0] == b"\t"):
        at += 1
    return at


cdef inline Place mark(Place at, Place end, unsigned char which) noexcept nogil:
    """One character with blanks around it."""
    at = blank(at, end)
    return blank(at + 1, end) if at < end and at[0] == which else NULL


cdef Place text(Place at, Place end) noexcept nogil:
    """A text in printable ASCII without escapes, behind its first quote."""
    while at < end and at[0] != b'"' and b" " <= at[0] <= b"~" and at[0] != b"\\":
        at += 1
    return at + 1 if at < end and at[0] == b'"' else NULL


cdef class RowsReader:
    """Reads the fields that it is made for, by name and typecode: "d" a figure, "q" an integer."""

    cdef tuple names  # keeps alive what `fields` points to
    cdef Field[FIELDS] fields
    cdef int count
    cdef uint64_t all  # a bit for each field
    cdef Py_ssize_t least  # bytes that a row takes, with its comma

    def __init__(self, fields):
        if not 0 < len(fields) <= FIELDS:
            raise ValueError(f"from 1 to {FIELDS} fields, not {len(fields)}")
        self.names = tuple(name for name, _ in fields)
        self.count = len(fields)
        self.all = (<uint64_t>0 - 1) >> (FIELDS - self.count)
        self.least = 2 + sum(len(name) + 5 for name in self.names)
        cdef int at
        for at, (name, typecode) in enumerate(fields):
            self.fields[at] = Field(<bytes>name, len(name), {"d": False, "q": True}[typecode])

    def __call__(self, data):
        """An array for each field, or None."""
        cdef Py_buffer buffer
        PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
        try:
            return self.columns(<Place>buffer.buf, <Place>buffer.buf + buffer.len)
        finally:
            PyBuffer_Release(&buffer)

    cdef list columns(self, Place at, Place end):
        cdef Py_ssize_t rows = 0, room = (end - at) // self.least + 1  # for all rows that are whole, and one that is not
        cdef (Slot *)[FIELDS] slots
        cdef int field
        cdef array column
        cdef list columns = []
        for field in range(self.count):
            column = clone(INTEGERS if self.fields[field].is_integer else FIGURES, room, zero=False)
            slots[field] = <Slot *>column.data.as_voidptr
            columns.append(column)
        at = self.rows(at, end, slots, &rows)
        if at == NULL or at != end:
            return None
        for column in columns:
            resize(column, rows)
        return columns

    cdef Place rows(self, Place at, Place end, Slot **slots, Py_ssize_t *count) except? NULL:
        cdef Member[MEMBERS] members
        cdef int known = 0
        at = mark(at, end, b"[")
        if at != NULL and at < end and at[0] == b"]":
            return mark(at, end, b"]")
        while at != NULL:
            at = self.row(at, end, slots, count[0], members, &known)
            if at == NULL or at == end:
                return NULL
            count[0] += 1
            if at[0] == b"]":
                return mark(at, end, b"]")
            at = mark(at, end, b",")
        return NULL

    cdef Place row(self, Place at, Place end, Slot **slots, Py_ssize_t row, Member *members, int *known) except? NULL:
        """One object, with the blanks behind it."""
        cdef uint64_t seen = 0, bit
        cdef int place
        cdef Member *member
        for place in range(MEMBERS):
            member = &members[place]
            if place < known[0] and end - at >= member.size and memcmp(at, member.text, member.size) == 0:
                at += member.size
            else:
                at = self.key(at, end, b"," if place else b"{", member)
                known[0] = max(known[0], place + 1)
            if at == NULL:
                return NULL
            if member.field < 0:  # in one condition with the one above, gcc makes all of it 15 % slower
                return NULL
            bit = <uint64_t>1 << member.field
            if seen & bit:
                return NULL
            seen |= bit
            at = value(at, end, self.fields[member.field].is_integer, &slots[member.field][row])
            if at == NULL:
                return NULL
            at = blank(at, end)
            if at < end and at[0] == b"}":
                return blank(at + 1, end) if seen == self.all else NULL
        return NULL

    cdef Place key(self, Place first, Place end, unsigned char before, Member *found) noexcept nogil:
        """The way to the next value, which is then expected in the next row."""
        cdef int field
        cdef Place name = mark(first, end, before), at
        if name == NULL or name == end or name[0] != b'"':
            return NULL
        name += 1
        at = text(name, end)
        if at == NULL:
            return NULL
        found.field = -1
        for field in range(self.count):
            if self.fields[field].size == at - 1 - name and memcmp(self.fields[field].name, name, at - 1 - name) == 0:
                found.field = field
        at = mark(at, end, b":")
        if at != NULL:
            found.text, found.size = first, at - first
        return at


def ascends(array times):
    """Whether each of an array of integers is greater than the one before."""
    if times.typecode != "q":
        raise TypeError("an array of integers is looked at, of typecode q")
    cdef long long *known = times.data.as_longlongs
    cdef Py_ssize_t at
    for at in range(1, len(times)):
        if known[at - 1] >= known[at]:
            return False
    return True
