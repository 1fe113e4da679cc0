from __future__ import annotations

import pytest

from tracing.learning.interval import Sample, mean_difference, rate_difference, t_quantile, wilson


def test_wilson_gives_the_known_interval() -> None:
    """Newcombe 1998 (Statistics in Medicine 17, 857-872), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for successes, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(successes, n - successes) == pytest.approx((low, high), abs=5e-5)


def test_newcombe_gives_the_known_interval() -> None:
    """Newcombe 1998 (873-890), table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10."""
    assert rate_difference(56, 14, 48, 32) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert rate_difference(9, 1, 3, 7) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert rate_difference(10, 0, 0, 10) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_the_quantiles_of_t_are_those_of_the_tables() -> None:
    """One, ten, a fractional and many degrees of freedom."""
    for freedom, value in ((1, 12.7062), (10, 2.2281), (30, 2.0423), (1e6, 1.95997)):
        assert t_quantile(0.975, freedom) == pytest.approx(value, abs=1e-4)


def test_welch_does_not_assume_equal_variances() -> None:
    """Two samples with 1 and 4 of variance: difference 2, 9 degrees of freedom by Satterthwaite's formula."""
    interval = mean_difference(Sample(10, 12.0, 1.0), Sample(10, 10.0, 4.0))
    freedom = (0.1 + 0.4) ** 2 / (0.1**2 / 9 + 0.4**2 / 9)
    half = t_quantile(0.975, freedom) * 0.5**0.5
    assert interval == pytest.approx((2 - half, 2 + half))


def test_too_little_is_not_an_interval() -> None:
    """No case, or one value, says nothing."""
    assert wilson(0, 0) is None
    assert rate_difference(1, 0, 0, 0) is None
    assert Sample.of([]) is None
    assert mean_difference(Sample.of([1.0]), Sample.of([1.0, 2.0])) is None
    assert mean_difference(Sample.of([1.0, 1.0]), Sample.of([3.0, 3.0])) == (-2, -2)
