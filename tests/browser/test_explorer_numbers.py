"""The numbers of the explorer against those of Python: maps, words, thresholds, distances, texts, addresses, files."""

from __future__ import annotations

import base64
import io
import itertools
import json

import numpy as np
import pytest

from model.records import ATTENTION_KINDS, HeadRef
from tests.browser.explorer_page import open_explorer, run, words
from tests.records import asymmetric_translation, make_translation
from viz.explorer import explorer
from viz.figures.labels import percent_text
from viz.language import fitting_particle
from viz.measures.maps import average_map, head_map

TRANSLATION = make_translation(n_source=13, n_target=11, layers=2, heads=3, encoder_layers=3)


@pytest.fixture
def opened(page, tmp_path):
    open_explorer(page, tmp_path, TRANSLATION, language="en")
    return page


@pytest.mark.parametrize("grouping", ["words", "tokens"])
def test_maps_of_heads_and_averages_are_those_of_python(opened, grouping):
    script = """const maps = t.buildMaps(store.data, t.unitsOf(store.data, a.grouping, true));
        return Array.from(t.mapOf(maps, a.ref));"""
    for kind in ATTENTION_KINDS:
        for layer, head in [(0, 0), (1, 2), (None, 1), (1, None), (None, None)]:
            ref = {"kind": kind, "layer": -1 if layer is None else layer, "head": -1 if head is None else head}
            got = run(opened, script, {"grouping": grouping, "ref": ref})
            if layer is None or head is None:
                expected = average_map(TRANSLATION, kind, layer=layer, head=head, words=grouping == "words")
            else:
                expected = head_map(TRANSLATION, HeadRef(kind, layer, head), words=grouping == "words")
            np.testing.assert_allclose(np.reshape(got, expected.weights.shape), expected.weights, atol=5e-5)


def test_masked_cells_and_labels_are_those_of_python(opened):
    script = """const units = t.unitsOf(store.data, 'words', true);
        const [rows, columns] = [t.rowsOf(units, a), t.columnsOf(units, a)];
        return {rows: rows.map(u => u.text), columns: columns.map(u => u.text),
                before: rows.map(u => units.before.get(u)?.text ?? null),
                masked: rows.map(r => columns.map(c => t.isMasked(a, r, c)))};"""
    readable = lambda unit: unit.text.replace("⏹", "■")  # noqa: E731
    for kind in ATTENTION_KINDS:
        got, expected = run(opened, script, kind), head_map(TRANSLATION, HeadRef(kind, 0, 0), words=True)
        assert got["masked"] == expected.masked.tolist()
        assert got["columns"] == [readable(unit) for unit in expected.keys]
        assert got["rows"] == [readable(unit) for unit in (expected.predicted or expected.inputs)]
        if kind != "encoder":
            assert got["before"] == [readable(unit) for unit in expected.inputs]


def test_threshold_by_weight_keeps_weights_of_at_least_that(opened):
    kept = run(
        opened,
        "return Array.from(t.keptCells(Float32Array.from([0.5, 0.3, 0.2, 0.1, 0.1, 0.8]), 3, {by:"
        " 'weight', value: 0.25}))",
    )
    assert kept == [1, 1, 0, 0, 0, 1]


def test_threshold_by_mass_keeps_the_fewest_cells_of_each_row_that_reach_it(opened):
    kept = run(
        opened,
        "return Array.from(t.keptCells(Float32Array.from([0.5, 0.3, 0.2, 0.05, 0.05, 0.9]), 3, {by:"
        " 'mass', value: 0.75}))",
    )
    assert kept == [1, 1, 0, 0, 0, 1]


def jensen_shannon(a: np.ndarray, b: np.ndarray) -> float:
    def divergence(p, q):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(p > 0, p * np.log2(p / q), 0.0).sum(axis=-1)

    middle = (a + b) / 2
    return float(np.sqrt((divergence(a, middle) + divergence(b, middle)) / 2).mean())


