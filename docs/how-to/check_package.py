"""Checks a decrypted Fairlead package with the documented formats alone: python check_package.py package.tar keys.json"""

import base64
import hashlib
import json
import sys
import tarfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_bag(path):
    """Files of the bag, without the root folder's name; and that name."""
    files, roots = {}, set()
    with tarfile.open(path) as archive:
        for member in archive:
            root, _, name = member.name.partition("/")
            roots.add(root)
            files[name] = archive.extractfile(member).read()
    assert len(roots) == 1, "the archive holds more than one folder"
    return roots.pop(), files


def check_manifest(files, manifest, covered):
    """RFC 8493: every line's digest fits its file, and every covered file has a line."""
    listed = {}
    for line in files[manifest].decode().splitlines():
        digest, name = line.split("  ", 1)
        listed[name] = digest
    assert listed.keys() == covered, f"{manifest} does not list exactly the files there are"
    for name, digest in listed.items():
        assert sha256(files[name]) == digest, f"{name} was changed"


def check_statement(files, keys, package):
    """DSSE: signatures over PAE(payload type, payload); in-toto: subjects are the tag files that are there."""
    envelope = json.loads(files["statement.dsse.json"])
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signers = set()
    for signature in envelope["signatures"]:
        raw = bytes.fromhex(keys["officers"][signature["keyid"]])
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature["sig"]), message)
        signers.add(raw)
    assert len(signers) >= 2, "fewer than two officers have signed"
    statement = json.loads(payload)
    subjects = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    left_out = {"statement.dsse.json", "tagmanifest-sha256.txt"}
    there = {n: sha256(d) for n, d in files.items() if not n.startswith("data/") and n not in left_out}
    if (
        "ledger.json" not in subjects
    ):  # made at release, after the first officer signed; the log's own signature holds it
        del there["ledger.json"]
    assert subjects == there, "the statement is about other files"
    assert statement["predicate"]["package"] == package, "the statement is about another package"
    return statement["predicate"]


def check_checkpoint(note, ledger_key):
    """C2SP signed note: name, key id and Ed25519 signature over the text; returns size and root."""
    name, key_id, encoded = ledger_key.split("+", 2)
    raw = base64.b64decode(encoded)
    text, _, tail = note.rpartition("\n\n")
    text += "\n"
    for line in tail.splitlines():
        signer, _, signature = line.removeprefix("— ").partition(" ")
        value = base64.b64decode(signature)
        if signer == name and value[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(value[4:], text.encode())
            origin, size, root = text.splitlines()[:3]
            assert origin == name, "the checkpoint is of another log"
            return int(size), base64.b64decode(root)
    raise AssertionError("the log has not signed the checkpoint")


def check_log(files, keys, package):
    """RFC 6962: the entry commits to this package and is included under the signed root."""
    proof = json.loads(files["ledger.json"])
    leaf = proof["leaf"].encode()
    detail = json.dumps(proof["detail"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    commitment = sha256(bytes.fromhex(proof["salt"]) + detail)
    assert json.loads(leaf)["commitment"] == commitment, "the entry commits to something else"
    manifest = sha256(files["manifest-sha256.txt"])
    assert proof["detail"]["objects"][:2] == [package, manifest], "the entry is about another package"
    size, root = check_checkpoint(proof["checkpoint"], keys["ledger"])
    index, last, value = proof["index"], size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for node in map(bytes.fromhex, proof["proof"]):
        if index % 2 or index == last:
            value = hashlib.sha256(b"\x01" + node + value).digest()
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            value = hashlib.sha256(b"\x01" + value + node).digest()
        index, last = index // 2, last // 2
    assert last == 0 and value == root, "the entry is not in the log"
    return size


def main(archive, keys_file):
    with open(keys_file) as handle:
        keys = json.load(handle)
    package, files = read_bag(archive)
    check_manifest(files, "manifest-sha256.txt", {n for n in files if n.startswith("data/")})
    tags = {n for n in files if not n.startswith("data/")} - {"tagmanifest-sha256.txt"}
    check_manifest(files, "tagmanifest-sha256.txt", tags)
    print(f"bag: {len(files)} files, none changed")
    predicate = check_statement(files, keys, package)
    print(f"statement: {package}, {predicate['from']} to {predicate['to']}, signed by two officers")
    print(
        f"log: the disclosure is an entry of the log, whose checkpoint counts {check_log(files, keys, package)} entries"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
