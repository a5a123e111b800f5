"""What pixels carry: watermarks, periods, a second quantisation, and the noise of a sensor."""

from __future__ import annotations

import io
import tomllib
from importlib import resources

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fairlead.provenance.noise_groups import agreeing, group_noise
from fairlead.provenance.pixels import noise, thresholds
from fairlead.provenance.pixels.jpeg_history import quantisation_of, score_double_jpeg
from fairlead.provenance.pixels.lattice import measure_lattice
from fairlead.provenance.pixels.watermark import bits_of, find_watermark, messages, search_watermark
from fairlead.provenance.trace_reading import decode, measure, without_smoothing
from fairlead.training.camera import photograph
from fairlead.training.pictures import as_jpeg, as_png, draw_scene
from tests.provenance.embedder import stamp

Rgb = npt.NDArray[np.uint8]
MESSAGES = {
    row["name"]: bits_of(row)
    for row in tomllib.loads(
        (resources.files("fairlead.provenance") / "data" / "watermarks.toml").read_text()
    )["message"]
}
VARIANTS = [(True, True), (False, True), (True, False), (False, False)]


def carrier(number: int, side: int = 512) -> Rgb:
    return np.array(draw_scene(41, number).resize((side, side)).convert("RGB"))


def saved(picture: Rgb, kind: str, **options: object) -> Rgb:
    """The picture as the reader decodes it after it was saved."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, kind, **options)
    return without_smoothing(held.getvalue(), decode(held.getvalue())[0])


def found(picture: Rgb) -> str:
    lock = find_watermark(np.ascontiguousarray(picture))
    return lock.message if lock and lock.clear and lock.z >= thresholds.WATERMARK else ""


@pytest.mark.parametrize(("blue_first", "floats"), VARIANTS)
@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_read_as_every_program_writes_it(
    name: str, *, blue_first: bool, floats: bool
) -> None:
    marked = stamp(carrier(1), MESSAGES[name], blue_first=blue_first, floats=floats)
    assert found(marked) == name
    assert found(saved(marked, "JPEG", quality=90, subsampling=0)) == name
    assert found(saved(marked, "JPEG", quality=95, subsampling=2)) == name


def test_a_message_of_46_bits_is_not_one_of_48() -> None:
    assert {m.name: len(m.centred) for m in messages()}["FLUX"] == 46


def test_flat_striped_and_plain_pictures_carry_no_watermark() -> None:
    flat = np.full((512, 512, 3), 200, np.uint8)
    stripes = flat.copy()
    stripes[:, ::16] = (10, 60, 240)
    board = flat.copy()
    board[::16, ::16] = (240, 60, 10)
    for picture in (flat, stripes, board, np.zeros((64, 64, 3), np.uint8), *(carrier(k) for k in range(20))):
        assert found(picture) == ""


def test_a_cropped_watermark_is_found_by_searching_only() -> None:
    marked = stamp(carrier(3, 768), MESSAGES["Stable Diffusion XL"])
    cropped = np.ascontiguousarray(marked[101:613, 53:565])
    assert found(cropped) == ""
    lock = search_watermark(cropped)
    assert lock is not None
    assert lock.clear
    assert lock.message == "Stable Diffusion XL"
    assert lock.z >= thresholds.WATERMARK_BY_SEARCH
    unmarked = search_watermark(np.ascontiguousarray(carrier(3, 768)[101:613, 53:565]))
    assert unmarked is not None
    assert unmarked.z < thresholds.WATERMARK_BY_SEARCH


def mosaic(picture: Rgb) -> Rgb:
    """Green as a camera interpolates it: every second element of a chessboard is the mean of its neighbours."""
    green = picture[:, :, 1].astype(np.float32)
    green += np.random.default_rng(5).normal(0, 6, green.shape)
    around = (np.roll(green, 1, 0) + np.roll(green, -1, 0) + np.roll(green, 1, 1) + np.roll(green, -1, 1)) / 4
    rows, columns = np.indices(green.shape)
    out = picture.copy()
    out[:, :, 1] = np.clip(np.where((rows + columns) % 2, around, green), 0, 255).astype(np.uint8)
    return out


def test_a_colour_filter_array_is_told_from_up_sampling() -> None:
    camera = measure_lattice(mosaic(carrier(7))[:, :, 1])
    assert camera is not None
    assert camera.has_quincunx
    assert not camera.has_axis_period
    small = np.random.default_rng(1).normal(128, 30, (256, 256)).clip(0, 255).astype(np.uint8)
    doubled = measure_lattice(np.array(Image.fromarray(small).resize((512, 512), Image.Resampling.BILINEAR)))
    assert doubled is not None
    assert not doubled.has_quincunx


def test_a_decoders_up_sampling_by_two_leaves_a_period_along_both_axes() -> None:
    small = np.random.default_rng(2).normal(128, 30, (257, 257))
    grid = np.zeros((512, 512))
    grid[::2, ::2] = small[:-1, :-1]
    grid[1::2, ::2] = (small[:-1, :-1] + small[1:, :-1]) / 2
    grid[::2, 1::2] = (small[:-1, :-1] + small[:-1, 1:]) / 2
    grid[1::2, 1::2] = (small[:-1, :-1] + small[1:, :-1] + small[:-1, 1:] + small[1:, 1:]) / 4
    measured = measure_lattice(np.clip(grid, 0, 255).astype(np.uint8))
    assert measured is not None
    assert measured.has_axis_period
    assert not measured.has_quincunx


def test_a_plain_picture_has_neither_period() -> None:
    for number in range(12):
        measured = measure_lattice(np.ascontiguousarray(carrier(number)[:, :, 1]))
        assert measured is None or not (measured.has_quincunx or measured.has_axis_period)


def test_a_second_finer_quantisation_is_told_and_a_coarser_one_is_not() -> None:
    picture = Image.fromarray(carrier(9, 768))

    def score(*qualities: int) -> float:
        shown = picture
        for quality in qualities:
            held = io.BytesIO()
            shown.save(held, "JPEG", quality=quality, subsampling=0)
            shown = Image.open(io.BytesIO(held.getvalue()))
        data = held.getvalue()
        table = quantisation_of(data)
        assert table is not None
        measured = score_double_jpeg(np.array(Image.open(io.BytesIO(data)).convert("YCbCr"))[:, :, 0], table)
        assert measured is not None
        return measured

    assert score(60, 92) >= thresholds.DOUBLE_JPEG
    assert score(92) < thresholds.DOUBLE_JPEG
    assert score(92, 60) < thresholds.DOUBLE_JPEG  # the limit: a coarser second step hides the first


def noise_of(data: bytes) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    plane = noise.usable(np.array(Image.open(io.BytesIO(data)).convert("L")))
    return noise.extract_noise(plane), plane


def taken(device: int, shots: range) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]]:
    return [noise_of(photograph(draw_scene(13, 1000 * device + k), device=device, shot=k)) for k in shots]


def test_a_fingerprint_agrees_with_its_own_camera_only() -> None:
    fingerprint = noise.combine_noise(taken(1, range(8)))
    own = [noise.compare_noise(*pair, fingerprint) for pair in taken(1, range(20, 24))]
    assert all(a.pce > thresholds.PCE and (a.rows, a.columns) == (0, 0) for a in own)
    drawn = [noise_of(as_jpeg(draw_scene(13, 500 + k).resize((640, 480)))) for k in range(4)]
    for pair in [*taken(2, range(4)), *drawn]:
        other = noise.compare_noise(*pair, fingerprint)
        assert other.pce < thresholds.PCE or (other.rows, other.columns) != (0, 0)


def test_pictures_of_two_cameras_fall_into_two_groups_and_drawings_into_none() -> None:
    listed = [n for n, _ in (*taken(1, range(6)), *taken(2, range(6)))]
    listed += [noise_of(as_png(draw_scene(17, k).resize((640, 480))))[0] for k in range(6)]
    groups = group_noise(listed)
    assert [group.members for group in groups] == [tuple(range(6)), tuple(range(6, 12))]
    assert group_noise(listed[:2]) == []


def test_a_picture_of_another_camera_is_left_out_of_a_fingerprint() -> None:
    listed = [n for n, _ in (*taken(1, range(5)), *taken(2, range(1)))]
    assert agreeing(listed) == [0, 1, 2, 3, 4]
    assert agreeing([n for n, _ in (*taken(1, range(5)), *taken(2, range(3)))]) == [0, 1, 2, 3, 4]
    assert agreeing([noise_of(as_png(draw_scene(18, k).resize((640, 480))))[0] for k in range(4)]) == []


def test_the_reader_measures_any_decodable_picture() -> None:
    for data in (
        as_png(draw_scene(1, 1)),
        as_jpeg(draw_scene(1, 2)),
        photograph(draw_scene(1, 3), device=3, shot=1),
    ):
        names = {trace["name"] for trace in measure(data, "", (0, 0))}
        assert "watermark" in names


def test_the_coefficients_of_a_watermark_are_those_of_the_formula_to_the_last_bit() -> None:
    from fairlead.provenance.pixels import watermark

    single = np.float32
    picture = np.random.default_rng(5).integers(0, 256, (3 + 40, 5 + 56, 3)).astype(np.uint8)
    rows, columns = 5, 7
    found = np.empty((4, rows, columns), np.float32)
    watermark._fill(picture, 3, 5, found)
    pixels = picture[3:, 5:].astype(np.float32)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    for variant, (one, other) in enumerate(((blue, red), (blue, red), (red, blue), (red, blue))):
        luma = single(0.299) * other + single(0.587) * green + single(0.114) * one
        u = single(0.492) * (one - luma) + single(0.5)
        if variant % 2 == 0:
            u = np.floor(u) + single(128)
        summed = ((u[::2, ::2] + u[::2, 1::2]) + u[1::2, ::2]) + u[1::2, 1::2]
        squares = (
            (np.abs(summed) * single(0.5))
            .reshape(rows, 4, columns, 4)
            .transpose(0, 2, 1, 3)
            .reshape(rows, columns, 16)
        )
        assert np.array_equal(found[variant], squares[:, :, 1:].max(axis=2)), variant


def test_the_history_of_a_jpeg_is_read_from_the_cosine_transform_of_its_blocks() -> None:
    from fairlead.provenance.pixels import jpeg_history

    plane = np.random.default_rng(6).integers(0, 256, (37, 53)).astype(np.uint8)
    flat = jpeg_history._coefficients(plane, 4, 6)
    for block in range(24):
        row, column = divmod(block, 6)
        pixels = plane[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8].astype(np.float32) - 128
        whole = jpeg_history._DCT[:4] @ pixels @ jpeg_history._DCT[:4].T
        np.testing.assert_allclose(flat[:, :, block], whole, atol=1e-3)


def test_a_jpeg_is_not_decoded_as_it_is_shown_when_nothing_needs_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fairlead.provenance import trace_reading

    data = as_jpeg(draw_scene(3, 1))
    whole = list(measure(data, "", (0, 0)))

    def never(data: bytes) -> object:
        raise AssertionError("decoded")

    monkeypatch.setattr(trace_reading, "decode", never)
    assert list(measure(data, "", (0, 0))) == whole
    with pytest.raises(AssertionError, match="decoded"):
        list(measure(as_png(draw_scene(3, 1)), "", (0, 0)))
