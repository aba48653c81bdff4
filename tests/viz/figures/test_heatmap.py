# Plotly's figures have no types for what is in them.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import dataclasses
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from model.records import ATTENTION_KINDS, HeadRef, Translation
from tests.records import asymmetric_translation, make_translation, translation_of
from viz.figures.heatmap import CELL_FIELDS, HeatmapTexts, heatmap, heatmap_summary, map_heatmap
from viz.figures.palette import DARK, LIGHT
from viz.figures.theme import Look
from viz.measures.maps import average_map, head_map

CROSS = HeadRef("cross", 0, 0)
DECODER = HeadRef("decoder", 0, 0)
ENCODER = HeadRef("encoder", 0, 0)


def plain(labels) -> list[str]:
    return [re.sub(r"<[^>]*>", "", label) for label in labels]


def trace(figure: go.Figure, name: str):
    (found,) = [each for each in figure.data if each.name == name]
    return found


def as_json(figure: go.Figure) -> str:
    text = figure.to_json()
    assert text is not None
    return text


def annotation(figure: go.Figure, name: str) -> str:
    (found,) = [each for each in figure.layout.annotations if each.name == name]
    return found.text


def hover(figure: go.Figure, query: int, key: int) -> str:
    """The text that Plotly makes of a cell's template."""
    cells = trace(figure, "weights")
    text = cells.hovertemplate
    for place in range(len(CELL_FIELDS)):
        text = text.replace(f"%{{customdata[{place}]}}", cells.customdata[query][key][place])
    return text.replace("%{z:.3f}", f"{cells.z[query][key]:.3f}").removesuffix("<extra></extra>")


def test_cross_axes_cannot_be_confused():
    figure = heatmap(asymmetric_translation(), CROSS)
    cells = trace(figure, "weights")
    np.testing.assert_allclose(cells.z, [[0.70, 0.18, 0.12], [0.02, 0.07, 0.91]], atol=1e-7)
    assert plain(figure.layout.yaxis.ticktext) == ["▶ → I", "I → ⏹"]
    assert plain(figure.layout.xaxis.ticktext) == ["나", "는", "⏹"]
    assert list(figure.layout.yaxis.tickvals) == [0, 1]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2]


def test_decoder_rows_predict_and_columns_are_its_input():
    figure = heatmap(asymmetric_translation(), DECODER)
    assert plain(figure.layout.yaxis.ticktext) == ["▶ → I", "I → ⏹"]
    assert plain(figure.layout.xaxis.ticktext) == ["▶", "I"]
    assert trace(figure, "weights").z[1].tolist() == pytest.approx([0.36, 0.64])


def test_encoder_rows_are_source_tokens():
    figure = heatmap(asymmetric_translation(), ENCODER)
    assert plain(figure.layout.yaxis.ticktext) == plain(figure.layout.xaxis.ticktext) == ["나", "는", "⏹"]
    assert trace(figure, "weights").z[0].tolist() == pytest.approx([0.60, 0.30, 0.10])


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_the_first_row_is_at_the_top_and_the_first_key_at_the_left(kind):
    figure = heatmap(make_translation(n_source=4, n_target=3), HeadRef(kind, 0, 0))
    rows, columns = trace(figure, "weights").z.shape
    assert tuple(figure.layout.yaxis.range) == (rows - 0.5, -0.5)
    assert tuple(figure.layout.xaxis.range) == (-0.5, columns - 0.5)
    assert figure.layout.yaxis.autorange is None


def test_every_head_reaches_the_figure():
    translation = make_translation(n_source=4, n_target=5, layers=2, heads=3)
    assert translation.attention is not None
    for kind in ATTENTION_KINDS:
        for layer, head in np.ndindex(2, 3):
            ref = HeadRef(kind, layer, head)
            shown = np.nan_to_num(trace(heatmap(translation, ref), "weights").z)
            np.testing.assert_array_equal(shown, translation.attention.of_head(ref))


def test_hover_says_who_looks_at_whom_and_how_much():
    figure = heatmap(asymmetric_translation(), CROSS)
    assert hover(figure, 0, 1) == (
        "when predicting “I”, 18 % on “는”<br><b>weight 0.180</b><br>Cross-attention · layer 1 · head 1"
    )
    assert hover(figure, 1, 2).startswith("when predicting “end of sentence &lt;/s&gt;”, 91 % on “end of sentence")
    assert hover(heatmap(asymmetric_translation(), ENCODER), 1, 0).startswith("“는” looks 15 % at “나”")


