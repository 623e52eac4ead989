# SPDX-License-Identifier: EUPL-1.2
"""Tiny encoders as a hub would give them: numbers by a formula, a tokenizer of a few texts.

Run as a program where ``transformers`` is installed, it writes what that library says of them.
"""

import json
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from hausgeist.training.bases.shape import parts, shape_of

SAID = Path(__file__).with_name("encoders_said.json")
CONFIGS = {
    "bert": {"model_type": "bert", "type_vocab_size": 2},
    "roberta": {"model_type": "xlm-roberta", "pad_token_id": 1, "type_vocab_size": 1},
    "distilbert": {"model_type": "distilbert"},
    "electra": {"model_type": "electra", "embedding_size": 16},
    "modernbert": {"model_type": "modernbert", "local_attention": 8, "pad_token_id": 0},
}
USUAL = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 96,
    "pad_token_id": 0,
}
DISTILBERT = {
    "vocab_size": 400,
    "dim": 32,
    "n_layers": 4,
    "n_heads": 4,
    "hidden_dim": 48,
    "max_position_embeddings": 96,
    "pad_token_id": 0,
}
PREFIX = {"bert": "bert.", "roberta": "roberta.", "distilbert": "", "electra": "electra."}
TOKENS = [[2, 17, 40, 399, 5, 5, 81, 3, 9, 11, 12, 13, 3], [2, 7, 200, 3]]


def config(family, **numbers):
    """A configuration as it stands in ``config.json``."""
    usual = DISTILBERT if family == "distilbert" else USUAL
    return usual | CONFIGS[family] | numbers


def tensors(made, family):
    """The weights of a configuration by the names of a hub: waves, so that everybody gets the same."""
    found = {}
    for at, part in enumerate(parts(shape_of(made))):
        wave = np.sin(np.arange(math.prod(part.size), dtype=np.float64) * 0.7317 + at * 1.3)
        scale = 0.2 if len(part.size) == 2 else 0.05
        values = wave * scale + (1.0 if part.size == part.size[:1] and "weight" in part.ours else 0)
        found[PREFIX.get(family, "model.") + part.hub] = values.reshape(part.size).astype("float32")
    return found


def tokenizer(texts, family="bert", size=400):
    """A tokenizer that knows these texts, as its JSON: frequent words, and letters for all others.

    Not by the library's own training, whose ties fall differently each time.
    """
    normal, parts = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    if family == "roberta":
        normal, parts = normalizers.NFKC(), pre_tokenizers.Metaspace()
    counts = Counter(
        word for text in texts for word, _ in parts.pre_tokenize_str(normal.normalize_str(text))
    )
    letters = sorted({letter for word in counts for letter in word})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{one}" for one in letters)]
    usual = sorted(counts, key=lambda word: (-counts[word], word))
    words += [word for word in usual if word not in set(letters)]
    made = Tokenizer(
        models.WordPiece({one: at for at, one in enumerate(words[:size])}, unk_token="[UNK]")
    )
    made.normalizer, made.pre_tokenizer = normal, parts
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made.to_str()


def folder(place, texts, family="bert", *, chance=True, **numbers):
    """A folder of a hub; ``chance``: weights of chance as before any training, else waves."""
    place.mkdir(parents=True, exist_ok=True)
    made = config(family, **numbers)
    (place / "config.json").write_text(json.dumps(made), "utf-8")
    (place / "tokenizer.json").write_text(tokenizer(texts, family), "utf-8")
    found = tensors(made, family)
    if chance:
        drawn = np.random.default_rng(7)
        for name, one in found.items():
            if one.ndim == 2:
                found[name] = drawn.normal(0, 0.1, one.shape).astype("float32")
    save_file(found, place / "model.safetensors")
    (place / "README.md").write_text("---\nlicense: mit\n---\n# Winzig\n", "utf-8")
    return place


def _foreign(family):
    import torch
    from transformers import AutoConfig, AutoModel

    made = config(family)
    kind = made.pop("model_type")
    model = AutoModel.from_config(
        AutoConfig.for_model(kind, **made), attn_implementation="eager"
    ).eval()
    before = PREFIX.get(family, "model.")
    state = {
        name.removeprefix(before): torch.tensor(one)
        for name, one in tensors(config(family), family).items()
    }
    missing = model.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys, missing
    assert all("pooler" in one or "position_ids" in one for one in missing.missing_keys), missing
    said = []
    width = max(map(len, TOKENS))
    pad = made["pad_token_id"]
    ids = torch.tensor([one + [pad] * (width - len(one)) for one in TOKENS])
    mask = torch.tensor([[1] * len(one) + [0] * (width - len(one)) for one in TOKENS])
    with torch.no_grad():
        found = model(input_ids=ids, attention_mask=mask).last_hidden_state
    for row, one in zip(found, TOKENS, strict=True):
        said.append([[round(float(x), 5) for x in row[at][:6]] for at in (0, 3, len(one) - 1)])
    return said


if __name__ == "__main__":
    import transformers

    found = {family: _foreign(family) for family in CONFIGS}
    SAID.write_text(json.dumps({"transformers": transformers.__version__, **found}) + "\n")
    sys.stdout.write(f"{SAID.name}: {transformers.__version__}\n")
