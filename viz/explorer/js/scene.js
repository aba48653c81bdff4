/** A scene: one map with all that is to be seen of it. The views draw scenes and know nothing of the state. */

import { AVERAGE, mapOf } from "./maps.js";
import { columnMeans, difference, indexOfLargest, keptCells, rowSums } from "./numbers.js";
import { refOf } from "./state.js";
import { columnsOf, isMasked, rowsOf } from "./units.js";

/** The scene of a head. `model` holds {data, units, maps}. */
export function sceneOf(model, state, ref = refOf(state)) {
  return complete(model, state, ref.kind, { ref, values: mapOf(model.maps, ref), signed: false });
}

/** The scene of the difference a - b of two heads of one kind. */
export function differenceScene(model, state, a, b) {
  return complete(model, state, a.kind, { ref: a, values: difference(mapOf(model.maps, a), mapOf(model.maps, b)), signed: true });
}

function complete(model, state, kind, scene) {
  const marks = marksOf(model, state, kind);
  const { rows, columns, pinnedRows, pinnedColumns } = marks;
  return {
    ...scene,
    ...marks,
    before: (row) => (kind === "encoder" ? null : model.units.before.get(row)),
    masked: (row, column) => isMasked(kind, rows[row], columns[column]),
    kept: scene.signed ? null : keptCells(scene.values, columns.length, state.threshold),
    cell: state.hover.cell?.kind === kind ? state.hover.cell : null,
    // Of one word alone they would say again what its own column or row says.
    sums: pinnedColumns.size > 1 && !scene.signed ? rowSums(scene.values, rows.length, columns.length, pinnedColumns) : null,
    means: pinnedRows.size > 1 && !scene.signed ? columnMeans(scene.values, columns.length, [...pinnedRows]) : null,
    play: kind === "encoder" || state.step === null ? -1 : rowInPlay(rows, state.step),
  };
}

/** Rows and columns of a kind, and which of them are pinned or under the hand. */
export function marksOf(model, state, kind) {
  const rows = rowsOf(model.units, kind);
  const columns = columnsOf(model.units, kind);
  const pinned = (units) => new Set(indicesOf(units, (unit) => isPinned(unit, state.pins)));
  const lit = (units) => new Set(indicesOf(units, (unit) => isLit(unit, state.hover.places)));
  return { kind, rows, columns, pinnedRows: pinned(rows), pinnedColumns: pinned(columns), litRows: lit(rows), litColumns: lit(columns) };
}

/** The head and the others that the links view shows with it: [{head, values, kept}]. */
export function shownHeads(model, state) {
  const heads = state.head === AVERAGE ? [AVERAGE] : [state.head, ...state.others].sort((a, b) => a - b);
  const columns = columnsOf(model.units, state.kind).length;
  return heads.map((head) => {
    const values = mapOf(model.maps, { ...refOf(state), head });
    return { head, values, kept: keptCells(values, columns, state.threshold) };
  });
}

/** The row that predicts a token; the last one if it is not shown. */
export function rowInPlay(rows, token) {
  const found = rows.findIndex((row) => row.first <= token && token < row.first + row.count);
  return found < 0 ? rows.length - 1 : found;
}

/**
 * The chain from one output word: {row, stages: [cross weights to the source, of these the part that each source word
 * passes on to each other by the encoder], reached}.
 */
export function chainOf(model, state) {
  const { source, target } = model.units;
  const row = chosenRow(target, state);
  const cross = mapOf(model.maps, { kind: "cross", ...state.last.cross });
  const encoder = mapOf(model.maps, { kind: "encoder", ...state.last.encoder });
  const first = Float32Array.from(source, (_, column) => cross[row * source.length + column] ?? 0);
  const second = Float32Array.from({ length: source.length ** 2 }, (_, cell) => first[Math.floor(cell / source.length)] * encoder[cell]);
  const reached = new Float32Array(source.length);
  second.forEach((weight, cell) => (reached[cell % source.length] += weight));
  return { row, rows: target, columns: source, first, second, reached };
}

/** The output word that the chain begins at: under the hand, pinned, in play, or the first one. */
function chosenRow(target, state) {
  const lit = target.findIndex((unit) => isLit(unit, state.hover.places));
  if (lit >= 0) return lit;
  const pinned = target.findIndex((unit) => isPinned(unit, state.pins));
  if (pinned >= 0) return pinned;
  return state.step === null ? 0 : rowInPlay(target, state.step);
}

/** A word is pinned if one of its tokens is. */
export function isPinned(unit, pins) {
  return unit.places.some((place) => pins[unit.side].includes(place));
}

export function isLit(unit, places) {
  return unit.places.some((place) => places[unit.side].includes(place));
}

/**
 * How strongly each word of the two sentences hangs together with the word under the hand, or else with the pinned ones,
 * in the open head: {source: Map unit -> weight, target: Map unit -> weight}. Words are coloured by it.
 */
export function shadesOf(scene) {
  const shades = { source: new Map(), target: new Map() };
  const { rows, columns, values } = scene;
  const chosen = (lit, pinned) => (scene.litRows.size || scene.litColumns.size ? [...lit] : [...pinned]);
  const chosenRows = chosen(scene.litRows, scene.pinnedRows);
  const chosenColumns = chosen(scene.litColumns, scene.pinnedColumns);
  const give = (unit, weight) => {
    for (const place of unit.places) shades[unit.side].set(place, Math.max(weight, shades[unit.side].get(place) ?? 0));
  };
  // Of a map onto the same text a word is both row and column; what it looks at is shown.
  const useRows = chosenRows.length > 0;
  if (useRows) columnMeans(values, columns.length, chosenRows).forEach((weight, column) => give(columns[column], weight));
  if (chosenColumns.length && (!useRows || scene.kind === "cross")) {
    rowSums(values, rows.length, columns.length, chosenColumns).forEach((weight, row) => give(rows[row], weight));
  }
  return shades;
}

/** The strongest cell of a row as {column, weight}, masked ones left out. */
export function strongestOfRow(scene, row) {
  const start = row * scene.columns.length;
  const weights = scene.values.subarray(start, start + scene.columns.length);
  const column = indexOfLargest(weights);
  return { column, weight: weights[column] };
}

function indicesOf(units, test) {
  return units.flatMap((unit, index) => (test(unit) ? [index] : []));
}
