# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Reads a JSON array of flat objects of numbers into packed columns.

For anything else, such as a field of another name, the result is None, and the reader in Python decides. The results are
bit for bit those of msgspec. Its functions return cursors as those in `native/numbers.pxd` do.
"""

from cpython.array cimport array, clone
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from native.numbers cimport Cursor, Slot, value

cdef enum:
    FIELDS = 64  # as many as `seen` has bits
    MEMBERS = 64  # of one object

MAX_FIELDS = FIELDS

cdef array FIGURES = array("d")
cdef array INTEGERS = array("q")

cdef struct Field:
    Cursor name
    Py_ssize_t size
    bint is_integer

cdef struct Member:  # the text of the previous row at this index, up to the value: brace or comma, key and colon
    Cursor text
    Py_ssize_t size
    int field  # its index, -1 for another name


cdef inline Cursor blank(Cursor at, Cursor end) noexcept nogil:
    while at < end and (at[0] == b" " or at[0] == b"\n" or at[0] == b"\r" or at[0] == b"\t"):
        at += 1
    return at


cdef inline Cursor mark(Cursor at, Cursor end, unsigned char which) noexcept nogil:
    """Skip one character with blanks around it."""
    at = blank(at, end)
    return blank(at + 1, end) if at < end and at[0] == which else NULL


cdef Cursor text(Cursor at, Cursor end) noexcept nogil:
    """Skip a text in printable ASCII without escapes, from behind its first quote."""
    while at < end and at[0] != b'"' and b" " <= at[0] <= b"~" and at[0] != b"\\":
        at += 1
    return at + 1 if at < end and at[0] == b'"' else NULL


cdef class RowsReader:
    """Reads fields by name and typecode: "d" a float, "q" an integer."""

    cdef tuple names  # keeps alive what `fields` points to
    cdef Field[FIELDS] fields
    cdef int count
    cdef uint64_t all  # a bit for each field
    cdef Py_ssize_t least  # bytes of a row, with its comma

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
        """Return an array for each field, or None."""
        cdef Py_buffer buffer
        PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE)
        try:
            return self.columns(<Cursor>buffer.buf, <Cursor>buffer.buf + buffer.len)
        finally:
            PyBuffer_Release(&buffer)

    cdef list columns(self, Cursor at, Cursor end):
        cdef Py_ssize_t rows = 0, room = (end - at) // self.least + 1  # for all complete rows and an incomplete one
        cdef (Slot *)[FIELDS] slots
        cdef int field
        # Not into arrays that are cut afterwards: each would leave a hole in the heap as large as what was cut off.
        cdef Slot *read = <Slot *>PyMem_Malloc(self.count * room * sizeof(Slot))
        if read == NULL:
            raise MemoryError
        try:
            for field in range(self.count):
                slots[field] = read + field * room
            at = self.rows(at, end, slots, &rows)
            return self.copied(slots, rows) if at == end else None
        finally:
            PyMem_Free(read)

    cdef list copied(self, Slot **slots, Py_ssize_t rows):
        cdef int field
        cdef array column
        cdef list columns = []
        for field in range(self.count):
            column = clone(INTEGERS if self.fields[field].is_integer else FIGURES, rows, zero=False)
            memcpy(column.data.as_voidptr, slots[field], rows * sizeof(Slot))
            columns.append(column)
        return columns

    cdef Cursor rows(self, Cursor at, Cursor end, Slot **slots, Py_ssize_t *count) except? NULL:
        cdef Member[MEMBERS] members
        cdef int expected = 0
        at = mark(at, end, b"[")
        if at != NULL and at < end and at[0] == b"]":
            return mark(at, end, b"]")
        while at != NULL:
            at = self.row(at, end, slots, count[0], members, &expected)
            if at == NULL or at == end:
                return NULL
            count[0] += 1
            if at[0] == b"]":
                return mark(at, end, b"]")
            at = mark(at, end, b",")
        return NULL

    cdef Cursor row(self, Cursor at, Cursor end, Slot **slots, Py_ssize_t row, Member *members, int *expected) except? NULL:
        """Read one object, with the blanks behind it."""
        cdef uint64_t seen = 0, bit
        cdef int index
        cdef Member *member
        for index in range(MEMBERS):
            member = &members[index]
            if index < expected[0] and end - at >= member.size and memcmp(at, member.text, member.size) == 0:
                at += member.size
            else:
                at = self.key(at, end, b"," if index else b"{", member)
                expected[0] = max(expected[0], index + 1)
            if at == NULL:
                return NULL
            if member.field < 0:  # a separate condition: joined with the one above, gcc makes this 15 % slower
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

    cdef Cursor key(self, Cursor first, Cursor end, unsigned char before, Member *member) noexcept nogil:
        """Skip to the next value, and expect the same text in the next row."""
        cdef int field
        cdef Cursor name = mark(first, end, before), at
        if name == NULL or name == end or name[0] != b'"':
            return NULL
        name += 1
        at = text(name, end)
        if at == NULL:
            return NULL
        member.field = -1
        for field in range(self.count):
            if self.fields[field].size == at - 1 - name and memcmp(self.fields[field].name, name, at - 1 - name) == 0:
                member.field = field
        at = mark(at, end, b":")
        if at != NULL:
            member.text, member.size = first, at - first
        return at


def ascends(array times):
    """Whether each integer of an array is greater than its predecessor."""
    if times.typecode != "q":
        raise TypeError("times must be an array of typecode q")
    cdef long long *values = times.data.as_longlongs
    cdef Py_ssize_t at
    for at in range(1, len(times)):
        if values[at - 1] >= values[at]:
            return False
    return True
