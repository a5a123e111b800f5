"""A hash list says by its content what it is; each form is read whole, and what is lost is told."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import sqlite3
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fairlead.known.imports import HashSet, ListImport, import_list, recognise_list
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.matching import Meaning, ReleasePolicy

N = 12


def digest(kind: str, n: int) -> str:
    return hashlib.new(kind, str(n).encode()).hexdigest()


def pdq(n: int) -> str:
    """A value of the form that a picture's has: half of 256 bits set."""
    bits = np.random.default_rng(n).permutation(np.repeat([0, 1], 128))
    return np.packbits(bits).tobytes().hex()


def lines(form: Callable[[int], str], head: str = "") -> bytes:
    return (head + "".join(f"{form(n)}\n" for n in range(N))).encode()


def vics() -> bytes:
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.1.xml/US/$metadata#Media"
    media = [{"MediaID": n, "Category": 1, "MD5": digest("md5", n)} for n in range(N)]
    return json.dumps({"@odata.context": context, "value": media}).encode()


def ncmec() -> bytes:
    images = "".join(
        f"<image><member id='1'>x</member><id>{n}</id><classification>A1</classification>"
        f"<fingerprints><md5>{digest('md5', n)}</md5></fingerprints></image>"
        for n in range(N)
    )
    return f"<?xml version='1.0'?><queryResult xmlns='x'><images>{images}</images></queryResult>".encode()


def encase(count: int = N, tail: bytes = b"") -> bytes:
    head = bytearray(1152)
    head[:16] = b"HASH\r\n\xff\0" + struct.pack("<II", 2, 1)
    head[16:20] = struct.pack("<I", count)
    head[1112 : 1112 + 10] = "Known".encode("utf-16-le")
    return bytes(head) + b"".join(bytes.fromhex(digest("md5", n)) + b"\0\0" for n in range(N)) + tail


def database(*statements: tuple[str, tuple[object, ...]]) -> bytes:
    made = sqlite3.connect(":memory:")
    for sql, values in statements:
        made.execute(sql, values)
    made.commit()
    data = made.serialize()
    made.close()
    return data


def kdb() -> bytes:
    table = "CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32))"
    return database(
        (table, ()),
        ("CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT)", ()),
        *(("INSERT INTO hashes (md5) VALUES (?)", (bytes.fromhex(digest("md5", n)),)) for n in range(N)),
    )


def nsrl() -> bytes:
    return database(
        ("CREATE TABLE FILE (sha256, sha1, md5, file_name)", ()),
        *(("INSERT INTO FILE (sha256) VALUES (?)", (digest("sha256", n).upper(),)) for n in range(N)),
    )


def misp_event() -> bytes:
    attributes = [
        {"type": "filename|sha256", "value": f"a|b.jpg|{digest('sha256', n)}"} for n in range(N - 1)
    ]
    thing = {"Attribute": [{"type": "md5", "value": digest("md5", 1)}]}
    return json.dumps({"Event": {"info": "x", "Attribute": attributes, "Object": [thing]}}).encode()


def warninglist() -> bytes:
    told = {
        "name": "x",
        "type": "string",
        "matching_attributes": ["md5"],
        "list": [digest("md5", n) for n in range(N)],
    }
    return json.dumps(told).encode()


def stopncii() -> bytes:
    def record(n: int) -> dict[str, str]:
        return {
            "signalType": "ImagePDQ",
            "hashValue": pdq(n),
            "hashStatus": "Received" if n % 2 else "Active",
        }

    return json.dumps([record(n) for n in range(N)]).encode()


ICSE = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline\n"
)
HASHKEEPER = (
    '"file_id","hashset_id","file_name","directory","hash","file_size","date_modified","time_modified","time_zone",'
    '"comments","date_accessed","time_accessed"\n'
)


def base32(n: int) -> str:
    return base64.b32encode(bytes.fromhex(digest("sha1", n))).decode()


