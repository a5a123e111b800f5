"""LUKS1 and LUKS2: the header, key slots, and sectors decrypted by AES (XTS, or CBC with ESSIV or plain numbers).

After the LUKS1 On-Disk Format Specification 1.2.3 and the LUKS2 On-Disk Format Specification 1.1.1. Passwords and
keys stay in this process; nothing here writes them anywhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, core, ffi
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fairlead.evidence.passwords import KEY_FILE
from fairlead.evidence.readers.blocks.block import Block, exactly, unsupported
from fairlead.evidence.readers.entry import Stop

_MAGIC, _SECOND_MAGIC = b"LUKS\xba\xbe", b"SKUL\xba\xbe"
_SECTOR = 512
_ACTIVE_SLOT = 0x00AC71F3
_SECOND_AT = (0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000)
_MOST_HEADER, _MOST_SLOTS = 4 << 20, 32
_MOST_ITERATIONS, _MOST_STRIPES, _MOST_KEY = 1 << 26, 8192, 256
_MOST_MEMORY_KIB, _MOST_WORK_KIB = 1 << 20, 1 << 26
_HASHES = {"sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160"}
_ALPHA = 0x87


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """One key slot: how a key is derived from a password, and where the split key lies, by sectors' cipher."""

    kind: str
    salt: bytes
    iterations: int
    memory_kib: int
    lanes: int
    hash: str
    offset: int
    key_bytes: int
    area_key_bytes: int
    stripes: int
    split_hash: str
    cipher: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digest:
    """What the key of the volume is checked by."""

    hash: str
    salt: bytes
    iterations: int
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LuksHeader:
    """A header of either version; offsets and sizes are bytes, ``size`` None goes up to the end of the block."""

    version: int
    uuid: str
    cipher: str
    sector: int
    first_number: int
    offset: int
    size: int | None
    slots: tuple[_Slot, ...]
    digests: tuple[_Digest, ...]


def begins_luks(block: Block) -> bool:
    """Whether a header of LUKS lies here, or its second copy where the first is lost."""
    if block.read(0, 6) == _MAGIC:
        return True
    return any(block.read(at, 8)[:6] == _SECOND_MAGIC for at in _SECOND_AT)


def read_header(block: Block) -> LuksHeader:
    """The header. Raises OSError for a damaged one, Stop for what is not read."""
    head = block.read(0, 1024)
    try:
        if head[:8] == _MAGIC + b"\0\1":
            return _version_1(head)
        places = (0, *_SECOND_AT) if head[:8] == _MAGIC + b"\0\2" else _SECOND_AT
        problem: Exception = OSError("no header of LUKS is whole")
        for at in places:
            try:
                return _version_2(block, at)
            except (OSError, ValueError, KeyError, TypeError) as met:
                problem = met
        raise problem
    except (ValueError, KeyError, TypeError, struct.error, RecursionError) as damaged:
        raise OSError("the header of LUKS is damaged") from damaged


def _version_1(head: bytes) -> LuksHeader:
    cipher, mode, name = (head[at : at + 32].split(b"\0")[0].decode() for at in (8, 40, 72))
    payload, key_bytes = struct.unpack_from(">II", head, 104)
    digest, salt = head[112:132], head[132:164]
    iterations: int = struct.unpack_from(">I", head, 164)[0]
    slots = []
    for at in range(208, 208 + 8 * 48, 48):
        active, rounds, slot_salt, material, stripes = struct.unpack_from(">II32sII", head, at)
        if active == _ACTIVE_SLOT:
            slots.append(
                _Slot(
                    kind="pbkdf2", salt=slot_salt, iterations=rounds, memory_kib=0, lanes=1, hash=name,
                    offset=material * _SECTOR, key_bytes=key_bytes, area_key_bytes=key_bytes, stripes=stripes,
                    split_hash=name, cipher=f"{cipher}-{mode}",
                )
            )  # fmt: skip
    return LuksHeader(
        version=1,
        uuid=head[168:208].split(b"\0")[0].decode("ascii", "replace"),
        cipher=f"{cipher}-{mode}",
        sector=_SECTOR,
        first_number=0,
        offset=payload * _SECTOR,
        size=None,
        slots=tuple(slots),
        digests=(_Digest(hash=name, salt=salt, iterations=iterations, value=digest),),
    )


class _SegmentTold(TypedDict):
    type: str
    encryption: str
    sector_size: int
    iv_tweak: str
    offset: str
    size: str
    integrity: NotRequired[object]


class _DerivedTold(TypedDict):
    type: str
    salt: str
    iterations: NotRequired[int]
    time: NotRequired[int]
    memory: NotRequired[int]
    cpus: NotRequired[int]
    hash: NotRequired[str]


