"""Intervals: how sure a rate or a difference is, with so few cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance
from typing import NamedTuple

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Interval(NamedTuple):
    """A 95 % confidence interval."""

    low: float
    high: float


class Sample(NamedTuple):
    """What is known of some measured values."""

    n: int
    mean: float
    variance: float
    """Of the sample: divided by n - 1, as SQL's var_samp."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Sample | None:
        """Return what is known of *values*; None of none."""
        if not values:
            return None
        return cls(len(values), fmean(values), variance(values) if len(values) > 1 else 0.0)


def wilson(successes: float, failures: float) -> Interval | None:
    """Return the interval of a rate; None without a case.  Weighted cases need not be whole.

    The score interval of Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    n = successes + failures
    if n <= 0:
        return None
    rate, square = successes / n, Z * Z
    centre = (rate + square / (2 * n)) / (1 + square / n)
    half = Z * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n)) / (1 + square / n)
    return Interval(
        0.0 if successes == 0 else max(0.0, centre - half),
        1.0 if failures == 0 else min(1.0, centre + half),
    )


def rate_difference(successes: int, failures: int, other_successes: int, other_failures: int) -> Interval | None:
    """Return the interval of the first rate less the other; None where one has no case.

    The hybrid score interval without continuity correction: method 10 of Newcombe, Statistics in Medicine 17
    (1998) 873-890.
    """
    one, other = wilson(successes, failures), wilson(other_successes, other_failures)
    if one is None or other is None:
        return None
    first = successes / (successes + failures)
    second = other_successes / (other_successes + other_failures)
    difference = first - second
    return Interval(
        difference - math.hypot(first - one.low, other.high - second),
        difference + math.hypot(one.high - first, second - other.low),
    )


def mean_difference(one: Sample | None, other: Sample | None) -> Interval | None:
    """Return the interval of the first mean less the other; None where one has fewer than two values.

    Without assuming equal variances: Welch, Biometrika 34 (1947) 28-35, with the degrees of freedom of
    Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
    """
    if one is None or other is None or one.n < 2 or other.n < 2:
        return None
    first, second = one.variance / one.n, other.variance / other.n
    difference = one.mean - other.mean
    if first + second == 0:
        return Interval(difference, difference)
    freedom = (first + second) ** 2 / (first**2 / (one.n - 1) + second**2 / (other.n - 1))
    half = t_quantile(0.5 + CONFIDENCE / 2, freedom) * math.sqrt(first + second)
    return Interval(difference - half, difference + half)


def t_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t for a *probability* of at least one half, by bisection."""
    low, high = 0.0, 1.0
    while _t_cdf(high, freedom) < probability:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if _t_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_cdf(t: float, freedom: float) -> float:
    """Return the share of Student's t below *t*, which is not negative."""
    return 1 - _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):  # the continued fraction converges fast below
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate DLMF 8.17.22 by the method of Lentz."""
    tiny = 1e-300
    c, d, result = 1.0, 0.0, 1.0
    for step in range(400):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + numerator * d or tiny)
        c = 1 + numerator / c or tiny
        result *= c * d
        if step and abs(c * d - 1) < 1e-14:
            break
    return result - 1
