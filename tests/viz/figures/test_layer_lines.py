"""Lines over layers: fields of the figure."""

from __future__ import annotations

from viz.figures.layer_lines import LayerLine, LayerTexts, layer_lines, layer_summary
from viz.figures.theme import Look

TEXTS = LayerTexts(title="T", value="cosine", main="own", others="other words")
MAIN = LayerLine("나는", [1.0, 0.8, 0.5])
OTHERS = [LayerLine("<b>", [0.1, 0.2, 0.3]), LayerLine("코끼리", [0.0, -0.4, 0.6])]


def drawn(look: Look | None = None):
    return layer_lines(MAIN, OTHERS, 1, TEXTS, look=look).to_dict()


def test_every_line_is_there_and_the_main_one_is_thickest_and_on_top():
    lines = drawn()["data"]
    assert [list(line["y"]) for line in lines] == [OTHERS[0].values, OTHERS[1].values, MAIN.values]
    widths = [line["line"]["width"] for line in lines]
    assert widths[2] > widths[1] > widths[0]


def test_the_legend_names_two_kinds_of_line_once_each():
    assert [line["name"] for line in drawn()["data"] if line["showlegend"]] == ["other words", "own"]


def test_the_closest_line_is_named_at_its_end():
    label = next(note for note in drawn()["layout"]["annotations"] if note["name"] == "closest")
    assert label["text"] == "코끼리" and (label["x"], label["y"]) == (2, 0.6)


def test_layers_count_from_one_after_the_start():
    assert list(drawn()["layout"]["xaxis"]["ticktext"]) == ["start", "layer 1", "layer 2"]


def test_values_below_zero_are_on_the_axis():
    assert drawn()["layout"]["yaxis"]["range"][0] < -0.4


def test_words_are_escaped():
    assert drawn()["data"][0]["meta"] == "&lt;b&gt;"


def test_colours_are_those_of_the_page():
    look = Look(dark=True)
    lines = drawn(look)["data"]
    assert lines[2]["line"]["color"] == look.palette.weight and lines[1]["line"]["color"] == look.palette.source


def test_without_others_the_line_stands_alone():
    figure = layer_lines(MAIN, [], None, TEXTS).to_dict()
    assert len(figure["data"]) == 1
    assert "–" in layer_summary(MAIN, [], None, TEXTS)


def test_the_summary_has_the_numbers():
    summary = layer_summary(MAIN, OTHERS, 1, TEXTS)
    assert "1.00, 0.80, 0.50" in summary and "코끼리 0.60" in summary
