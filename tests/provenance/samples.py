"""Metadata as generators write them, around harmless words, and a small PKI for C2PA."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

A1111 = (
    "a lighthouse at noon\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, "
    "Size: 512x512, Model hash: 0123456789, Model: seaside, Version: v1.9.4"
)
COMFY = json.dumps(
    {"3": {"class_type": "KSampler", "inputs": {"seed": 1}},
     "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "seaside.safetensors"}}}
)  # fmt: skip
COMFY_FROM_PICTURE = json.dumps(
    {"1": {"class_type": "LoadImage", "inputs": {"image": "harbour.jpg"}}, "3": {"class_type": "KSampler"}}
)
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def xmp(properties: dict[str, str]) -> str:
    """A packet with the given properties as elements."""
    names = (
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dcterms="http://purl.org/dc/terms/"'
    )
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in properties.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {names}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority for tests, and one signer under it."""

    certificate: str
    chain: bytes
    key: bytes

    def sign(
        self,
        picture: bytes,
        source_type: str,
        *,
        media_type: str = "image/jpeg",
        assertions: tuple[dict[str, object], ...] = (),
        parent: bytes = b"",
    ) -> bytes:
        """The picture with a manifest that declares a source type in its actions, and with further assertions.

        ``parent`` is the picture that went in; an empty source type declares none that counts, and that it was edited.
        """
        actions = [
            {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE + (source_type or "composite")}
        ]
        if not source_type:
            actions.append({"action": "c2pa.edited"})
        manifest = {
            "claim_generator_info": [{"name": "Example Generator", "version": "1"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, *assertions],
        }
        info = c2pa.C2paSignerInfo(
            alg=c2pa.C2paSigningAlg.ES256, sign_cert=self.chain, private_key=self.key, ta_url=None
        )
        signed = io.BytesIO()
        builder = c2pa.Builder(json.dumps(manifest))
        if parent:
            told = {"title": "parent", "relationship": "parentOf"}
            builder.add_ingredient(json.dumps(told), media_type, io.BytesIO(parent))
        builder.sign(c2pa.Signer.from_info(info), media_type, io.BytesIO(picture), signed)
        return signed.getvalue()


def make_authority(name: str, *, ends: datetime = datetime(2045, 1, 1, tzinfo=UTC)) -> Authority:
    """An authority and a signer with the usage for e-mail protection, as the C2PA test suite has them."""
    authority_key, authority = _certificate(f"{name} CA", None, None)
    signer_key, signer = _certificate(f"{name} signer", authority, authority_key, ends)
    pem = serialization.Encoding.PEM
    return Authority(
        certificate=authority.public_bytes(pem).decode(),
        chain=signer.public_bytes(pem) + authority.public_bytes(pem),
        key=signer_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _certificate(
    name: str,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    ends: datetime = datetime(2045, 1, 1, tzinfo=UTC),
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    authority = issuer is None
    usage = x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signing = issuer_key or key
    if not authority:
        purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")])
        builder = builder.add_extension(purpose, critical=False)
    known_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return key, builder.add_extension(known_by, critical=False).sign(signing, hashes.SHA256())
