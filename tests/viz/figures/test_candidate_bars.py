# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from viz.figures.candidate_bars import candidate_bars, candidates_summary
from viz.figures.theme import Look
from viz.measures.confidence import Alternative

CANDIDATES = (
    Alternative("elephant", 0.61, False),
    Alternative("<b>", 0.2, False),
    Alternative("⏹", 0.0004, True),
)


def test_bars_are_percents_from_the_best_down():
    figure = candidate_bars(CANDIDATES, 0)
    (bars,) = figure.data
    assert list(bars.x) == [61, 20, 0.04]
    assert list(bars.y) == [0, 1, 2]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert tuple(figure.layout.xaxis.range) == (0, 100)


def test_each_bar_has_its_number():
    (bars,) = candidate_bars(CANDIDATES, 0).data
    assert list(bars.text) == ["61 %", "20 %", "&lt; 0.1 %"]


def test_the_chosen_token_alone_is_in_full_colour():
    look = Look()
    for chosen in (0, 1, None):
        (bars,) = candidate_bars(CANDIDATES, chosen, look=look).data
        full = [place for place, colour in enumerate(bars.marker.color) if colour == look.palette.target]
        assert full == ([] if chosen is None else [chosen])


def test_text_from_outside_is_escaped():
    figure = candidate_bars(CANDIDATES, 1)
    assert "&lt;b&gt;" in figure.layout.yaxis.ticktext[1]
    assert "“&lt;b&gt;”" in figure.data[0].customdata[1]


def test_the_summary_names_all():
    assert candidates_summary(CANDIDATES) == "Next token: “elephant”: 61 %; “<b>”: 20 %; “⏹”: < 0.1 %."