@pytest.mark.parametrize("kind", ATTENTION_KINDS)
def test_jensen_shannon_distance_is_that_of_numpy(opened, kind):
    got = run(opened, """const w = h => t.tokenWeights(store.data, {kind: a, layer: 1, head: h});
        return t.jensenShannonDistance(w(0), w(2), store.data.shapes[a][3]);""", kind)  # fmt: skip
    assert TRANSLATION.attention is not None
    weights = TRANSLATION.attention.of_kind(kind)[1].astype(float)
    assert got == pytest.approx(jensen_shannon(weights[0], weights[2]), abs=1e-3)


def test_jensen_shannon_distance_is_0_of_alike_and_1_of_disjoint_heads(opened):
    distance = "return t.jensenShannonDistance(Float32Array.from(a[0]), Float32Array.from(a[1]), 2)"
    assert run(opened, distance, [[0.3, 0.7, 0.5, 0.5], [0.3, 0.7, 0.5, 0.5]]) == pytest.approx(0, abs=1e-6)
    assert run(opened, distance, [[1, 0, 0, 1], [0, 1, 1, 0]]) == pytest.approx(1)


def test_chain_multiplies_cross_attention_with_the_encoder(page, tmp_path):
    open_explorer(page, tmp_path, asymmetric_translation(), address="view=cross.0.0&by=tokens&mode=chain")
    chain = run(
        page, "const c = t.chainOf(store.model, store.state); return {first: [...c.first], reached: [...c.reached]}"
    )
    encoder = np.array([[0.60, 0.30, 0.10], [0.15, 0.80, 0.05], [0.22, 0.33, 0.45]])
    assert chain["first"] == pytest.approx([0.70, 0.18, 0.12], abs=1e-4)
    assert chain["reached"] == pytest.approx(np.array([0.70, 0.18, 0.12]) @ encoder, abs=1e-4)


def test_particles_and_percentages_are_those_of_the_pages(opened):
    names = [
        "코끼리",
        "치킨",
        "서울",
        "길",
        "elephant",
        "lot",
        "ate",
        "teacher",
        "club",
        "about",
        "morning",
        "table",
        "home",
        "book",
        "weight",
        "LSTM",
        "I",
        "50%",
        "1",
        "3",
        "7",
        "■",
        "😀",
        "",
        "(강)",
        '"물"',
    ]
    pairs = [("을", "를"), ("이", "가"), ("으로", "로"), ("과", "와")]
    for name, (consonant, vowel) in itertools.product(names, pairs):
        assert run(opened, "return t.particle(...a)", [name, consonant, vowel]) == fitting_particle(
            name, consonant, vowel
        ), name
    for share in [0, 0.0004, 0.001, 0.0123, 0.0994, 0.0996, 0.612, 0.9949, 0.9951, 0.9996, 1]:
        assert run(opened, "return t.percent(a)", share) == f"{percent_text(share)} %", share


def test_an_address_gives_back_the_state_it_was_made_from(opened):
    script = """const state = {...store.state, kind: 'decoder', layer: 1, head: -1, mode: 'links',
        grouping: 'tokens', special: false,
        scale: 'linear', threshold: {by: 'mass', value: 0.9}, pins: {source: [0, 3], target: [2]}, step: 4,
        tray: [{kind: 'cross', layer: 0, head: 1}, {kind: 'encoder', layer: 2, head: -1},
        {kind: 'cross', layer: 1, head: 0}], pair: [2, 0]};
        const back = t.withView(t.initialState(store.data), t.viewOfAddress(t.addressOf(state, store.data),
        store.data), store.data);
        const names = ['kind', 'layer', 'head', 'mode', 'grouping', 'special', 'scale', 'threshold', 'pins',
        'step', 'tray', 'pair'];
        return names.filter(name => JSON.stringify(back[name]) !== JSON.stringify(state[name]));"""
    assert run(opened, script) == []


