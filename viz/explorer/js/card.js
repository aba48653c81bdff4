/** The card at the hand: which head, from which word to which, the weight to three places, and the same in words. */

import { el, setHidden, whenChanged } from "./dom.js";
import { figureOf } from "./filter.js";
import { mapOf } from "./maps.js";
import { cellSentence, headName, percent, say, signed, threePlaces, unitName } from "./say.js";
import { strongestOfRow } from "./scene.js";
import { isMasked } from "./units.js";

const DISTANCE = 16;

export function cardPart(store) {
  const element = el("div.card", { role: "tooltip", hidden: true });
  const fill = whenChanged((scene) => {
    const lines = linesOf(store, scene);
    setHidden(element, !lines);
    if (lines) element.replaceChildren(...lines.map(([name, text]) => el(`p.${name}`, {}, text)));
  });
  // Measuring makes the browser lay out the page, so only for a new text or place.
  const placeAnew = whenChanged(() => place(element, store.pointer));
  return {
    element,
    render(scene) {
      fill([store.state.hover, store.model, scene.ref.layer, scene.ref.head, scene.kind], scene);
      if (!element.hidden) placeAnew([element.firstChild, store.pointer, innerWidth, innerHeight]);
    },
  };
}

/** [[class, text]] or null. */
function linesOf(store, scene) {
  const { hover } = store.state;
  if (hover.cell) return cellLines(store, hover.cell);
  if (hover.head) return headLines(store, hover.head);
  if (hover.places.source.length || hover.places.target.length) return wordLines(store, scene);
  return null;
}

function cellLines({ words, model }, cell) {
  const { kind, row, column, ref, minus } = cell;
  const [rowUnit, columnUnit] = [kind === "encoder" ? model.units.source[row] : model.units.target[row], kind === "decoder" ? model.units.input[column] : model.units.source[column]];
  if (!rowUnit || !columnUnit) return null;
  const before = kind === "encoder" ? null : model.units.before.get(rowUnit);
  const from = before ? `${before.text} → ${rowUnit.text}` : rowUnit.text;
  const names = ["pair", say(words, "card_pair", { query: from, key: columnUnit.text })];
  if (isMasked(kind, rowUnit, columnUnit)) return [["name", headName(words, ref)], names, ["words", say(words, "masked")]];
  const place = row * model.maps[kind].columns + column;
  const weight = mapOf(model.maps, ref)[place];
  if (minus) {
    const other = mapOf(model.maps, minus)[place];
    return [["name", `${headName(words, ref)} − ${headName(words, minus)}`], names, ["weight", signed(weight - other)], ["words", `${threePlaces(weight)} − ${threePlaces(other)}`]];
  }
  return [["name", headName(words, ref)], names, ["weight", threePlaces(weight)], ["words", cellSentence(words, kind, rowUnit, columnUnit, weight)]];
}

function headLines({ words, data }, ref) {
  const entropy = figureOf(data, "entropy", ref);
  const distance = figureOf(data, "distance", ref);
  return [
    ["name", headName(words, ref)],
    ...(entropy === null ? [] : [["words", say(words, "card_entropy", { entropy: entropy.toFixed(2) })]]),
    ...(distance === null ? [] : [["words", say(words, "card_distance", { distance: distance.toFixed(1) })]]),
    ["hint", say(words, "card_head_hint")],
  ];
}

/** Of a word: what it is, its probability if it was predicted, and where the open head looks from it. */
function wordLines({ words, data, state, model }, scene) {
  const side = state.hover.places.source.length ? "source" : "target";
  const first = state.hover.places[side][0];
  const unit = [...model.units[side], ...model.units.input].find((each) => each.side === side && each.places.includes(first));
  if (!unit) return null;
  const lines = [["name", unit.special ? unitName(words, unit) : unit.text]];
  const tokens = side === "target" ? unit.places.map((place) => place - 1).filter((token) => token >= 0) : [];
  if (tokens.length) lines.push(["words", say(words, "card_probability", { percent: percent(tokens.reduce((product, token) => product * data.probabilities[token], 1)) })]);
  const row = [...scene.litRows][0];
  if (row !== undefined) {
    const { column, weight } = strongestOfRow(scene, row);
    lines.push(["words", cellSentence(words, scene.kind, scene.rows[row], scene.columns[column], weight)], ["hint", headName(words, scene.ref)]);
  }
  return lines;
}

/** Beside the pointer, or below an element that has the focus, and always within the window. */
function place(element, pointer) {
  const { width, height } = element.getBoundingClientRect();
  let { x, y } = pointer ?? { x: 0, y: 0 };
  if (!x && !y && pointer?.element) {
    const box = pointer.element.getBoundingClientRect();
    [x, y] = [box.left, box.bottom];
  }
  const right = x + DISTANCE + width > innerWidth ? x - DISTANCE - width : x + DISTANCE;
  const below = y + DISTANCE + height > innerHeight ? y - DISTANCE - height : y + DISTANCE;
  element.style.transform = `translate(${Math.round(Math.max(4, right))}px, ${Math.round(Math.max(4, below))}px)`;
}
