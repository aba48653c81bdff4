/**
 * The maps of all heads between units: the sum over the tokens of a key, the mean over the tokens of a query.
 *
 * Each kind has a table of (layers + 1) x (heads + 1) maps; the last row and column hold the averages.
 */

import { columnsOf, rowsOf } from "./units.js";
import { KINDS } from "./payload.js";

export const AVERAGE = -1;
const WEIGHT_UNIT = 65535;

/** {encoder, decoder, cross} -> {rows, columns, layers, heads, values: Float32Array}. */
export function buildMaps(data, units) {
  return Object.fromEntries(KINDS.map((kind) => [kind, buildKind(data, units, kind)]));
}

/** The map of a head, or of an average where layer or head is AVERAGE: Float32Array, row by row. */
export function mapOf(maps, { kind, layer, head }) {
  const table = maps[kind];
  const place = tablePlace(table, layer, head);
  return table.values.subarray(place * table.size, (place + 1) * table.size);
}

function tablePlace(table, layer, head) {
  const row = layer === AVERAGE ? table.layers : layer;
  return row * (table.heads + 1) + (head === AVERAGE ? table.heads : head);
}

function buildKind(data, units, kind) {
  const [layers, heads, queries, keys] = data.shapes[kind];
  const rowUnits = rowsOf(units, kind);
  const columnUnits = columnsOf(units, kind);
  const size = rowUnits.length * columnUnits.length;
  const table = { kind, rows: rowUnits.length, columns: columnUnits.length, layers, heads, size };
  const values = new Float32Array((layers + 1) * (heads + 1) * size);
  const weights = data.weights[kind];
  table.values = values;
  const rowOfQuery = unitOfToken(rowUnits, queries);
  const columnOfKey = unitOfToken(columnUnits, keys);
  const share = rowUnits.map((unit) => 1 / (WEIGHT_UNIT * unit.count));
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      const from = (layer * heads + head) * queries * keys;
      const to = tablePlace(table, layer, head) * size;
      for (let query = 0; query < queries; query += 1) {
        const row = rowOfQuery[query];
        if (row < 0) continue;
        const start = to + row * table.columns;
        const line = from + query * keys;
        for (let key = 0; key < keys; key += 1) {
          const column = columnOfKey[key];
          if (column >= 0) values[start + column] += weights[line + key] * share[row];
        }
      }
    }
  }
  addAverages(table);
  return table;
}

function unitOfToken(units, count) {
  const found = new Int32Array(count).fill(-1);
  units.forEach((unit, index) => found.fill(index, unit.first, unit.first + unit.count));
  return found;
}

function addAverages(table) {
  const { layers, heads, size, values } = table;
  const add = (layer, head, toLayer, toHead, share) => {
    const from = tablePlace(table, layer, head) * size;
    const to = tablePlace(table, toLayer, toHead) * size;
    for (let cell = 0; cell < size; cell += 1) values[to + cell] += values[from + cell] * share;
  };
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      add(layer, head, layer, AVERAGE, 1 / heads);
      add(layer, head, AVERAGE, head, 1 / layers);
    }
    add(layer, AVERAGE, AVERAGE, AVERAGE, 1 / layers);
  }
}