def test_the_colour_scale_is_fixed_whatever_the_weights():
    for figure in (heatmap(asymmetric_translation(), CROSS), heatmap(make_translation(n_source=30), CROSS)):
        cells = trace(figure, "weights")
        assert (cells.zmin, cells.zmax) == (0, 1)


def test_the_square_root_is_in_the_colours_and_the_bar_and_not_in_the_weights():
    figure = heatmap(make_translation(n_source=20), CROSS)
    stops = [place for place, _ in trace(figure, "weights").colorscale]
    np.testing.assert_allclose(stops, np.linspace(0, 1, 33) ** 2)
    bar = trace(figure, "scale").marker.colorbar
    np.testing.assert_allclose(np.square(bar.tickvals), [float(text) for text in bar.ticktext])
    assert bar.title.text == HeatmapTexts().weight_sqrt


def test_linear_on_request():
    figure = heatmap(make_translation(n_source=20), CROSS, scale="linear")
    np.testing.assert_allclose([place for place, _ in trace(figure, "weights").colorscale], np.linspace(0, 1, 33))
    bar = trace(figure, "scale").marker.colorbar
    assert list(bar.tickvals) == [float(text) for text in bar.ticktext]
    assert bar.title.text == HeatmapTexts().weight_linear


def test_the_bar_has_the_colour_that_the_cell_of_its_weight_has():
    figure = heatmap(make_translation(n_source=20), CROSS)
    cells = {round(place**0.5, 6): colour for place, colour in trace(figure, "weights").colorscale}
    bar = {round(place, 6): colour for place, colour in trace(figure, "scale").marker.colorscale}
    assert cells == bar


def test_masked_cells_are_hatched_and_have_no_weight():
    figure = heatmap(make_translation(n_target=3), DECODER)
    z = trace(figure, "weights").z
    assert np.isnan(z).tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    hatching = trace(figure, HeatmapTexts().masked)
    assert hatching.fillpattern.shape == "/"
    assert hatching.showlegend
    corners = list(zip(hatching.x, hatching.y, strict=True))
    assert corners == [(2.5, -0.5), (0.5, -0.5), (0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (2.5, 1.5), (2.5, -0.5)]


@pytest.mark.parametrize("ref", [CROSS, ENCODER])
def test_only_the_decoder_is_hatched(ref):
    assert [each.name for each in heatmap(make_translation(), ref).data] == ["weights", "scale"]


def test_one_target_token_has_nothing_to_mask():
    assert [each.name for each in heatmap(make_translation(n_target=1), DECODER).data] == ["weights", "scale"]


def test_equal_tokens_stay_apart():
    translation = translation_of(["▁나", "▁나", "▁나"], ["▁I"], make_translation(n_source=4, n_target=2).attention)
    figure = heatmap(translation, CROSS)
    assert plain(figure.layout.xaxis.ticktext) == ["나", "나", "나", "⏹"]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2, 3]


def hostile_translation() -> Translation:
    attention = asymmetric_translation().attention
    return translation_of(["▁<img src=x onerror=alert(1)>", "&%{z}"], ["▁<b>{key}</b>"], attention)


def test_text_of_a_user_is_never_markup():
    figure = heatmap(hostile_translation(), CROSS)
    tags = re.findall(r"</?(\w+)", as_json(figure).replace("\\u003c", "<").replace("\\u003e", ">"))
    assert set(tags) <= {"span", "br", "b", "extra"}
    assert plain(figure.layout.xaxis.ticktext)[1] == "&amp;%{z}"
    assert "&lt;b&gt;{key}&lt;/b&gt;" in hover(figure, 0, 0)


def test_source_is_blue_target_is_orange_and_special_tokens_are_grey():
    figure = heatmap(asymmetric_translation(), CROSS)
    source, _, end = figure.layout.xaxis.ticktext
    assert LIGHT.source in source
    assert LIGHT.muted in end and LIGHT.source not in end
    begin, predicted = figure.layout.yaxis.ticktext[0].split(" → ")
    assert LIGHT.muted in begin
    assert LIGHT.target in predicted
    assert LIGHT.target in heatmap(asymmetric_translation(), DECODER).layout.xaxis.ticktext[1]
    assert LIGHT.source in heatmap(asymmetric_translation(), ENCODER).layout.yaxis.ticktext[0]