class _AreaTold(TypedDict):
    offset: str
    key_size: int
    encryption: str


class _SplitTold(TypedDict):
    stripes: int
    hash: str


class _SlotTold(TypedDict):
    type: str
    key_size: int
    kdf: _DerivedTold
    area: _AreaTold
    af: _SplitTold


class _DigestTold(TypedDict):
    hash: str
    salt: str
    iterations: int
    digest: str


class _RequirementsTold(TypedDict, total=False):
    mandatory: list[object]


class _ConfigTold(TypedDict, total=False):
    requirements: _RequirementsTold


class _Told(TypedDict):
    """The JSON area of a header of LUKS2, as far as it is read here; a header without one of these is refused."""

    segments: dict[str, _SegmentTold]
    keyslots: dict[str, _SlotTold]
    digests: dict[str, _DigestTold]
    config: NotRequired[_ConfigTold]


def _version_2(block: Block, at: int) -> LuksHeader:
    head = exactly(block, at, 4096)
    size: int = struct.unpack_from(">Q", head, 8)[0]
    if head[:6] not in (_MAGIC, _SECOND_MAGIC) or head[6:8] != b"\0\2" or not 4096 < size <= _MOST_HEADER:
        raise OSError("no header of LUKS2")
    area = exactly(block, at + 4096, size - 4096)
    cleared = head[:448] + bytes(64) + head[512:]
    algorithm = head[72:104].split(b"\0")[0].decode()
    if algorithm not in _HASHES:
        raise OSError("a checksum that is not known")
    sums = hashlib.new(algorithm, cleared + area).digest()
    if head[448 : 448 + len(sums)] != sums:
        raise OSError("the checksum of the header is wrong")
    told: _Told = json.loads(area.split(b"\0")[0])
    uuid = head[168:208].split(b"\0")[0].decode("ascii", "replace")
    _refuse_features(told)
    segments = told["segments"]
    segment = segments["0"]
    if len(segments) != 1 or segment["type"] != "crypt":
        raise unsupported("a volume of LUKS2 with several segments")
    if "integrity" in segment:
        raise unsupported("a volume of LUKS2 with integrity")
    return LuksHeader(
        version=2,
        uuid=uuid,
        cipher=str(segment["encryption"]),
        sector=int(segment["sector_size"]),
        first_number=int(segment["iv_tweak"]),
        offset=int(segment["offset"]),
        size=None if segment["size"] == "dynamic" else int(segment["size"]),
        slots=tuple(_slot(slot) for slot in list(told["keyslots"].values())[:_MOST_SLOTS] if slot["type"] == "luks2"),
        digests=tuple(
            _Digest(
                hash=str(one["hash"]), salt=base64.b64decode(one["salt"]), iterations=int(one["iterations"]),
                value=base64.b64decode(one["digest"]),
            )
            for one in list(told["digests"].values())[:_MOST_SLOTS]
        ),
    )  # fmt: skip


def _refuse_features(told: _Told) -> None:
    needed = told.get("config", {}).get("requirements", {}).get("mandatory", [])
    if needed:
        raise unsupported(f"a volume of LUKS2 that needs {', '.join(str(one)[:40] for one in needed[:3])}")


def _slot(told: _SlotTold) -> _Slot:
    derived, area, split = told["kdf"], told["area"], told["af"]
    return _Slot(
        kind=str(derived["type"]),
        salt=base64.b64decode(derived["salt"]),
        iterations=int(derived.get("iterations", derived.get("time", 0))),
        memory_kib=int(derived.get("memory", 0)),
        lanes=int(derived.get("cpus", 1)),
        hash=str(derived.get("hash", "")),
        offset=int(area["offset"]),
        key_bytes=int(told["key_size"]),
        area_key_bytes=int(area["key_size"]),
        stripes=int(split["stripes"]),
        split_hash=str(split["hash"]),
        cipher=str(area["encryption"]),
    )


