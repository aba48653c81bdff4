/**
 * Units: what a row or a column stands for, a token or a word.
 *
 * A unit is {index, text, sign, first, count, start, end, special, piece, places}. `index` is its place among all units,
 * special ones included, `sign` its text as files have it. `places` are the places of its tokens in the text's own sequence, which pins use: source token i is at i; in the decoder's sequence the beginning token is at 0 and
 * target[t], which row t predicts and column t + 1 reads, is at t + 1.
 */

import { KINDS } from "./payload.js";

/** All units of a grouping: {source, input, target, before}. `before[r]`: the unit of `input` that row r has read last. */
export function unitsOf(data, grouping, withSpecial) {
  const words = grouping === "words";
  const source = units(words ? data.sourceWords : data.source, "source", 0);
  const input = units(words ? data.inputWords : data.input, "target", 0);
  const target = units(words ? data.targetWords : data.target, "target", 1);
  const before = new Map(target.map((unit) => [unit, input.find((read) => holds(read, unit.first))]));
  const shown = (list) => (withSpecial ? list : list.filter((unit) => !unit.special));
  return { source: shown(source), input: shown(input), target: shown(target), before };
}

/** ⏹ is missing from most fonts, or comes as a coloured picture; ■ looks the same and is in all. */
export function readable(text, special) {
  return special ? text.replace("⏹", "■") : text;
}

function units(rows, side, shift) {
  return rows.map(([sign, first, count, start, end, special, piece], index) => ({
    index, sign, text: readable(sign, special), first, count, start, end, side, piece,
    special: Boolean(special),
    places: Array.from({ length: count }, (_, token) => first + token + shift),
  }));
}

function holds(unit, token) {
  return unit.first <= token && token < unit.first + unit.count;
}

/** Units of a kind's rows (queries). */
export function rowsOf(units, kind) {
  return kind === "encoder" ? units.source : units.target;
}

/** Units of a kind's columns (keys). */
export function columnsOf(units, kind) {
  return kind === "decoder" ? units.input : units.source;
}

/** True where the look-ahead mask hides a key from a query: it begins after the query's last row. */
export function isMasked(kind, row, column) {
  return kind === "decoder" && column.first > row.first + row.count - 1;
}

/** All places of one side, special ones included: what a pin may name. */
export function placesOf(data, side) {
  return side === "source" ? data.source.length : data.target.length + 1;
}

/** Numbers of layers and heads of a kind. */
export function sizesOf(data, kind) {
  return { layers: data.shapes[kind][0], heads: data.shapes[kind][1] };
}

export function isKind(value) {
  return KINDS.includes(value);
}