def test_words_merge_their_pieces():
    figure = heatmap(asymmetric_translation(), CROSS, words=True)
    assert plain(figure.layout.xaxis.ticktext) == ["나는", "⏹"]
    np.testing.assert_allclose(trace(figure, "weights").z, [[0.88, 0.12], [0.09, 0.91]], atol=1e-6)


def test_an_average_is_named_and_drawn():
    translation = make_translation()
    assert translation.attention is not None
    figure = map_heatmap(translation, average_map(translation, "cross", layer=1))
    assert annotation(figure, "title") == "<b>Cross-attention · layer 2 · mean of all heads</b>"
    np.testing.assert_allclose(trace(figure, "weights").z, translation.attention.cross[1].mean(axis=0), atol=1e-6)


def test_every_picture_says_where_it_comes_from():
    translation = make_translation(n_source=40)
    text = annotation(heatmap(translation, CROSS), "footer").replace("<br>", " ")
    assert translation.source_text in text
    assert translation.target_text in text
    assert f"checkpoint {translation.checkpoint_id} · {translation.decoding}" in text


def font_sizes(figure: go.Figure) -> list[float]:
    found = re.findall(r'"size":([\d.]+)|font-size:([\d.]+)px', as_json(figure))
    # Stripes and markers have sizes too; they are no text.
    return [float(first or second) for first, second in found if first != "9"]


@pytest.mark.parametrize("n_tokens", [2, 12, 40, 100])
def test_no_text_is_smaller_than_14_px_and_labels_do_not_overlap(n_tokens):
    figure = heatmap(make_translation(n_source=n_tokens, n_target=n_tokens, layers=1, heads=1), DECODER)
    assert min(font_sizes(figure)) >= 14
    margin = figure.layout.margin
    height = figure.layout.height - margin.t - margin.b
    width = figure.layout.width - margin.l - margin.r
    assert height / n_tokens >= 14 * 1.25
    assert width / n_tokens == pytest.approx(height / n_tokens, rel=0.02)


def test_presenter_mode_enlarges_all_text():
    figure = heatmap(make_translation(), DECODER, look=Look(type_scale=1.6))
    assert min(font_sizes(figure)) >= 22


def test_the_page_decides_light_or_dark():
    assert heatmap(make_translation(), CROSS, look=Look(dark=True)).layout.paper_bgcolor == DARK.background
    assert heatmap(make_translation(), CROSS).layout.paper_bgcolor == LIGHT.background


def test_texts_of_another_language_are_used():
    texts = HeatmapTexts(cross="크로스", hover_cross="{predicted}: {key}에 {percent} %", hover_weight="가중치 {weight}")
    figure = heatmap(asymmetric_translation(), CROSS, texts=texts)
    assert hover(figure, 0, 0) == "I: 나에 70 %<br><b>가중치 0.700</b><br>크로스 · layer 1 · head 1"


def test_a_long_word_is_cut_on_the_axis_but_not_on_hover():
    attention = make_translation(n_source=2, n_target=2, layers=1, heads=1).attention
    word = "무지막지하게무지막지하게"
    figure = heatmap(translation_of([f"▁{word}"], ["▁I"], attention), CROSS)
    assert plain(figure.layout.xaxis.ticktext)[0].endswith("…")
    assert f"“{word}”" in hover(figure, 0, 0)


def test_the_summary_names_the_strongest_weights():
    summary = heatmap_summary(head_map(asymmetric_translation(), CROSS))
    assert summary.startswith("Cross-attention · layer 1 · head 1. 2 rows, 3 columns.")
    assert "when predicting “end of sentence </s>”, 91 % on “end of sentence </s>”; " in summary
    assert "when predicting “I”, 70 % on “나”" in summary


def test_a_head_that_does_not_exist_is_refused():
    with pytest.raises(IndexError):
        heatmap(make_translation(layers=2), HeadRef("cross", 2, 0))


def test_a_translation_without_capture_is_refused():
    with pytest.raises(ValueError, match="with capture"):
        heatmap(dataclasses.replace(make_translation(), attention=None), CROSS)


def test_figures_need_neither_torch_nor_streamlit():
    import subprocess
    import sys

    code = (
        "import sys, viz.figures.heatmap, viz.figures.training_curves, viz.figures.positional_matrix\n"
        "assert not {'torch', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