# Form, file name, content; each holds N hashes.
SAMPLES: dict[str, tuple[str, bytes]] = {
    "VICS": ("vics", vics()),
    "bare MD5": ("digests", lines(lambda n: digest("md5", n))),
    "bare SHA-1, capitals": ("digests", lines(lambda n: digest("sha1", n).upper())),
    "bare SHA-256": ("digests", lines(lambda n: digest("sha256", n))),
    "several algorithms": ("digests", lines(lambda n: digest(("md5", "sha1", "sha256")[n % 3], n))),
    "md5sum": ("digests", lines(lambda n: f"{digest('md5', n)}  pictures/{n}.jpg")),
    "md5sum, binary": ("digests", lines(lambda n: f"{digest('md5', n)} *{n}.jpg")),
    "BSD": ("digests", lines(lambda n: f"SHA256 (pictures/{n}.jpg) = {digest('sha256', n)}")),
    "openssl": ("digests", lines(lambda n: f"SHA2-256(pictures/{n}.jpg)= {digest('sha256', n)}")),
    "md5deep with sizes": ("digests", lines(lambda n: f"    {n + 100}  {digest('md5', n)}  /a/{n}.jpg")),
    "hashdeep": (
        "hashdeep",
        lines(
            lambda n: f"{n},{digest('md5', n)},/a/{n}, b.jpg",
            "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n## Invoked from: /\n## $ hashdeep -c md5\n##\n",
        ),
    ),
    "PDQ": ("pdq", lines(pdq)),
    "PDQ of the tool": ("pdq", lines(lambda n: f"{pdq(n)},100,{n}.jpg")),
    "PDQ with a header": ("csv", lines(lambda n: f"{pdq(n)},100", "pdq,quality\n")),
    "vPDQ": ("vpdq", lines(lambda n: f"{n},100,{pdq(n)},{n}.000")),
    "ThreatExchange": ("threatexchange", lines(lambda n: f"pdq {pdq(n)}")),
    "StopNCII": ("stopncii", stopncii()),
    "a warninglist of MISP": ("misp", warninglist()),
    "an event of MISP": ("misp", misp_event()),
    "NCMEC": ("ncmec", ncmec()),
    "ICSE": ("icse", lines(lambda n: f"{digest('md5', n)};;;{n};;;;;;;;Baseline", ICSE)),
    "EnCase": ("encase", encase()),
    "Autopsy": ("kdb", kdb()),
    "NSRL": ("nsrl", nsrl()),
    "CSV": ("csv", lines(lambda n: f"{n},{digest('sha1', n)}", "id,sha1\n")),
    "ICCAM": (
        "csv",
        lines(lambda n: f"{n},{digest('md5', n)},Baseline", "ICCAM ID,Hash MD5,Classification\n"),
    ),
    "Arachnid": ("csv", lines(lambda n: f"{base32(n)},csam", "sha1_base32,classification\n")),
    "GIFCT": ("csv", lines(lambda n: f"{pdq(n)},PDQ,x", "Hash,Hash Type,Label\n")),
    "HashKeeper": ("csv", lines(lambda n: f'{n},1,"{n}.jpg","C:","{digest("md5", n)}",1,,,,,,', HASHKEEPER)),
    "CSV in UTF-16": (
        "csv",
        lines(lambda n: f"{n},{digest('md5', n)}", "id,md5\n").decode().encode("utf-16"),
    ),
    "CSV with old line ends": (
        "csv",
        lines(lambda n: f"{n};{digest('md5', n)}", "id;md5\n").replace(b"\n", b"\r"),
    ),
}


def imported(tmp_path: Path, form: str, data: bytes, name: str = "list") -> ListImport:
    (tmp_path / name).write_bytes(data)
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    hash_set = HashSet(
        name="s", version="", scheme="", meaning=Meaning.OF_INTEREST, release=ReleasePolicy.NOT_RELEASABLE
    )
    found = import_list(HASH_LISTS.get(form), tmp_path / name, hash_set=hash_set, spool=spool)
    for _ in found.known():
        pass
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_list_is_recognised_by_its_content_and_read_whole(tmp_path: Path, name: str) -> None:
    form, data = SAMPLES[name]
    (tmp_path / "list").write_bytes(data)
    found, why = recognise_list(tmp_path / "list")
    assert (found.name, bool(why)) == (form, True)
    read = imported(tmp_path, form, data)
    assert (read.entries, dict(read.reasons)) == (N, {})


def test_every_format_at_the_door_has_a_sample_here_or_is_another_packages() -> None:
    own = {name for name, form in HASH_LISTS.all().items() if form.fits is not None}
    assert own == {form for form, _ in SAMPLES.values()}


