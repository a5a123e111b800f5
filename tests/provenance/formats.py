"""A file in every declared format and container that Fairlead reads, around harmless words."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field

import av
import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.media.pictures import chunk, encode, exif, iim, png, resources, scene, text_chunk, with_segment
from tests.provenance.samples import A1111, COMFY, COMFY_FROM_PICTURE, SOURCE_TYPE, xmp

UUID = "01234567-89ab-4def-8123-456789abcdef"
LABEL = json.dumps(
    {"Label": "1", "ContentProducer": "001191310000EXAMPLE0000010000", "ProduceID": "p-1", "ReservedCode1": "",
     "ContentPropagator": "", "PropagateID": "", "ReservedCode2": ""}
)  # fmt: skip
FORGE = A1111.replace("Version: v1.9.4", "Version: f2.0.1v1.10.1-previous-1, Module 1: ae")
SD_NEXT = A1111.replace("Version: v1.9.4", "App: SD.Next, Version: 0123abc, Operations: txt2img")
CIVITAI = A1111.replace(
    "Version: v1.9.4",
    'Civitai resources: [{"type":"checkpoint","modelVersionId":128713,"modelName":"Seaside"}]',
)
FOOOCUS = json.dumps(
    {"base_model": "seaside.safetensors", "base_model_hash": "0123456789", "created_by": "someone", "seed": "7",
     "loras": [["boats", 0.5, "abcdef012345"]], "version": "Fooocus v2.5.5", "prompt": "a lighthouse"}
)  # fmt: skip
SWARM = json.dumps(
    {"sui_image_params": {"prompt": "a pier", "model": "seaside", "seed": 11, "swarm_version": "0.9.3.0"},
     "sui_models": [{"name": "seaside.safetensors", "hash": "0x" + "ab" * 32}]}
)  # fmt: skip
EASY = {"prompt": "a pier", "negative_prompt": "", "use_stable_diffusion_model": "seaside", "seed": "4"}
DRAW_THINGS = json.dumps(
    {
        "c": "a pier",
        "uc": "",
        "model": "seaside_v1.ckpt",
        "sampler": "Euler A",
        "seed": 3,
        "scale": 7,
        "v2": {},
    }
)
NOVEL = {
    "prompt": "a lighthouse at dusk",
    "steps": 28,
    "seed": 5,
    "uncond_scale": 1.0,
    "request_type": "PromptGenerateRequest",
}
GROK = {0x013B: UUID, 0x010E: "Signature: " + base64.b64encode(bytes(range(64))).decode()}
WORKFLOW = '{"last_node_id": 9, "nodes": [{"id": 1, "type": "KSampler"}], "version": 0.4}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One file: format, container, bytes, what the tool's name must hold, whether a picture was the input."""

    format: str
    container: str
    data: bytes
    tool: str
    derived: bool = False
    rules: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return f"{self.format}, {self.container}"


