# SPDX-License-Identifier: EUPL-1.2
"""What probabilities are worth, against oracles and by hand."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from hausgeist.training import calibration


def _boasting(count, seed=3):
    """Probabilities that are too sure of themselves, and whether they were right."""
    chance = np.random.default_rng(seed)
    true = chance.uniform(0.3, 0.95, count)
    right = chance.random(count) < true
    odds = np.log(true / (1 - true))
    said = 1 / (1 + np.exp(-3 * odds))
    return said.astype(np.float32), right


@pytest.mark.parametrize(("count", "kind"), [(400, "platt"), (3000, "steps")])
def test_what_is_mapped_is_more_honest_on_items_it_was_not_fitted_on(count, kind):
    """Few items get Platt's two numbers, many get steps; either halves the error on others."""
    said, right = _boasting(count)
    found = calibration.mapped(said, right, np.ones(count, np.float32))
    other, other_right = _boasting(4000, seed=4)

    def error(chances):
        return calibration.calibration_error(calibration.reliability(chances, other_right))

    assert found.kind == kind
    assert error(found(other)) < error(other) / 2
    assert calibration.brier(found(other), other_right) < calibration.brier(other, other_right)


def test_steps_are_those_of_isotonic_regression():
    """The blocks are scikit-learn's, but for the doubt of one item in each."""
    said, right = _boasting(2000)
    found = calibration.mapped(said, right, np.ones(2000, np.float32))
    oracle = IsotonicRegression(out_of_bounds="clip").fit(said, right)
    grid = np.linspace(0.1, 0.99, 50)
    assert np.abs(found(grid) - oracle.predict(grid)).mean() < 0.03


def test_maps_keep_the_order():
    """A surer answer stays at least as sure."""
    for count in (300, 3000):
        said, right = _boasting(count)
        found = calibration.mapped(said, right, np.ones(count, np.float32))
        assert (np.diff(found(np.linspace(0, 1, 200))) >= -1e-6).all()


def test_too_few_items_calibrate_nothing():
    """Chance is not taken for knowledge."""
    said, right = _boasting(10)
    assert calibration.mapped(said, right, np.ones(10, np.float32)).kind == "none"


def test_the_temperature_cools_scores_that_boast():
    """Scores that were multiplied by three are divided by three again."""
    chance = np.random.default_rng(5)
    scores = chance.normal(size=(4000, 5)).astype(np.float32) * 2
    chances = calibration.softmax(scores)
    right = np.array([chance.choice(5, p=one / one.sum()) for one in chances.astype(float)])
    found = calibration.temperature(scores * 3, right, np.ones(4000, np.float32))
    assert found == pytest.approx(3, rel=0.1)


def test_figures_of_a_small_table():
    """Calibration error, Brier score, risk and coverage are as by hand."""
    said, right = [0.95, 0.95, 0.55, 0.55], [True, True, True, False]
    bins = calibration.reliability(said, right)
    assert [(one.count, one.right) for one in bins] == [(2, 0.5), (2, 1.0)]
    assert calibration.calibration_error(bins) == pytest.approx(0.05)
    assert calibration.brier(said, right) == pytest.approx((2 * 0.05**2 + 0.45**2 + 0.55**2) / 4)
    assert calibration.risk_coverage(said, right) == [
        {"threshold": 0.95, "answered": 2, "right": 2, "coverage": 0.5, "risk": 0.0},
        {"threshold": 0.55, "answered": 4, "right": 3, "coverage": 1.0, "risk": 0.25},
    ]