class LuksVolume:
    """The sectors behind a key."""

    def __init__(self, below: Block, header: LuksHeader, key: bytes) -> None:
        self._below, self._header = below, header
        end = max(below.size - header.offset, 0)
        self.size = (end if header.size is None else header.size) // header.sector * header.sector
        self._cipher = SectorCipher(header.cipher, key, header.sector)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the volume; whole sectors are decrypted around them."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        sector = self._header.sector
        first, skip = divmod(offset, sector)
        stored = exactly(
            self._below, self._header.offset + first * sector, -(-(skip + length) // sector) * sector
        )
        number = self._header.first_number + first * (sector // _SECTOR)
        return self._cipher.decrypt(stored, number)[skip : skip + length]


def unlock(
    block: Block, header: LuksHeader, passwords: Sequence[tuple[int, str]]
) -> Iterator[tuple[int, LuksVolume] | None]:
    """Try every password on every slot: None after each try, at last the line that opened it and the volume."""
    SectorCipher.check(header.cipher, header.sector)
    refused: Stop | None = None
    for line, password in passwords:
        for secret in _secrets(password):
            for slot in header.slots:
                try:
                    key = _key_of(block, slot, secret, header.digests)
                except Stop as stop:
                    refused = stop
                    continue
                if key is not None:
                    yield line, LuksVolume(block, header, key)
                    return
                yield None
    if refused is not None:
        raise refused


def _secrets(password: str) -> list[bytes]:
    """The bytes of a line; where it begins with base64: also the bytes of the key file that it writes out."""
    secrets = [password.encode("utf-8", "surrogateescape")]
    if password.startswith(KEY_FILE):
        try:
            secrets.insert(0, base64.b64decode(password[len(KEY_FILE) :].encode(), validate=True))
        except (binascii.Error, ValueError):
            return secrets
    return secrets


def _key_of(block: Block, slot: _Slot, secret: bytes, digests: Sequence[_Digest]) -> bytes | None:
    """The key of the volume from one slot, None where the password is another."""
    if not 0 < slot.stripes <= _MOST_STRIPES or not 0 < slot.key_bytes <= _MOST_KEY:
        raise OSError("a key slot that is none")
    derived = _derive(slot, secret)
    size = slot.key_bytes * slot.stripes
    stored = exactly(block, slot.offset, -(-size // _SECTOR) * _SECTOR)
    SectorCipher.check(slot.cipher, _SECTOR)
    split = SectorCipher(slot.cipher, derived, _SECTOR).decrypt(stored, 0)[:size]
    key = _merge(split, slot.key_bytes, slot.stripes, slot.split_hash)
    for digest in digests:
        if digest.iterations > _MOST_ITERATIONS or digest.hash not in _HASHES or not digest.value:
            continue
        found = hashlib.pbkdf2_hmac(
            digest.hash, key, digest.salt, max(digest.iterations, 1), len(digest.value)
        )
        if found == digest.value:
            return key
    return None


def _derive(slot: _Slot, secret: bytes) -> bytes:
    if not 0 < slot.area_key_bytes <= _MOST_KEY:
        raise OSError("a key slot that is none")
    if slot.kind == "pbkdf2":
        if slot.hash not in _HASHES:
            raise unsupported(f"LUKS with the hash {slot.hash[:20]}")
        if not 0 < slot.iterations <= _MOST_ITERATIONS:
            raise Stop("limit", "a key slot asks for more rounds than are tried")
        return hashlib.pbkdf2_hmac(slot.hash, secret, slot.salt, slot.iterations, slot.area_key_bytes)
    if slot.kind not in {"argon2i", "argon2id"}:
        raise unsupported(f"LUKS with the derivation {slot.kind[:20]}")
    work = slot.memory_kib * slot.iterations
    if slot.memory_kib > _MOST_MEMORY_KIB or not 0 < work <= _MOST_WORK_KIB or not 0 < slot.lanes <= 64:
        raise Stop("limit", "a key slot asks for more memory or rounds than are tried")
    return _argon2(slot, secret)


def _argon2(slot: _Slot, secret: bytes) -> bytes:
    """Argon2 by one thread whatever the number of lanes: the sandbox lets none be started."""
    out = ffi.new("uint8_t[]", slot.area_key_bytes)
    password, salt = ffi.new("uint8_t[]", secret), ffi.new("uint8_t[]", slot.salt)
    context = ffi.new(
        "argon2_context *",
        {
            "version": ARGON2_VERSION, "out": out, "outlen": slot.area_key_bytes, "pwd": password,
            "pwdlen": len(secret), "salt": salt, "saltlen": len(slot.salt), "secret": ffi.NULL, "secretlen": 0,
            "ad": ffi.NULL, "adlen": 0, "t_cost": slot.iterations, "m_cost": slot.memory_kib, "lanes": slot.lanes,
            "threads": 1, "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL, "flags": 0,
        },
    )  # fmt: skip
    code = core(context, (Type.ID if slot.kind == "argon2id" else Type.I).value)
    if code == -22:  # ARGON2_MEMORY_ALLOCATION_ERROR
        raise Stop(
            "limit",
            f"a key slot asks for {slot.memory_kib // 1024} MiB of memory, more than a reader may have",
        )
    if code:
        raise OSError("a key slot that is none") from HashingError(f"argon2 {code}")
    return bytes(ffi.buffer(out))


def _merge(split: bytes, size: int, stripes: int, name: str) -> bytes:
    """The key from its stripes (anti-forensic splitter): added by XOR, diffused in between."""
    if name not in _HASHES:
        raise unsupported(f"LUKS with the hash {name[:20]}")
    held = bytes(size)
    for number in range(stripes):
        stripe = split[number * size : (number + 1) * size]
        held = (int.from_bytes(held) ^ int.from_bytes(stripe)).to_bytes(size)
        if number + 1 < stripes:
            held = _diffused(held, name)
    return held


def _diffused(data: bytes, name: str) -> bytes:
    each = hashlib.new(name).digest_size
    pieces = [
        hashlib.new(name, struct.pack(">I", number) + data[at : at + each]).digest()[: len(data) - at]
        for number, at in enumerate(range(0, len(data), each))
    ]
    return b"".join(pieces)


class SectorCipher:
    """Sectors of dm-crypt, many at a time: one call of AES for all of them."""

    def __init__(self, name: str, key: bytes, sector: int) -> None:
        self._mode, self._number = self._parts(name)
        self._sector = sector
        data_key = key[: len(key) // 2] if self._mode == "xts" else key
        tweak_key = key[len(key) // 2 :] if self._mode == "xts" else self._essiv_key(key)
        if len(data_key) not in (16, 24, 32) or len(tweak_key) not in (0, 16, 24, 32):
            raise unsupported(f"{name[:40]} with a key of {len(key) * 8} bits")
        self._data = algorithms.AES(data_key)
        self._tweak = algorithms.AES(tweak_key) if tweak_key else None

    @classmethod
    def check(cls, name: str, sector: int) -> None:
        """Raises Stop for a cipher that is not read, OSError for a sector that is none."""
        cls._parts(name)
        if sector not in (512, 1024, 2048, 4096):
            raise OSError("no such size of a sector")

    @staticmethod
    def _parts(name: str) -> tuple[str, str]:
        cipher, _, rest = name.partition("-")
        mode, _, number = rest.partition("-")
        known = {"xts": ("plain", "plain64"), "cbc": ("plain", "plain64", "essiv:sha256")}
        if cipher != "aes" or number not in known.get(mode, ()):
            raise unsupported(f"a volume encrypted by {name[:40]}")
        return mode, number

    def _essiv_key(self, key: bytes) -> bytes:
        return hashlib.sha256(key).digest() if self._number == "essiv:sha256" else b""

    def decrypt(self, stored: bytes, number: int) -> bytes:
        """Whole sectors, the first of which has this number (in units of 512 bytes)."""
        count = len(stored) // self._sector
        numbers = np.arange(count, dtype=np.uint64) * np.uint64(self._sector // _SECTOR) + np.uint64(number)
        if self._number == "plain":
            numbers &= np.uint64(0xFFFFFFFF)
        starts = np.zeros((count, 2), dtype="<u8")
        starts[:, 0] = numbers
        if self._tweak is not None:
            encryptor = Cipher(self._tweak, modes.ECB()).encryptor()  # noqa: S305 - one block for each sector
            starts = np.frombuffer(encryptor.update(starts.tobytes()), dtype="<u8").reshape(count, 2)
        blocks = np.frombuffer(stored, dtype="<u8").reshape(count, self._sector // 16, 2)
        if self._mode == "xts":
            tweaks = _tweaks(starts, self._sector // 16)
            return (self._plain(blocks ^ tweaks) ^ tweaks).tobytes()
        before = np.concatenate([starts[:, np.newaxis, :], blocks[:, :-1, :]], axis=1)
        return bytes((self._plain(blocks) ^ before).tobytes())

    def _plain(self, blocks: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        decryptor = Cipher(self._data, modes.ECB()).decryptor()  # noqa: S305 - the modes are built around it
        return np.frombuffer(decryptor.update(blocks.tobytes()), dtype="<u8").reshape(blocks.shape)


def _tweaks(starts: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.uint64]:
    """The tweak of every 16 bytes of every sector: each is the one before it, times x (IEEE 1619)."""
    tweaks = np.empty((len(starts), count, 2), dtype="<u8")
    low, high = starts[:, 0].copy(), starts[:, 1].copy()
    one, top, alpha = np.uint64(1), np.uint64(63), np.uint64(_ALPHA)
    for place in range(count):
        tweaks[:, place, 0], tweaks[:, place, 1] = low, high
        carry = high >> top
        high = high << one | low >> top
        low = low << one ^ carry * alpha
    return tweaks
