"""The payload, the settings, the joined program and the saved page, as Python makes them."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import struct
import tomllib
from pathlib import Path

import numpy as np
import pytest

from model.records import ATTENTION_KINDS, BeamNode, BeamTree, Candidate, HeadRef
from tests.records import asymmetric_translation, make_translation, translation_of
from viz.explorer import explorer
from viz.explorer.view import View
from viz.figures.palette import LIGHT

FOLDER = Path(explorer.__file__).parent
WORDS_FOLDER = FOLDER.parent / "words"


def texts(language: str) -> dict[str, str]:
    return tomllib.loads((WORDS_FOLDER / f"explorer.{language}.toml").read_text("utf-8"))


def words(language: str) -> dict[str, str]:
    return {f"explorer.{key}": text for key, text in texts(language).items()}


def header_of(packed: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from("<I", packed)
    return json.loads(packed[4 : 4 + length]), packed[4 + length :]


def javascript() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted((FOLDER / "js").glob("*.js"))}


def test_payload_holds_every_weight_to_three_places_in_the_order_of_its_shapes():
    translation = make_translation(n_source=9, n_target=7, layers=2, heads=4, encoder_layers=3)
    header, body = header_of(explorer.payload(translation))
    assert translation.attention is not None
    place = 0
    for kind in ATTENTION_KINDS:
        expected = translation.attention.of_kind(kind)
        assert header["shapes"][kind] == list(expected.shape)
        got = np.frombuffer(body, "<u2", expected.size, place).reshape(expected.shape) / 65535
        place += 2 * expected.size
        np.testing.assert_allclose(got, expected, atol=0.5 / 65535 + 1e-7)
    assert place == len(body)


def test_weights_begin_at_an_even_place():
    for n_source in range(2, 8):
        packed = explorer.payload(make_translation(n_source=n_source))
        (length,) = struct.unpack_from("<I", packed)
        assert length % 2 == 0


def test_forty_tokens_a_side_at_base_size_with_a_beam_of_four_take_at_most_500_kb():
    translation = make_translation(n_source=40, n_target=40, layers=6, heads=8)
    node = BeamNode(parent=0, piece="▁elephants", id=1234, log_prob=-12.3456, kept=True)
    beam = BeamTree(tuple((node,) * 8 for _ in range(40)))
    assert len(explorer.payload(dataclasses.replace(translation, beam=beam))) <= 500_000


def test_spans_count_utf16_units():
    translation = translation_of(("▁나", "😀", "는"), ("▁I",), make_translation(n_source=4, n_target=2).attention)
    header, _ = header_of(explorer.payload(translation))
    assert header["sourceText"] == "나😀는"
    assert [token[3:5] for token in header["source"][:3]] == [[0, 1], [1, 3], [3, 4]]


def test_header_says_what_the_numbers_are():
    translation = asymmetric_translation()
    header, _ = header_of(explorer.payload(translation))
    assert [token[0] for token in header["source"]] == ["나", "는", "⏹"]
    assert [token[0] for token in header["input"]] == ["▶", "I"]
    assert [token[0] for token in header["target"]] == ["I", "⏹"]
    assert [word[:3] for word in header["sourceWords"]] == [["나는", 0, 2], ["⏹", 2, 1]]
    assert header["checkpoint"] == translation.checkpoint_id
    assert header["decoding"] == translation.decoding
    assert header["probabilities"] == pytest.approx(np.exp(translation.log_probs), rel=1e-4)
    assert header["figures"]["cross"]["distance"] is None
    # mean over the queries of sum_k w |q - k|: (0.3 + 0.2 + 0.15 + 0.05 + 0.44 + 0.33) / 3
    assert header["figures"]["encoder"]["distance"][0][0] == pytest.approx(0.49, abs=1e-4)


def test_the_end_token_is_a_sign_among_candidates_and_hypotheses_too():
    translation = make_translation(n_source=5, n_target=4)
    end = translation.target[-1]
    node = BeamNode(parent=0, piece=end.piece, id=end.id, log_prob=-1.5, kept=True)
    candidate = Candidate(end.piece, end.id, 0.25)
    header, _ = header_of(
        explorer.payload(
            dataclasses.replace(
                translation, beam=BeamTree(((node,),) * 4), candidates=((candidate,),) * 4
            )
        )
    )
    assert header["candidates"][0] == [["⏹", "</s>", 0.25, 1]]
    assert header["beam"][0] == [[0, "⏹", -1.5, 1, 1]]


def test_the_end_token_is_a_sign_where_the_target_was_cut_at_its_limit():
    whole = make_translation(n_source=5, n_target=4)
    end = whole.target[-1]
    cut = dataclasses.replace(
        whole,
        target=(*whole.target[:-1], whole.target[0]),
        candidates=((Candidate(end.piece, end.id, 0.25),),) * 4,
        beam=BeamTree(((BeamNode(parent=0, piece=end.piece, id=end.id, log_prob=-1.5, kept=False),),) * 4),
    )
    header, _ = header_of(explorer.payload(cut))
    assert header["candidates"][-1] == [["⏹", "</s>", 0.25, 1]]
    assert header["beam"][-1] == [[0, "⏹", -1.5, 0, 1]]


def test_payload_refuses_a_translation_without_weights():
    with pytest.raises(ValueError, match="capture"):
        explorer.payload(dataclasses.replace(asymmetric_translation(), attention=None))


def test_settings_hold_the_words_of_the_language_and_the_colours_of_the_palette():
    settings = explorer.settings(words("ko"), language="ko")
    assert settings["words"]["kind_cross"] == "크로스"
    assert settings["colours"]["light"]["source"] == LIGHT.source
    assert settings["colours"]["light"]["weight"][0] == LIGHT.background
    assert settings["colours"]["light"]["weight"][-1] == LIGHT.weight
    json.dumps(settings)


def test_settings_name_the_words_that_are_missing():
    some = words("en")
    del some["explorer.kind_cross"]
    with pytest.raises(KeyError, match=r"explorer\.kind_cross"):
        explorer.settings(some, language="en")


def test_both_languages_have_the_same_texts_with_the_same_fields():
    korean, english = texts("ko"), texts("en")
    assert korean.keys() == english.keys()
    fields = re.compile(r"\{(\w+)")
    for key, text in english.items():
        assert set(fields.findall(text)) == set(fields.findall(korean[key])), key


def test_program_says_no_text_that_is_missing_and_no_text_is_left_over():
    keys = texts("en").keys()
    program = "\n".join(javascript().values())
    said = set()
    for call in re.findall(r"\bsay\([\w.]+, ([^;]*)", program):
        said |= set(re.findall(r'^"(\w+)"', call)) | set(re.findall(r'^[^,"]*\? "(\w+)" : "(\w+)"', call))
    said = {key for found in said for key in ([found] if isinstance(found, str) else found)}
    assert said - keys == set()
    stems = set(re.findall(r"`(\w+)_\$\{", program))
    for key in keys:
        assert f'"{key}"' in program or any(key.startswith(f"{stem}_") for stem in stems), f"{key} is never said"


def test_files_import_only_from_files_before_them():
    before: set[str] = set()
    for name in explorer._PROGRAM:
        imported = set(re.findall(r'from "\./(\w+)\.js"', javascript()[name]))
        assert imported <= before, f"{name}.js imports {imported - before}, which come later"
        before.add(name)
    assert before | {"settings"} == javascript().keys()


def test_program_makes_no_html_of_text_and_asks_nobody_outside():
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(")
    for name, text in javascript().items():
        for word in forbidden:
            assert word not in text, f"{name}.js uses {word}"
    assert "://" not in re.sub(r"http://www\.w3\.org/2000/svg", "", "".join(javascript().values()))


def test_source_is_one_module_with_one_export():
    assert explorer.source().count("\nexport ") == 1
    assert "\nimport " not in explorer.source()


def test_saved_page_cannot_be_broken_out_of_by_text():
    evil = "</script><img src=x onerror=alert(1)>"
    translation = dataclasses.replace(asymmetric_translation(), source_text="나는" + evil, target_text="I" + evil)
    page = explorer.standalone_html(translation, words("en"), language="en", view=View(HeadRef("cross", 0, 0)))
    assert "<img" not in page
    assert page.count("</script>") == 3
    assert f"<title>나는{html.escape(evil)}</title>" in page
