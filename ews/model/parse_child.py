"""The other process of the parse check: ``python -I -S parse_child.py LIBRARY < model.txt``.

It takes LightGBM's library itself, without its Python package: importing that costs seconds, and a night has
none to lose. Ends with 0 if the library reads the text from standard input and predicts a finite score
with it; with anything else, or a crash, if not. Imports nothing of this project.
"""

from __future__ import annotations

import ctypes
import math
import sys

_FLOAT64 = 1  # C_API_DTYPE_FLOAT64
_RAW_SCORE = 1  # C_API_PREDICT_RAW_SCORE


def _main(library: str) -> int:
    lightgbm = ctypes.CDLL(library)
    booster = ctypes.c_void_p()
    rounds = ctypes.c_int()
    text = sys.stdin.buffer.read()
    if lightgbm.LGBM_BoosterLoadModelFromString(text, ctypes.byref(rounds), ctypes.byref(booster)) != 0:
        return 3
    width = ctypes.c_int()
    if lightgbm.LGBM_BoosterGetNumFeature(booster, ctypes.byref(width)) != 0 or width.value < 1:
        return 3
    row = (ctypes.c_double * width.value)(*[math.nan] * width.value)
    written, score = ctypes.c_int64(), ctypes.c_double(math.nan)
    failed = lightgbm.LGBM_BoosterPredictForMat(
        booster,
        row,
        ctypes.c_int(_FLOAT64),
        ctypes.c_int32(1),
        ctypes.c_int32(width.value),
        ctypes.c_int(1),
        ctypes.c_int(_RAW_SCORE),
        ctypes.c_int(0),
        ctypes.c_int(-1),
        b"num_threads=1",
        ctypes.byref(written),
        ctypes.byref(score),
    )
    return 0 if failed == 0 and written.value == 1 and math.isfinite(score.value) else 3


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
