"""The thresholds of the measurements, apart from the code that measures, which compiles when it is imported.

They rest on the null distributions in `benchmarks/provenance/README.md`.
"""

from __future__ import annotations

WATERMARK = 7.0
"""z from which a message counts as found in a picture as it is."""
WATERMARK_BY_SEARCH = 14.0
"""z from which it counts as found when crops and sizes were searched, which tries millions of places."""
WATERMARK_CLEAR = 1.5
"""How many times the agreement with the message shifted, in any way, the agreement must be: stripes and flat areas
agree with many shifts nearly as well, a message with one."""
WATERMARK_ALIGNED = 14.0
"""z that is needed instead when the message begins anew in every row of squares: upright lines then agree with it in
every row alike."""
QUINCUNX_T, QUINCUNX_SIZE = 12.0, 0.05
"""Student's t over tiles, and relative size, of the chessboard of a colour filter array."""
AXIS_T, AXIS_SIZE = 14.0, 0.12
"""The same for a period of two pixels along each axis."""
DOUBLE_JPEG = 6.0
"""Score from which a picture counts as quantised twice."""
THUMBNAIL_AGREES, THUMBNAIL_CONTRADICTS = 0.7, 0.4
"""Correlation above and below which a thumbnail agrees or contradicts; between them it is silent."""
PCE = 60.0
"""Peak to correlation energy from which two noises count as those of one sensor."""
