# SPDX-License-Identifier: MIT
"""Arrays of an NPZ file, bounded: no more bytes are made of it than it announces, and than its reader allows; and its bytes."""

import io
import zipfile

import numpy as np

from ..errors import DataError

HEADER = 1 << 16  # bytes of an array's header, at most
WORDS = 160  # characters of what a library says of a damaged file

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def arrays(path, file, members, optional=()):
    """The arrays of these names in an open archive, a list in their order; None for an optional one that is not there.

    members: {name: bytes of the array at most}. DataError that names the member, and the limit.
    """
    names = " and ".join(name for name in members if name not in optional)
    member, found = " and ".join(f"{name}.npy" for name in members if name not in optional), []
    try:
        with zipfile.ZipFile(file) as archive:
            there = set(archive.namelist())
            for name, limit in members.items():
                member = f"{name}.npy"
                if name in optional and member not in there:
                    found.append(None)
                    continue
                place = f"{path}, {member}"
                found.append(_array(place, _content(place, archive, member, limit + HEADER)))
            return found
    except DataError:
        raise
    except Exception as error:  # what zipfile, its decompressors and numpy raise on a damaged file has no common root
        words = str(error).split("\n")[0][:WORDS]
        raise DataError(f"{path}, {member}: not an .npz of {names}: {type(error).__name__}: {words}") from error


def packed(arrays):
    """The bytes of a compressed archive of {name: array}."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def at_most(place, name, number, limit):
    """DataError if a number is above its limit."""
    if number > limit:
        raise DataError(f"{place}: {name}: {number} given, {limit} allowed")


def _content(place, archive, member, limit):
    """The bytes of a member; no more are made of it than it announces."""
    info = archive.getinfo(member)
    at_most(place, "bytes", info.file_size, limit)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others are made whole in one go
        raise ValueError(f"compression method {info.compress_type}")
    with archive.open(info) as stream:
        return stream.read(info.file_size)


def _array(place, content):
    """The array in the bytes of an .npy file, which never has more to it than they are."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the format")
    shape, fortran, dtype = _HEADERS[version](stream)
    count = int(np.prod(shape, dtype=object))
    if dtype.hasobject:
        raise ValueError("it holds objects of Python")
    if count * dtype.itemsize != len(content) - stream.tell():
        raise DataError(f"{place}: {len(content) - stream.tell()} bytes, {dtype} {list(shape)} announced")
    return np.ndarray(shape, dtype, content, stream.tell(), order="F" if fortran else "C")
