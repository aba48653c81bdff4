from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model import card, evaluate
from model.checkpoint import CARD, CONFIG, SCORES, load_checkpoint, write_sums
from model.config import DecodingConfig
from model.errors import CorpusError
from model.evaluation import Score, as_json, as_table, evaluate_file, find_test_files, score, translate_all

PAIRS = [("나는 강사입니다.", "I am an instructor."), ("물을 마셔요.", "I drink water."), ("안녕하세요.", "Hello.")]


@pytest.fixture
def test_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tests" / "deep"
    folder.mkdir(parents=True)
    for name in ("test-b", "test-a-dev", "train"):
        (folder / f"{name}.tsv").write_text("".join(f"{k}\t{e}\n" for k, e in PAIRS), encoding="utf-8")
    return folder.parent


@pytest.fixture
def copy(checkpoint_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint_path, tmp_path / "checkpoint"))


def test_texts_are_translated_in_order_sentence_by_sentence(translator):
    texts = ["물을 마셔요. 나는 강사입니다.", "", "안녕하세요.", "🙂", "가" * 9_000, "나는 강사입니다."]
    got = translate_all(translator, texts, DecodingConfig())
    alone = {korean: translator.translate(korean).target_text for korean, _ in PAIRS}
    assert got == [f"{alone['물을 마셔요.']} {alone['나는 강사입니다.']}".strip(), "", alone["안녕하세요."], "", "",
                   alone["나는 강사입니다."]]


def test_scores_of_the_references_themselves_are_full():
    references = ["I am an instructor of mathematics.", "We drink cold water every day."]
    bleu, chrf, signatures = score(references, references)
    assert bleu == pytest.approx(100.0) and chrf == pytest.approx(100.0)
    assert "version:" in signatures["bleu"] and "chrF" not in signatures["bleu"] and "nc:6" in signatures["chrf"]


def test_scores_of_other_words_are_low():
    bleu, chrf, _ = score(["Zzz qqq xxx."], ["I am an instructor of mathematics."])
    assert bleu < 10 and chrf < 10


def test_rejected_sentences_count_with_an_empty_translation(translator):
    result, _ = evaluate_file(translator, "x", [*PAIRS, ("🙂", "A smile.")], DecodingConfig())
    assert (result.file, result.decoding, result.n_sentences) == ("x", "greedy no_repeat_ngram=4", 4)
    assert result.n_rejected >= 1 and 0 <= result.bleu <= 100 and 0 <= result.chrf <= 100


def test_test_files_are_found_in_order(test_folder):
    assert list(find_test_files(test_folder)) == ["test-a-dev", "test-b"]
    (test_folder / "empty").mkdir()
    with pytest.raises(CorpusError, match="no test-"):
        find_test_files(test_folder / "empty")


def test_table_and_json():
    scores = [Score("test-a", "greedy", 12.345, 45.67, 10, 0, 1.0)]
    assert as_table(scores).splitlines()[-1] == "| test-a | greedy | 12.3 | 45.7 | 10 |"
    content = as_json(scores, {"bleu": "x"}, "0123456789ab")
    assert content["checkpoint_id"] == "0123456789ab" and content["scores"][0]["chrf"] == 45.67


def test_the_program_prints_and_writes_scores_and_says_the_same_again(copy, test_folder, capsys):
    arguments = ["--checkpoint", str(copy), "--tests", str(test_folder), "--beams", "1", "2", "--device", "cpu"]
    assert evaluate.main(arguments) == 0
    table = capsys.readouterr().out
    first = load_checkpoint(copy).scores
    assert first is not None
    assert [(s["file"], s["decoding"].split()[0]) for s in first["scores"]] == [
        ("test-a-dev", "greedy"), ("test-b", "greedy"), ("test-a-dev", "beam_size=2"), ("test-b", "beam_size=2")]
    assert first["checkpoint_id"] == load_checkpoint(copy).checkpoint_id
    assert all(signature in table for signature in first["signatures"].values())
    assert evaluate.main(arguments) == 0
    second = json.loads((copy / SCORES).read_text())
    for scores in (first, second):
        for row in scores["scores"]:
            row.pop("seconds")
    assert first == second


def test_a_part_of_the_files_writes_nothing(copy, test_folder):
    assert evaluate.main(["--checkpoint", str(copy), "--tests", str(test_folder), "--beams", "1", "--limit", "1"]) == 0
    assert not (copy / SCORES).exists()


@pytest.mark.parametrize("options", [["--checkpoint", "nowhere"], ["--tests", "nowhere"], ["--device", "abacus"],
                                     ["--beams", "0"]])
def test_what_can_be_mended_is_one_line(copy, test_folder, capsys, options):
    arguments = ["--checkpoint", str(copy), "--tests", str(test_folder), *options]
    assert evaluate.main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [(["authored-daily"], "CC0 1.0"), (["authored-daily", "test-jhe-dev"], "CC BY-SA 4.0"),
     (["authored-daily", "mine"], "what the licences of the data below allow")],
)
def test_the_licence_of_the_weights_follows_the_data(files, said):
    assert card.licence_of_weights(files).startswith(said)


def test_the_card_is_written_from_the_checkpoint(copy, test_folder, capsys):
    assert card.main(["--checkpoint", str(copy)]) == 0
    assert "Not yet evaluated." in (copy / CARD).read_text(encoding="utf-8")
    assert evaluate.main(["--checkpoint", str(copy), "--tests", str(test_folder), "--beams", "1"]) == 0
    (copy / card.NOTES).write_text("It mixes up numbers.\n", encoding="utf-8")
    assert card.main(["--checkpoint", str(copy)]) == 0
    text = (copy / CARD).read_text(encoding="utf-8")
    checkpoint = load_checkpoint(copy)
    for words in (checkpoint.checkpoint_id, f"{checkpoint.n_parameters:,}", "| test-b | greedy", "authored-daily",
                  "It mixes up numbers.", "120 steps"):
        assert words in text
    assert card.main(["--checkpoint", str(copy / "nowhere")]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def drop_record(content: dict) -> None:
    del content["training"]


def empty_record(content: dict) -> None:
    content["training"] = {}


def drop_steps(content: dict) -> None:
    del content["training"]["steps"]


def drop_option(content: dict) -> None:
    del content["training"]["config"]["label_smoothing"]


@pytest.mark.parametrize(("change", "missing"), [
    (drop_record, "config, device"), (empty_record, "config, device"), (drop_steps, "steps"),
    (drop_option, "label_smoothing"),
])
def test_a_card_without_a_record_of_training_is_one_line(copy, capsys, change, missing):
    content = json.loads((copy / CONFIG).read_text(encoding="utf-8"))
    change(content)
    (copy / CONFIG).write_text(json.dumps(content), encoding="utf-8")
    write_sums(copy)
    (copy / CARD).unlink(missing_ok=True)
    assert card.main(["--checkpoint", str(copy)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and f"was trained: {missing}" in error
    assert not (copy / CARD).exists()


def test_two_test_files_of_one_name_are_one_line(copy, test_folder, capsys):
    (test_folder / "test-b.tsv").write_text("물\twater\n", encoding="utf-8")
    assert evaluate.main(["--checkpoint", str(copy), "--tests", str(test_folder)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and "different files of one name" in error
