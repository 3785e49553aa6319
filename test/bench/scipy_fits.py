"""Fits laws with SciPy, to be measured beside ours. Reads one JSON object on standard input, writes one.

Input: {"law": "codesign" or "chinchilla", "method": "least_squares" or "lbfgs", "columns": {...}, "loss": [...],
"starts": [[...], ...], "until": an objective at which to stop, or absent}; starts are in the coordinates below
(logarithms of coefficients, exponents as they are).
Output: {"objective": the least mean penalty, "seconds": ..., "parameters": [...], "used": starts that were tried}.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import least_squares, minimize

job = json.load(sys.stdin)
columns = {name: np.log(np.array(values)) for name, values in job["columns"].items()}
loss = np.array(job["loss"])


def codesign(u):
    """Eq. 2: u = (ln kl, al, ln kr, ar, af, b1, ln kd, b2, ln km, am, Linf). Predictions and Jacobian."""
    lkl, al, lkr, ar, af, b1, lkd, b2, lkm, am, floor = u
    l, d, r = columns["depth"], columns["width"], columns["ffnRatio"]
    rho, kv = columns["activationRate"], columns["kvDimension"]
    depth = np.exp(np.minimum(lkl - al * l, 50))
    sparsity = np.exp(np.minimum(lkr + ar * rho - af * r - b1 * d, 50))
    capacity = np.exp(np.minimum(lkd - af * r - b2 * d, 50))
    cache = np.exp(np.minimum(lkm - am * kv, 50))
    jacobian = np.stack([
        depth, -l * depth, sparsity, rho * sparsity, -r * (sparsity + capacity), -d * sparsity,
        capacity, -d * capacity, cache, -kv * cache, np.ones_like(l),
    ], axis=1)
    return depth + sparsity + capacity + cache + floor, jacobian


def chinchilla(u):
    """E + A/N^alpha + B/D^beta: u = (ln E, ln A, alpha, ln B, beta). Predictions and Jacobian."""
    le, la, alpha, lb, beta = u
    n, d = columns["N"], columns["D"]
    first, second = np.exp(np.minimum(la - alpha * n, 50)), np.exp(np.minimum(lb - beta * d, 50))
    floor = np.exp(min(le, 50)) * np.ones_like(n)
    return floor + first + second, np.stack([floor, first, -n * first, second, -d * second], axis=1)


law = {"codesign": codesign, "chinchilla": chinchilla}[job["law"]]
DELTA = 1e-3


def squared(u):
    prediction, jacobian = law(u)
    error = prediction - loss
    return np.mean(error**2), 2 * jacobian.T @ error / len(loss)


def huber(u):
    prediction, jacobian = law(u)
    error = np.log(prediction) - np.log(loss)
    size = np.abs(error)
    inside = size <= DELTA
    value = np.where(inside, error**2 / 2, DELTA * (size - DELTA / 2))
    slope = np.where(inside, error, DELTA * np.sign(error)) / prediction
    return np.mean(value), jacobian.T @ slope / len(loss)


begin = time.perf_counter()
best = (np.inf, None)
used = 0
for start in job["starts"]:
    if best[0] <= job.get("until", -np.inf):
        break
    used += 1
    try:
        if job["method"] == "least_squares":
            result = least_squares(lambda u: law(u)[0] - loss, start, jac=lambda u: law(u)[1], x_scale="jac", max_nfev=2000)
            value = np.mean(result.fun**2)
        else:
            objective = huber if job["law"] == "chinchilla" else squared
            # In units in which SciPy's default tolerances mean something.
            scale = len(loss) / DELTA if job["law"] == "chinchilla" else len(loss)
            scaled = lambda u: tuple(scale * each for each in objective(u))
            result = minimize(scaled, start, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "maxfun": 10000})
            value = result.fun / scale
    except (ValueError, FloatingPointError, np.linalg.LinAlgError):
        continue
    if value < best[0]:
        best = (value, result.x)
json.dump({"objective": best[0], "seconds": time.perf_counter() - begin, "parameters": list(best[1]), "used": used}, sys.stdout)
