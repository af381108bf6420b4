"""Encoders: trained, saved, exported and loaded again, with a tiny random encoder made here."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from carestance.models.protocol import Document
from carestance.models.store import load_model, verify

torch = pytest.importorskip("torch", reason="training needs the extra carestance[train]")
transformers = pytest.importorskip("transformers", reason="training needs the extra carestance[train]")
pytest.importorskip("onnxscript", reason="export needs the extra carestance[train]")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
DOCUMENT = Document("Trusts", ("Councils should keep control.", "It rained.", "word " * 90, "Ministers want trusts."))


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with a word-piece vocabulary of letters."""
    from tokenizers import BertWordPieceTokenizer

    folder = tmp_path_factory.mktemp("encoder")
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True).save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=128,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def trained(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    from carestance.training.train import train_from_config

    folder = tmp_path_factory.mktemp("trained")
    config = folder / "tiny.toml"
    config.write_text(
        f'kind = "encoder"\ntrain_on = ["seeds"]\n[encoder]\nencoder = {json.dumps(str(tiny_encoder))}\nepochs = 1\nmax_tokens = 96\nquantise = "none"\n'
    )
    train_from_config(config, folder / "tiny", root / "labels", checkpoints=folder / "checkpoints")
    return folder / "tiny"


def test_the_trained_folder_is_a_model(trained: Path) -> None:
    manifest = verify(trained)
    assert manifest.kind == "onnx"
    model, _ = load_model(trained)
    (prediction,) = model.predict([DOCUMENT])
    assert prediction.probs.shape == (4, 3, 4)
    np.testing.assert_allclose(prediction.probs.sum(-1), 1.0, atol=1e-6)


def test_the_graph_names_no_path_of_this_machine(trained: Path) -> None:
    graph = (trained / "model.onnx").read_bytes()
    assert str(Path(__file__).resolve().parents[2]).encode() not in graph
    assert b".py" not in graph


def test_batching_does_not_change_the_answer(trained: Path) -> None:
    model, _ = load_model(trained)
    others = [Document("", ("Short.",)), Document("A title", tuple(f"Sentence number {i} of many." for i in range(30)))]
    alone = model.predict([DOCUMENT])[0].probs
    together = model.predict([*others, DOCUMENT])[2].probs
    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_runtime_equals_torch(tiny_encoder: Path, tmp_path: Path) -> None:
    import onnxruntime

    from carestance.models.network import StanceNetwork
    from carestance.models.windows import WindowSpec, build_windows, pad_batch
    from carestance.training.encoder import load_tokenizer
    from carestance.training.export import export_onnx

    network = StanceNetwork.from_pretrained(str(tiny_encoder), 3).eval()
    export_onnx(network, tmp_path / "m.onnx", quantise="none")
    tokens = load_tokenizer(str(tiny_encoder))
    windows = build_windows(tokens.encode(DOCUMENT.sentences), tokens.encode(["Trusts"])[0], tokens, WindowSpec(64))
    ids, mask, spans = pad_batch(windows, tokens.pad_id)
    with torch.no_grad():
        expected, _ = network(*map(torch.from_numpy, (ids, mask, spans)))
    found, _ = onnxruntime.InferenceSession(tmp_path / "m.onnx").run(None, {"ids": ids, "mask": mask, "spans": spans})
    real = spans.sum(-1) > 0
    np.testing.assert_allclose(found[real], expected.numpy()[real], atol=1e-4)


def test_training_is_deterministic_and_resumes(tiny_encoder: Path, tmp_path: Path, seeds) -> None:
    from carestance.training.data import read_articles
    from carestance.training.encoder import train_network
    from carestance.training.train import EncoderConfig

    articles = read_articles(seeds)[:2]
    options = EncoderConfig(encoder=str(tiny_encoder), epochs=2, max_tokens=96)
    first, _ = train_network(options, 1, articles, log=lambda _: None)
    again, _ = train_network(options, 1, articles, log=lambda _: None)
    for a, b in zip(first.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    checkpoint = tmp_path / "c.safetensors"
    train_network(options, 1, articles, checkpoint=checkpoint, log=lambda _: None)
    said: list[str] = []
    resumed, _ = train_network(options, 1, articles, checkpoint=checkpoint, log=said.append)
    assert said == []
    for a, b in zip(first.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_learns_what_it_is_shown(tiny_encoder: Path) -> None:
    """A few hundred steps on two kinds of sentence lower the loss far below chance."""
    from carestance.training.data import LabelledArticle
    from carestance.training.encoder import train_network
    from carestance.training.train import EncoderConfig

    rng = random.Random(0)
    articles = []
    for i in range(40):
        sides = [rng.randrange(2) for _ in range(6)]
        sentences = tuple("aaa aaa" if s else "zzz zzz" for s in sides)
        labels = np.array([[0, 3, 3] if s else [1, 3, 3] for s in sides])
        articles.append(
            LabelledArticle(str(i), Document("", sentences), ("body",) * 6, labels, np.eye(4)[labels], np.array(sides), "train")
        )
    said: list[str] = []
    options = EncoderConfig(
        encoder=str(tiny_encoder), epochs=30, max_tokens=64, tokens_per_step=256, learning_rate=2e-3, head_learning_rate=5e-3, dropout=0.0
    )
    train_network(options, 0, articles, log=said.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in said]
    assert losses[-1] < 0.3 * losses[0]


@pytest.fixture(scope="session")
def continued(tiny_encoder: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The trained model, taken up again for no epoch at all and written in 8 bits."""
    from carestance.training.train import train_from_config

    folder = tmp_path_factory.mktemp("continued")
    config = folder / "more.toml"
    names = f"encoder = {json.dumps(str(tiny_encoder))}\nstart_from = {json.dumps(str(trained))}"
    config.write_text(f'kind = "encoder"\ntrain_on = ["seeds"]\n[encoder]\n{names}\nepochs = 0\nmax_tokens = 96\n')
    train_from_config(config, folder / "more", root / "labels", checkpoints=folder / "checkpoints")
    return folder / "more"


def test_training_goes_on_from_a_model_and_eight_bits_stay_close(trained: Path, continued: Path) -> None:
    before, after = (load_model(folder)[0].scores([DOCUMENT])[0][0] for folder in (trained, continued))
    assert np.abs(before - after).max() < 0.05 * max(1.0, np.abs(before).max())


def test_weights_in_eight_bits_are_read_back(trained: Path, continued: Path) -> None:
    from carestance.training.warm_start import read_weights

    full, eight = read_weights(trained), read_weights(continued)
    named = [name for name in full if name.startswith("backbone") and name in eight]
    assert sum(full[name].ndim == 2 for name in named) >= 14
    for name in named:
        np.testing.assert_allclose(eight[name], full[name], atol=0.02 * np.abs(full[name]).max())


def test_eight_bits_use_standard_operators_and_a_scale_a_token(continued: Path) -> None:
    import onnx

    graph = onnx.load(continued / "model.onnx").graph
    assert {node.domain for node in graph.node} <= {"", "ai.onnx"}
    assert sum(node.op_type == "ReduceMax" and "step" in node.name for node in graph.node) == 2


def test_a_baseline_cannot_be_trained_further(tiny_encoder: Path, tiny_model: Path) -> None:
    from carestance.errors import ModelError
    from carestance.training.warm_start import read_weights

    with pytest.raises(ModelError, match="only an encoder"):
        read_weights(tiny_model)


def test_wrong_encoder_weights_are_refused(tiny_encoder: Path) -> None:
    from carestance.errors import ModelError
    from carestance.training.encoder import find_encoder

    with pytest.raises(ModelError, match="sha256"):
        find_encoder(str(tiny_encoder), "0" * 64)