@pytest.mark.parametrize("kind", ["md5sum", "sha1sum", "sha256sum"])
@pytest.mark.parametrize("tag", [(), ("--tag",), ("--zero",)])
def test_what_coreutils_print_of_files_with_any_name_is_read(
    tmp_path: Path, kind: str, tag: tuple[str, ...]
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    names = [
        "plain",
        "two words",
        "back\\slash",
        "line\nbreak",
        "(brackets) = x",
        "ünïcode",
        "*star",
        "#hash",
    ]
    for n, name in enumerate(names):
        (made / name).write_text(str(n))
    printed = subprocess.run([kind, *tag, *sorted(names)], cwd=made, capture_output=True, check=True).stdout
    read = imported(tmp_path, "digests", printed.replace(b"\0", b"\n") if "--zero" in tag else printed)
    broken = 1 if "--zero" in tag else 0  # a name with a line break, unescaped, is two lines
    assert (read.entries, read.rejected) == (len(names), broken)


def test_sha_256_never_becomes_pdq_nor_pdq_sha_256_whatever_is_asked(tmp_path: Path) -> None:
    for form, other, data in (
        ("pdq", "digests", SAMPLES["bare SHA-256"][1]),
        ("digests", "pdq", SAMPLES["PDQ"][1]),
        ("csv", "csv", lines(lambda n: f"{digest('sha256', n)}", "pdq\n")),
        ("csv", "csv", lines(pdq, "sha256\n")),
        ("threatexchange", "threatexchange", lines(lambda n: f"pdq {digest('sha256', n)}")),
    ):
        with pytest.raises(ItemError) as told:
            imported(tmp_path, form, data)
        assert told.value.code == "KNOWN-LIST"
        assert form == other or f"--format {other}" in told.value.remedy


def test_a_few_values_of_64_digits_may_be_either_and_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(
        b"".join(lines(lambda n: digest("sha256", n)).splitlines(keepends=True)[:3])
    )
    with pytest.raises(UsageError) as told:
        recognise_list(tmp_path / "list")
    assert told.value.code == "KNOWN-FORM"
    assert {"digests", "pdq"} <= set(told.value.fact.replace(";", " ").replace(":", " ").split())


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("xl/workbook.xml", "<x/>")
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (gzip.compress(SAMPLES["PDQ"][1]), "gzip"),
        (archive(), "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b'{"a": 1}', "JSON"),
        (b"<html></html>", "XML"),
        (b"name,colour\nx,red\n", "--column"),
        (b"age-encryption.org/v1\n-> X25519", "encrypted"),
        (database(("CREATE TABLE other (a)", ())), "database"),
        (bytes(range(256)) * 9, "no text"),
    ],
)
def test_a_wrong_file_gets_the_name_of_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(UsageError, match=said) as told:
        recognise_list(tmp_path / "list")
    assert told.value.code == "KNOWN-FORM"
    for form in ("csv", "pdq", "vics"):
        with pytest.raises(ItemError) as also:
            imported(tmp_path, form, data)
        assert (
            said in also.value.fact or form == "csv" or data.strip() in (b"", b'{"a": 1}', b"<html></html>")
        )


def test_a_list_given_as_another_one_is_refused_with_the_format_that_reads_it(tmp_path: Path) -> None:
    for name, wrong in (
        ("VICS", "csv"),
        ("NSRL", "kdb"),
        ("EnCase", "pdq"),
        ("ICSE", "vpdq"),
        ("CSV", "vics"),
        ("NCMEC", "vics"),
    ):
        form, data = SAMPLES[name]
        with pytest.raises(ItemError) as told:
            imported(tmp_path, wrong, data)
        assert told.value.remedy == f"Give it with --format {form}."


def test_of_a_folder_of_videos_the_broken_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "good.txt").write_bytes(SAMPLES["vPDQ"][1])
    (folder / "broken.json").write_text("[broken")
    (tmp_path / "spool").mkdir()
    hash_set = HashSet(
        name="s", version="", scheme="", meaning=Meaning.OF_INTEREST, release=ReleasePolicy.NOT_RELEASABLE
    )
    with pytest.raises(ItemError, match=r"broken\.json"):
        import_list(HASH_LISTS.get("vpdq"), folder, hash_set=hash_set, spool=tmp_path / "spool")


