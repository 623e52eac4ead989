# SPDX-License-Identifier: EUPL-1.2
"""The Merkle tree: worked values of RFC 6962's authors, and brute force."""

import hashlib

import pytest

from hausgeist.audit import tree
from hausgeist.audit.verify import Tree
from hausgeist.core.hashing import leaf_hash, tree_hash

LEAVES = [
    leaf_hash(b"", bytes.fromhex(one))
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
"""Of the reference implementation of Certificate Transparency, for 0 to 8 leaves."""


def fetching(leaves):
    """Leaves and whole subtrees as the store gives them."""

    def fetch(level, first, count):
        width = 1 << (tree.TILE * level)
        return [
            tree_hash(leaves[place * width : (place + 1) * width])
            for place in range(first, first + count)
        ]

    return fetch


def numbered(count):
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size):
    """All three ways to a root give the known value: stored subtrees, leaf by leaf, by the definition."""
    growing = Tree()
    for leaf in LEAVES[:size]:
        growing.add(leaf)
    assert tree.root(fetching(LEAVES), size).hex() == ROOTS[size]
    assert growing.root().hex() == tree_hash(LEAVES[:size]).hex() == ROOTS[size]


def test_known_paths():
    """The audit paths and consistency proofs of the reference implementation."""
    fetch = fetching(LEAVES)
    assert [one.hex() for one in tree.inclusion(fetch, 0, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [one.hex() for one in tree.consistency(fetch, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert tree.consistency(fetch, 1, 1) == []


@pytest.mark.parametrize("size", [*range(1, 40), 255, 256, 257, 300])
def test_every_leaf_is_proven_and_nothing_else(size):
    """Each leaf's path leads to the root; another leaf, place, size or a shortened path does not."""
    leaves = numbered(size)
    fetch, head = fetching(leaves), tree_hash(leaves)
    for index in range(0, size, max(1, size // 20)):
        path = tree.inclusion(fetch, index, size)
        assert tree.included(leaves[index], index, size, path, head)
        assert not tree.included(b"x" * 32, index, size, path, head)
        assert not tree.included(leaves[index], size, size, path, head)
        assert not tree.included(leaves[index], index, size, [*path, head], head)
        if path:
            assert not tree.included(leaves[index], index, size, path[:-1], head)
            assert not tree.included(leaves[index], index ^ 1, size, path, head)


@pytest.mark.parametrize("size", [*range(1, 34), 256, 300])
def test_every_older_tree_is_the_beginning(size):
    """From each older root a proof leads to the newer one, and from no other root."""
    leaves = numbered(size)
    fetch, head = fetching(leaves), tree_hash(leaves)
    for old in range(1, size + 1, max(1, size // 30)):
        path, before = tree.consistency(fetch, old, size), tree_hash(leaves[:old])
        assert tree.consistent(old, size, path, before, head)
        assert not tree.consistent(old, size, path, b"x" * 32, head)
        assert not tree.consistent(old, size, [*path, head], before, head)


def test_what_is_in_no_tree_has_no_proof():
    """There is no path to a leaf that is not there, and none from a larger tree."""
    fetch = fetching(numbered(3))
    for wrong in (-1, 3):
        with pytest.raises(ValueError):
            tree.inclusion(fetch, wrong, 3)
    with pytest.raises(ValueError):
        tree.consistency(fetch, 4, 3)


def test_a_proof_reads_little_of_a_long_tree():
    """A proof over a hundred million leaves reads at most a thousand hashes, whatever it is for."""
    read = 0

    def fetch(_level, _first, count):
        nonlocal read
        read += count
        return [b"x" * 32] * count

    size = 100_000_007
    for index in (0, size // 3, size - 1):
        read = 0
        tree.inclusion(fetch, index, size)
        assert read < 1_500
    read = 0
    tree.consistency(fetch, size // 3, size)
    assert read < 1_500
    read = 0
    tree.root(fetch, size)
    assert read < 1_500
