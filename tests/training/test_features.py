# SPDX-License-Identifier: EUPL-1.2
"""Texts as rows of numbers, against scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from hausgeist.training.features import Words

TEXTS = [
    "Das Schlagloch vor der Schule ist gefährlich!",
    "das schlagloch, das schlagloch und DAS Schlagloch",
    "E-Mail an buergeramt@stadt.example: Ausweis?",
    "a",
    "",
    "   \n\t ",
    "☃ 漢字 \U0001f600 ﬁx",
]


def test_rows_are_those_of_scikit_learn():
    """Likeness of every two texts is the same as by scikit-learn's words and pieces of words."""
    rows = Words.fit(TEXTS).rows(TEXTS).sparse()
    words = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    oracle = sparse.hstack([words.fit_transform(TEXTS), pieces.fit_transform(TEXTS)]).tocsr()
    assert rows.shape == oracle.shape
    np.testing.assert_allclose((rows @ rows.T).toarray(), (oracle @ oracle.T).toarray(), atol=1e-5)


def test_terms_of_few_texts_are_left_out():
    """What stands in fewer texts than asked for is no column."""
    texts = ["rot blau", "rot gelb", "rot grün"]
    found = Words.fit(texts, least=2)
    assert found.words == ["rot"]
    assert found.width < Words.fit(texts).width


def test_no_more_terms_than_asked_for():
    """The rarest terms go first when there are too many."""
    texts = [f"rot {number}{number}" for number in range(50)]
    found = Words.fit(texts, most=20)
    assert found.words == ["rot"]
    assert 0 < found.width <= 20


def test_a_saved_vocabulary_gives_the_same_rows():
    """What arrays hold gives back the same numbers."""
    one = Words.fit(TEXTS)
    two = Words.load(one.arrays())
    for name in ("row", "column", "value"):
        np.testing.assert_array_equal(
            getattr(one.rows(TEXTS), name), getattr(two.rows(TEXTS), name)
        )


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_rows_times_weights(dtype):
    """The product with weights is SciPy's, for whole numbers too."""
    words = Words.fit(TEXTS)
    weights = np.arange(words.width * 3).reshape(-1, 3) % 100
    rows = words.rows(TEXTS)
    expected = rows.sparse() @ weights.astype(np.float32)
    np.testing.assert_allclose(rows.times(weights.astype(dtype)), expected, rtol=1e-4)


def test_a_text_of_a_million_letters_is_read_and_one_long_word_is_cut():
    """Neither a long text nor a picture in base64 is too much, and both have rows of length one."""
    words = Words.fit(TEXTS)
    rows = words.rows(["schlagloch schule " * 60_000, "schlagloch " + "x" * 1_000_000])
    assert rows.count == 2
    assert rows.sparse().power(2).sum() == pytest.approx(4, abs=1e-3)


def test_words_that_nobody_else_has_are_not_known_of_texts_that_were_learned():
    """A text that was learned counts as known what others have too; a new one all that was learned."""
    words = Words.fit(["rot blau", "rot gelb"])
    assert words.known(["rot blau"], seen=True)[0] == pytest.approx(0.5)
    assert words.known(["rot blau", "rot lila", ""]).tolist() == pytest.approx([1, 0.5, 0])