def test_a_vics_file_that_is_cut_and_one_that_is_no_json_are_told_apart(tmp_path: Path) -> None:
    whole = vics()
    with pytest.raises(ItemError, match="ends before its JSON does"):
        imported(tmp_path, "vics", whole[: len(whole) // 2])
    with pytest.raises(ItemError, match="is not JSON"):
        imported(tmp_path, "vics", whole.replace(b'"MD5":', b'"MD5"=', 1))


def test_a_category_of_six_thousand_digits_costs_its_own_item_at_most(tmp_path: Path) -> None:
    data = vics().replace(b'"Category": 1', b'"Category": ' + b"9" * 6_000, 1)
    assert imported(tmp_path, "vics", data).entries == N


def test_alternative_hashes_that_are_not_matched_are_counted(tmp_path: Path) -> None:
    more = (
        b'"AlternativeHashes": [{"HashName": "SHA-512", "HashValue": "ab"}, {"HashName": "PDQ", "HashValue": "%s"}], '
        % pdq(1).encode()
    )
    read = imported(tmp_path, "vics", vics().replace(b'"MediaID"', more + b'"MediaID"', 1))
    assert read.entries == N + 1
    assert dict(read.reasons) == {"an alternative hash of a kind that is not matched here": 1}


def test_digests_of_other_algorithms_are_named_with_what_to_ask_for(tmp_path: Path) -> None:
    read = imported(tmp_path, "digests", lines(lambda n: digest("sha512" if n % 2 else "md5", n)))
    assert read.entries == N // 2
    assert dict(read.reasons) == {
        "a SHA-512, which is not matched here: ask for MD5, SHA-1 or SHA-256": N // 2
    }


def test_a_hash_file_of_encase_that_is_short_says_so(tmp_path: Path) -> None:
    read = imported(tmp_path, "encase", encase(count=N + 5, tail=b"\1\2\3"))
    assert read.entries == N
    assert sorted(read.reasons) == [
        "the file ends 4 records before its head says",
        "the file ends inside this record",
    ]


def test_quality_in_a_column_of_its_own_is_read_and_a_low_one_refused(tmp_path: Path) -> None:
    data = lines(lambda n: f"{pdq(n)},{20 if n % 2 else 100}", "pdq,quality\n")
    for form in ("csv", "pdq"):
        read = imported(tmp_path, form, data)
        assert (read.entries, read.rejected) == (N // 2, N // 2)


def test_a_column_that_was_named_by_hand_outdoes_the_header(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(
        lines(lambda n: f"{digest('md5', n)},x,{digest('md5', n + 50)}", "md5,a,Foto\n")
    )
    spool = tmp_path / "spool"
    spool.mkdir()
    hash_set = HashSet(
        name="s", version="", scheme="", meaning=Meaning.OF_INTEREST, release=ReleasePolicy.NOT_RELEASABLE
    )
    told = ListOptions(columns={"md5": "Foto"})
    found = import_list(
        HASH_LISTS.get("csv"), tmp_path / "list", hash_set=hash_set, spool=spool, options=told
    )
    values = {row["value"] for batch in found.known() for row in batch.to_pylist()}
    assert values == {digest("md5", n + 50) for n in range(N)}


def test_pdq_and_sha_256_in_one_list_are_asked_about_and_refused(tmp_path: Path) -> None:
    for digests in (10, 30, 70):
        values = [digest("sha256", n) if n < digests else pdq(n) for n in range(100)]
        data = "".join(f"{value}\n" for value in values).encode()
        (tmp_path / "list").write_bytes(data)
        with pytest.raises(UsageError, match="several formats"):
            recognise_list(tmp_path / "list")
        with pytest.raises(ItemError, match=r"mixed|are SHA-256"):
            imported(tmp_path, "pdq", data)


def test_every_digest_of_a_line_counts(tmp_path: Path) -> None:
    data = lines(lambda n: f"{n}.jpg,{digest('md5', n)},{digest('sha1', n)}")
    assert imported(tmp_path, "digests", data).entries == 2 * N
    assert (
        imported(tmp_path, "digests", lines(lambda n: f"{digest('md5', n)}\t{digest('sha1', n)}")).entries
        == 2 * N
    )
    named = lines(lambda n: f"{digest('md5', n)}  {digest('sha1', n)}")  # a file that is named by a digest
    assert imported(tmp_path, "digests", named).entries == N


@pytest.mark.parametrize("sign", ["#", ";", "//", "--"])
def test_comments_and_quotation_marks_hide_no_digest(tmp_path: Path, sign: str) -> None:
    data = lines(
        lambda n: f'"{digest("md5", n)}"', f"{sign} a list\n{sign} of ten\n{sign} and more\n{sign} lines\n"
    )
    (tmp_path / "list").write_bytes(data)
    assert recognise_list(tmp_path / "list")[0].name == "digests"
    assert imported(tmp_path, "digests", data).entries == N


def test_a_table_that_was_saved_for_excel_keeps_its_categories(tmp_path: Path) -> None:
    data = lines(lambda n: f"{digest('md5', n)};1", "sep=;\nmd5;category\n")
    (tmp_path / "list").write_bytes(data)
    assert recognise_list(tmp_path / "list")[0].name == "csv"
    read = imported(tmp_path, "csv", data)
    rows = [row for batch in read.known() for row in batch.to_pylist()]
    assert [row["category"] for row in rows] == ["1"] * N


def test_an_entry_with_several_categories_is_told(tmp_path: Path) -> None:
    once, again = vics(), vics().replace(b'"Category": 1', b'"Category": 2')
    both = once[:-2] + b", " + again[again.index(b"[") + 1 :]
    read = imported(tmp_path, "vics", both)
    assert (read.entries, read.repeated, read.contradicting) == (N, N, N)
    assert imported(tmp_path, "vics", once).contradicting == 0