def samples() -> list[Sample]:
    """Every format in every container that its programs write."""
    made: list[Sample] = []

    def add(form: str, container: str, data: bytes, tool: str, *, derived: bool = False) -> None:
        made.append(Sample(format=form, container=container, data=data, tool=tool, derived=derived))

    for form, text, tool in (
        ("A1111", A1111, "v1.9.4"), ("Forge", FORGE, "Forge: f2.0.1"), ("SD.Next", SD_NEXT, "SD.Next"),
        ("Civitai", CIVITAI, "Civitai, generated on the site: Seaside"),
    ):  # fmt: skip
        for container, data in in_text_and_comment(text).items():
            add(form, container, data, tool)
    add(
        "A1111 with an input",
        "PNG text",
        texts(parameters=A1111 + ", Denoising strength: 0.5"),
        "v1.9.4",
        derived=True,
    )
    add(
        "A1111 extras",
        "PNG text",
        texts(postprocessing="Postprocess upscale by: 4, Postprocess upscaler: ESRGAN"),
        "enlarging",
        derived=True,
    )
    add("ComfyUI", "PNG text", texts(prompt=COMFY, workflow=WORKFLOW), "ComfyUI: seaside")
    add(
        "ComfyUI",
        "WebP EXIF",
        encode(scene(16, 16), "WEBP", exif=exif({0x0110: "prompt:" + COMFY, 0x010F: "workflow:" + WORKFLOW})),
        "ComfyUI",
    )
    add("ComfyUI with an input", "PNG text", texts(prompt=COMFY_FROM_PICTURE), "ComfyUI", derived=True)
    add("ComfyUI", "MP4", tagged_video("mp4", {"comment": COMFY}), "ComfyUI")
    add("ComfyUI", "Matroska", tagged_video("matroska", {"PROMPT": COMFY}), "ComfyUI")
    for container, data in in_text_and_comment(SWARM).items():
        add("SwarmUI", container, data, "SwarmUI: 0.9.3.0")
    add(
        "SwarmUI with an input",
        "PNG text",
        texts(parameters=SWARM.replace('"seed"', '"initimagecreativity": 0.4, "seed"')),
        "SwarmUI",
        derived=True,
    )
    add("Fooocus", "PNG text", texts(parameters=FOOOCUS, fooocus_scheme="fooocus"), "Fooocus: Fooocus v2.5.5")
    add(
        "Fooocus, scheme a1111",
        "PNG text",
        texts(parameters=A1111.replace("v1.9.4", "Fooocus v2.5.5"), fooocus_scheme="a1111"),
        "Fooocus v2.5.5",
    )
    for kind in ("JPEG", "WEBP"):
        add("Fooocus", f"{kind} EXIF", encode(scene(16, 16), kind, exif=in_first_directory()), "Fooocus")
    for key, value in (
        (
            "invokeai_metadata",
            '{"app_version": "5.1.0", "model": {"name": "seaside", "hash": "blake3:' + "cd" * 32 + '"}}',
        ),
        ("invokeai_graph", '{"id": "x", "nodes": {"a": {"type": "sdxl_denoise"}}}'),
        (
            "sd-metadata",
            '{"model": "stable diffusion", "model_weights": "seaside", "app_version": "2.3.5", "image": {"seed": 3}}',
        ),
        ("Dream", '"a pier" -s 50 -S 3 -W 512 -H 512 -C 7.5'),
    ):
        add(f"InvokeAI ({key})", "PNG text", texts(**{key: value}), "InvokeAI")
    add(
        "InvokeAI with an input",
        "PNG text",
        texts(invokeai_metadata='{"generation_mode": "sdxl_img2img"}'),
        "InvokeAI",
        derived=True,
    )
    add("NovelAI", "PNG text", novelai_png(None), "NovelAI")
    add(
        "NovelAI",
        "WebP EXIF",
        encode(
            scene(16, 16),
            "WEBP",
            exif=exif(
                {0x0131: "NovelAI", 0x013B: "NovelAI generated image"},
                user_comment=b"ASCII\0\0\0" + json.dumps(NOVEL).encode(),
            ),
        ),
        "NovelAI",
    )
    add("Easy Diffusion", "PNG text", texts(**EASY), "Easy Diffusion: seaside")
    add("Easy Diffusion", "JPEG EXIF", user_comment(json.dumps(EASY), "JPEG"), "Easy Diffusion: seaside")
    add(
        "Draw Things",
        "PNG XMP",
        xmp_png(
            {
                "exif:UserComment": f"<rdf:Alt><rdf:li xml:lang='x-default'>{DRAW_THINGS}</rdf:li></rdf:Alt>",
                "xmp:CreatorTool": "Draw Things",
            }
        ),
        "Draw Things",
    )
    add(
        "Draw Things with an input",
        "PNG XMP",
        xmp_png({"exif:UserComment": DRAW_THINGS.replace('"seed"', '"strength": 0.6, "seed"')}),
        "Draw Things",
        derived=True,
    )
    add(
        "Midjourney",
        "PNG text",
        texts(Description=f"a pier --v 6.1 Job ID: {UUID}", Author="someone"),
        "Midjourney: 6.1",
    )
    add(
        "Midjourney",
        "PNG XMP",
        xmp_png(
            {
                "Iptc4xmpExt:DigitalImageGUID": UUID,
                "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "trainedAlgorithmicMedia",
            }
        ),
        "Midjourney",
    )
    add(
        "Google",
        "PNG XMP",
        xmp_png(
            {
                "photoshop:Credit": "Made with Google AI",
                "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE + "trainedAlgorithmicMedia",
            }
        ),
        "Google AI",
    )
    add(
        "Google, edited",
        "JPEG XMP",
        encode(scene(16, 16), "JPEG", xmp=xmp({"photoshop:Credit": "Edited with Google AI"}).encode()),
        "Google AI",
        derived=True,
    )
    credit = resources((0x0404, iim((2, 110, b"Made with Google AI"))))
    add("Google", "JPEG IPTC", with_segment(encode(scene(16, 16), "JPEG"), 0xED, credit), "Google AI")
    add("Grok", "JPEG EXIF", encode(scene(16, 16), "JPEG", exif=exif(GROK)), "Grok")
    add(
        "Ideogram", "JPEG EXIF", encode(scene(16, 16), "JPEG", exif=exif({0x010F: "Ideogram AI"})), "Ideogram"
    )
    add(
        "IPTC 2025.1",
        "PNG XMP",
        xmp_png({"Iptc4xmpExt:AISystemUsed": "Example Painter", "Iptc4xmpExt:AISystemVersionUsed": "3"}),
        "Example Painter",
    )
    add(
        "IPTC 2025.1 prompt fields", "PNG XMP", xmp_png({"Iptc4xmpExt:AIPromptWriterName": "someone"}), "IPTC"
    )
    for form, packet in (
        ("GB 45438 as element", xmp({"TC260:AIGC": LABEL})),
        ("GB 45438 as attribute", xmp({}).replace("xmlns:exif", f"TC260:AIGC='{LABEL}' xmlns:exif")),
        (
            "GB 45438, other namespace",
            xmp({"TC260:AIGC": LABEL}).replace(
                "http://www.tc260.org.cn/ns/AIGC/1.0/", "http://ns.tc260.org.cn/AIGC/1.0/"
            ),
        ),
    ):
        add(form, "PNG XMP", packet_png(packet), "001191310000EXAMPLE0000010000")
        add(
            form,
            "JPEG XMP",
            encode(scene(16, 16), "JPEG", xmp=packet.encode()),
            "001191310000EXAMPLE0000010000",
        )
        add(
            form,
            "WebP XMP",
            encode(scene(16, 16), "WEBP", xmp=packet.encode()),
            "001191310000EXAMPLE0000010000",
        )
        add(
            form,
            "AVIF XMP",
            encode(scene(64, 64), "AVIF", xmp=packet.encode()),
            "001191310000EXAMPLE0000010000",
        )
        add(
            form,
            "HEIC XMP",
            encode(scene(64, 64), "HEIF", xmp=packet.encode()),
            "001191310000EXAMPLE0000010000",
        )
    add("GB 45438", "PNG text", texts(AIGC=LABEL), "001191310000EXAMPLE0000010000")
    add(
        "GB 45438",
        "JPEG EXIF",
        user_comment('{"AIGC":' + LABEL + "}", "JPEG"),
        "001191310000EXAMPLE0000010000",
    )
    add(
        "GB 45438",
        "JPEG segment",
        with_segment(encode(scene(16, 16), "JPEG"), 0xEA, b"AIGC" + LABEL.encode()),
        "001191310000EXAMPLE0000010000",
    )
    add("GB 45438", "MP4", tagged_video("mp4", {"AIGC": LABEL}), "001191310000EXAMPLE0000010000")
    add("GB 45438", "Matroska", tagged_video("matroska", {"AIGC": LABEL}), "001191310000EXAMPLE0000010000")
    add("GB 45438", "AVI", avi_with({b"AIGC": LABEL.encode()}), "001191310000EXAMPLE0000010000")
    for mode in ("stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp"):
        add(f"Stealth ({mode})", "PNG pixels", encode(hide(mode, A1111), "PNG"), "v1.9.4")
        add(
            f"Stealth ({mode})",
            "WebP pixels, lossless",
            encode(hide(mode, A1111), "WEBP", lossless=True, exact=True),
            "v1.9.4",
        )
    hidden = json.dumps({"Software": "NovelAI", "Comment": json.dumps(NOVEL)})
    add("Stealth (NovelAI)", "PNG pixels", encode(hide("stealth_pngcomp", hidden), "PNG"), "NovelAI")
    return made


