"""Opens encrypted members of zip archives: WinZip's AES (AE-1, AE-2) and the old ZipCrypto.

AE as WinZip published it ("AES Encryption Information: Encryption Specification AE-1 and AE-2"): PBKDF2 with
SHA-1 and 1000 rounds gives key, authentication key and two bytes that most wrong passwords fail; CTR with a
little-endian counter from 1; the first ten bytes of HMAC-SHA-1 behind the data. ZipCrypto by the standard
library, whose one byte of check lets one wrong password in 256 through.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from Cryptodome.Cipher import AES
from Cryptodome.Util import Counter

from fairlead.evidence.readers.entry import Given, Stop

AES_METHOD = 99
_AES_EXTRA, _ROUNDS, _CHECK_BYTES, _CODE_BYTES = 0x9901, 1000, 2, 10
_SALT_BYTES = {1: 8, 2: 12, 3: 16}
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_CHUNK_BYTES = 1 << 18
_TRIED_WHOLE_BYTES = 8 << 20
_TRIED_HEAD_BYTES = 1 << 16
_MISSING = "no password of the list opens it"
_ABSENT = "no password was given"
_REFUSALS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AesMember:
    """What the AES extra field and the data's place say of a member."""

    version: int
    strength: int
    method: int
    data_at: int
    stored: int

    @property
    def salt_bytes(self) -> int:
        """Length of the salt; the key is twice as long."""
        return _SALT_BYTES[self.strength]

    @property
    def packed_bytes(self) -> int:
        """Encrypted bytes, without salt, check and authentication code."""
        return self.stored - self.salt_bytes - _CHECK_BYTES - _CODE_BYTES


def warm_ciphers() -> None:
    """Use each mode once: the library loads a mode's code at its first use."""
    AES.new(bytes(16), AES.MODE_CTR, counter=Counter.new(128, initial_value=1, little_endian=True))
    AES.new(bytes(16), AES.MODE_CBC, bytes(16))


def encoded(password: str) -> bytes:
    """A password as the bytes of the list's line."""
    return password.encode("utf-8", "surrogateescape")


def aes_member(member: zipfile.ZipInfo, file: BinaryIO) -> AesMember | None:
    """The AES parameters of a member, None when it is not encrypted so. Raises Stop for broken ones."""
    if member.compress_type != AES_METHOD:
        return None
    extra = member.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _AES_EXTRA and length >= 7 and len(extra) >= 11:
            version, _, strength, method = struct.unpack_from("<HHBH", extra, 4)
            if strength not in _SALT_BYTES:
                break
            file.seek(member.header_offset)
            head = file.read(_LOCAL_HEADER.size)
            if len(head) < _LOCAL_HEADER.size or head[:4] != b"PK\x03\x04":
                break
            names = sum(_LOCAL_HEADER.unpack(head)[-2:])
            found = AesMember(
                version=version,
                strength=strength,
                method=method,
                data_at=member.header_offset + _LOCAL_HEADER.size + names,
                stored=member.compress_size,
            )
            if found.packed_bytes < 0:
                break
            return found
        extra = extra[4 + length :]
    raise Stop("damaged", "the parameters of the encryption are broken")


def find_aes_password(file: BinaryIO, aes: AesMember, given: Given) -> int:
    """The line of the password that opens a member; where several pass the two bytes, the code decides.

    Raises Stop when none does.
    """
    file.seek(aes.data_at)
    salt = file.read(aes.salt_bytes)
    check = file.read(_CHECK_BYTES)
    passing = [line for line, password in given.numbered() if _keys(password, salt, aes)[2] == check]
    if len(passing) > 1:
        passing = [line for line in passing if _authentic(file, aes, given.passwords[line - 1])]
    if not passing:
        raise Stop("encrypted", _MISSING if given.passwords else _ABSENT)
    return passing[0]


def decrypt_aes(file: BinaryIO, aes: AesMember, password: str) -> Iterator[bytes]:
    """The packed bytes of a member; the authentication code is checked at the end.

    Raises Stop when the code does not fit, or the data break off.
    """
    file.seek(aes.data_at)
    salt = file.read(aes.salt_bytes)
    file.seek(_CHECK_BYTES, 1)
    key, code_key, _ = _keys(password, salt, aes)
    counter = Counter.new(128, initial_value=1, little_endian=True)
    cipher = AES.new(key, AES.MODE_CTR, counter=counter)
    code = hmac.new(code_key, digestmod=hashlib.sha1)
    left, at = aes.packed_bytes, file.tell()
    while left:
        file.seek(at)
        packed = file.read(min(left, _CHUNK_BYTES))
        if not packed:
            raise Stop("damaged", "the encrypted data break off")
        left -= len(packed)
        at += len(packed)
        code.update(packed)
        yield cipher.decrypt(packed)
    file.seek(at)
    if not hmac.compare_digest(code.digest()[:_CODE_BYTES], file.read(_CODE_BYTES)):
        raise Stop("damaged", "the authentication code does not fit: changed data, or a wrong password")


def unpack(packed: Iterator[bytes], method: int) -> Iterator[bytes]:
    """Unpack decrypted bytes: stored or deflated. Raises Stop for other methods and for wrong data."""
    if method == zipfile.ZIP_STORED:
        yield from packed
        return
    if method != zipfile.ZIP_DEFLATED:
        raise Stop("unreadable", f"compression method {method} is not supported")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in packed:
        pending = chunk
        while pending and not unpacker.eof:
            try:
                data = unpacker.decompress(pending, _CHUNK_BYTES)
            except zlib.error as problem:
                raise Stop("damaged", "compressed data are wrong") from problem
            pending = unpacker.unconsumed_tail
            if data:
                yield data
    if not unpacker.eof:
        raise Stop("damaged", "compressed data break off")


def find_old_password(archive: zipfile.ZipFile, member: zipfile.ZipInfo, given: Given) -> int:
    """The line of the ZipCrypto password of a member.

    One password that passes the check byte is taken, and the checksum speaks when the member is read. Of
    several, the one under which a small member's checksum fits, or a large one's beginning unpacks.
    Raises Stop when there is none.
    """
    passing = []
    for line, password in given.numbered():
        try:
            archive.open(member, pwd=encoded(password)).close()
        except RuntimeError:
            continue
        except _REFUSALS as problem:
            raise Stop("damaged", f"zip member: {type(problem).__name__}") from problem
        passing.append(line)
    if len(passing) > 1:
        passing = [line for line in passing if _unpacks(archive, member, given.passwords[line - 1])]
    if not passing:
        raise Stop("encrypted", _MISSING if given.passwords else _ABSENT)
    return passing[0]


def _keys(password: str, salt: bytes, aes: AesMember) -> tuple[bytes, bytes, bytes]:
    size = 2 * aes.salt_bytes
    derived = hashlib.pbkdf2_hmac("sha1", encoded(password), salt, _ROUNDS, 2 * size + _CHECK_BYTES)
    return derived[:size], derived[size : 2 * size], derived[2 * size :]


def _authentic(file: BinaryIO, aes: AesMember, password: str) -> bool:
    try:
        for _ in decrypt_aes(file, aes, password):
            pass
    except Stop:
        return False
    return True


def _unpacks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, password: str) -> bool:
    whole = member.compress_size <= _TRIED_WHOLE_BYTES
    try:
        with archive.open(member, pwd=encoded(password)) as stream:
            if not whole:
                stream.read(_TRIED_HEAD_BYTES)
            while whole and stream.read(_CHUNK_BYTES):
                pass
    except _REFUSALS:
        return False
    return True