@pytest.mark.parametrize("address", [
    "view=cross.9.9", "view=self.0.0", "view=cross.0.0&mode=pie", "view=cross.0.0&source=99.-1.x",
    "view=cross.0.0&step=1e9",
    "view=cross.0.0&tray=cross.7.7,,x&pair=9.x&show=mass.99999", "view=%00&x", "view=cross.0.0&with=5.5.1",
])  # fmt: skip
def test_a_broken_address_is_read_as_far_as_it_makes_sense(page, tmp_path, address):
    open_explorer(page, tmp_path, TRANSLATION, address=address)
    sound = """const s = store.state; const {layers, heads} = {layers: store.data.shapes[s.kind][0],
        heads: store.data.shapes[s.kind][1]};
        return s.layer < layers && s.head < heads && ['matrix', 'links',
        'chain'].includes(s.mode) && s.tray.length === 0
            && s.pins.source.every(p => p < store.data.source.length) && s.threshold.value <= 1;"""
    assert run(page, sound) is True


@pytest.mark.parametrize("damage", ["short", "long", "version", "shape", "order", "span", "text", "empty"])
def test_a_damaged_payload_is_refused(opened, damage):
    packed = explorer.payload(TRANSLATION)
    length = int.from_bytes(packed[:4], "little")
    header, body = json.loads(packed[4 : 4 + length]), packed[4 + length :]
    if damage == "version":
        header["version"] = 2
    elif damage == "shape":
        header["shapes"]["cross"][3] += 1
    elif damage == "order":
        header["source"][0][1] = 1
    elif damage == "span":
        header["source"][0][4] = 10_000
    elif damage == "text":
        header["sourceText"] = None
    text = json.dumps(header).encode()
    text += b" " * (len(text) % 2)
    whole = len(text).to_bytes(4, "little") + text + body
    whole = {"short": whole[:-2], "long": whole + b"\0\0", "empty": b""}.get(damage, whole)
    script = """try { t.parsePayload(Uint8Array.from(atob(a), c => c.charCodeAt(0))); return 'taken';
        } catch (error) { return error.message; }"""
    assert run(opened, script, base64.b64encode(whole).decode()).startswith("payload:")


def test_a_payload_at_an_odd_place_of_a_larger_buffer_is_read(opened):
    script = """const bytes = Uint8Array.from(atob(a), c => c.charCodeAt(0));
        const larger = new Uint8Array(bytes.length + 3);
        larger.set(bytes, 3); return t.parsePayload(larger.subarray(3)).weights.cross[0];"""
    packed = explorer.payload(TRANSLATION)
    assert TRANSLATION.attention is not None
    expected = round(float(TRANSLATION.attention.cross[0, 0, 0, 0]) * 65535)
    assert run(opened, script, base64.b64encode(packed).decode()) == pytest.approx(expected, abs=1)


def test_npz_holds_all_weights_and_tokens_for_numpy(opened):
    script = (
        "const bytes = t.npzOfAll(store.data); let s = ''; for (const b of bytes) s +="
        " String.fromCharCode(b); return btoa(s);"
    )
    with np.load(io.BytesIO(base64.b64decode(run(opened, script))), allow_pickle=False) as file:
        for kind in ATTENTION_KINDS:
            assert TRANSLATION.attention is not None
            np.testing.assert_allclose(file[kind], TRANSLATION.attention.of_kind(kind), atol=1e-5)
            assert file[kind].dtype == np.float32
        assert file["source"].tolist() == [token.piece for token in TRANSLATION.source]
        assert file["decoder_input"].tolist() == [token.piece for token in TRANSLATION.decoder_input]
        about = json.loads(str(file["about"]))
    assert about["sentence"] == TRANSLATION.source_text
    assert about["checkpoint"] == TRANSLATION.checkpoint_id
    assert "from zero" in about["axes"]


def test_words_are_taken_from_the_language(page, tmp_path):
    open_explorer(page, tmp_path, TRANSLATION, language="ko")
    assert run(page, "return store.words.kind_cross") == words("ko")["explorer.kind_cross"]