def texts(**pairs: str) -> bytes:
    """A PNG with text chunks; an underscore stands for a hyphen only where the key has one."""
    return png(*(text_chunk(key, value) for key, value in pairs.items()))


def in_text_and_comment(text: str) -> dict[str, bytes]:
    """The text where the web UI and its like put it: PNG text, and EXIF of JPEG, WebP and AVIF."""
    packed = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(text.encode("latin-1")))
    wide = chunk(b"iTXt", b"parameters\0\0\0\0\0" + text.replace("lighthouse", "Leuchtturm ä").encode())
    return {
        "PNG text": texts(parameters=text),
        "PNG text, packed": png(packed),
        "PNG text, international": png(wide),
        "JPEG EXIF": user_comment(text, "JPEG"),
        "WebP EXIF": user_comment(text, "WEBP"),
        "AVIF EXIF": user_comment(text, "AVIF"),
        "HEIC EXIF": user_comment(text, "HEIF"),
    }


def user_comment(text: str, kind: str) -> bytes:
    block = exif({}, user_comment=b"UNICODE\0" + text.encode("utf-16-be"))
    return encode(scene(64, 64), kind, exif=block)


def in_first_directory() -> bytes:
    """EXIF as Fooocus writes it: everything in the first directory."""
    block = Image.Exif()
    block[0x9286] = FOOOCUS
    block[0x0131] = "Fooocus v2.5.5"
    block[0x927C] = "fooocus"
    return block.tobytes()


