"""The least mean squared error of a formula by SciPy. Reads one JSON object on standard input, writes one.

Input: {"formula": ..., "parameters": [names], "positive": [names], "columns": {name: [...]}, "loss": [...], "starts":
[[...], ...]} with a value of each parameter per start; positive parameters are fitted by their logarithms. Derivatives by finite differences, so that nothing
here is shared with what is checked.
Output: {"objective": ..., "seconds": ...}.
"""
import json
import sys
import time
import warnings

import numpy as np
from scipy.optimize import least_squares

warnings.simplefilter("ignore")
job = json.load(sys.stdin)
columns = {name: np.array(values, dtype=float) for name, values in job["columns"].items()}
loss = np.array(job["loss"], dtype=float)
positive = np.array([name in job["positive"] for name in job["parameters"]])
code = compile(job["formula"].replace("^", "**"), "formula", "eval")


def least(*values):
    result = values[0]
    for each in values[1:]:
        result = np.minimum(result, each)
    return result


def greatest(*values):
    return -least(*[-each for each in values])


functions = {"log": np.log, "exp": np.exp, "min": least, "max": greatest, "__builtins__": {}}


def residuals(values):
    with np.errstate(all="ignore"):
        names = dict(zip(job["parameters"], np.where(positive, np.exp(values), values)))
        error = eval(code, functions, {**columns, **names}) - loss
    return np.where(np.isfinite(error), np.clip(error, -1e60, 1e60), 1e60)


begin = time.perf_counter()
best = (np.inf, None)
for start in job["starts"]:
    start = np.array(start, dtype=float)
    start[positive] = np.log(start[positive])
    try:
        options = {"x_scale": "jac", "ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15, "jac": "3-point"}
        result = least_squares(residuals, start, max_nfev=1000, **options)
    except (ValueError, np.linalg.LinAlgError):
        continue
    value = np.mean(result.fun**2)
    if value < best[0]:
        best = (value, result.x)
json.dump({"objective": best[0], "seconds": time.perf_counter() - begin}, sys.stdout)