def packet_png(packet: str) -> bytes:
    return png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet.encode()))


def xmp_png(properties: dict[str, str]) -> bytes:
    return packet_png(xmp(properties))


def tagged_video(container: str, tags: dict[str, str]) -> bytes:
    """A short video with tags, as ffmpeg writes them."""
    target = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if container == "mp4" else {}
    with av.open(target, "w", format=container, options=options) as opened:
        opened.metadata.update(tags)
        stream = opened.add_stream("mpeg4", rate=5)
        stream.height = stream.width = 64
        stream.pix_fmt = "yuv420p"
        for number in range(3):
            opened.mux(stream.encode(av.VideoFrame.from_ndarray(scene(64, 64, number), format="rgb24")))
        opened.mux(stream.encode(None))
    return target.getvalue()


def avi_with(info: dict[bytes, bytes]) -> bytes:
    """A RIFF file of kind AVI with an INFO list; its stream is empty."""
    listed = b"INFO" + b"".join(
        key + len(value).to_bytes(4, "little") + value + bytes(len(value) % 2) for key, value in info.items()
    )
    movie = b"LIST" + (4).to_bytes(4, "little") + b"movi"
    body = b"AVI " + b"LIST" + len(listed).to_bytes(4, "little") + listed + movie
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def hide(mode: str, text: str, *, height: int = 160, width: int = 200) -> npt.NDArray[np.uint8]:
    """A picture with text in its lowest bits, column by column."""
    payload = text.encode()
    if mode.endswith("comp"):
        payload = gzip.compress(payload)
    whole = mode.encode() + (8 * len(payload)).to_bytes(4, "big") + payload
    bits = np.unpackbits(np.frombuffer(whole, np.uint8))
    picture = np.dstack([scene(height, width), np.full((height, width), 255, np.uint8)])
    channels = slice(3, 4) if "png" in mode else slice(0, 3)
    columns = np.ascontiguousarray(picture[:, :, channels].transpose(1, 0, 2))
    flat = columns.reshape(-1)
    assert len(bits) <= len(flat), "the text does not fit"
    flat[: len(bits)] = (flat[: len(bits)] & 0xFE) | bits
    picture[:, :, channels] = flat.reshape(columns.shape).transpose(1, 0, 2)
    return picture if "png" in mode else np.ascontiguousarray(picture[:, :, :3])


def novelai_png(key: Ed25519PrivateKey | None, pixels: npt.NDArray[np.uint8] | None = None) -> bytes:
    """A PNG as NovelAI writes it; with a key, signed over pixels and settings."""
    picture = scene(96, 96) if pixels is None else pixels
    comment = dict(NOVEL)
    if key is not None:
        signature = key.sign(picture.tobytes() + json.dumps(comment).encode())
        comment["signed_hash"] = base64.b64encode(signature).decode()
    info = PngInfo()
    for name, value in (
        ("Title", "NovelAI generated image"), ("Description", NOVEL["prompt"]), ("Software", "NovelAI"),
        ("Source", "NovelAI Diffusion V4.5 4BDE2A90"), ("Generation time", "3.1"), ("Comment", json.dumps(comment)),
    ):  # fmt: skip
        info.add_text(name, str(value))
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG", pnginfo=info)
    return held.getvalue()


def public_key(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def format_table() -> str:
    """The formats and the containers in which they are read, as the table of docs/explanation/provenance.md."""
    held: dict[str, list[str]] = {}
    for sample in samples():
        held.setdefault(sample.format, []).append(sample.container)
    rows = "".join(f"| {form} | {'; '.join(containers)} | yes |\n" for form, containers in held.items())
    return "| format | containers | found |\n|---|---|---|\n" + rows
