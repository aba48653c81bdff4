/** Numbers from maps. */

/**
 * Which cells are shown: null for all, else a Uint8Array of 0 and 1.
 *
 * threshold {by: "weight", value}: cells of at least `value`. {by: "mass", value}: of each row the largest cells, as few
 * as together reach `value` of the row's sum.
 */
export function keptCells(values, columns, threshold) {
  if (threshold.by === "weight" && threshold.value <= 0) return null;
  if (threshold.by === "mass" && threshold.value >= 1) return null;
  const kept = new Uint8Array(values.length);
  if (threshold.by === "weight") {
    for (let cell = 0; cell < values.length; cell += 1) kept[cell] = values[cell] >= threshold.value ? 1 : 0;
    return kept;
  }
  for (let start = 0; start < values.length; start += columns) {
    const order = Array.from({ length: columns }, (_, column) => start + column).sort((a, b) => values[b] - values[a]);
    const goal = order.reduce((sum, cell) => sum + values[cell], 0) * threshold.value;
    for (let reached = 0, rank = 0; rank < columns && reached < goal - 1e-9; rank += 1) {
      reached += values[order[rank]];
      kept[order[rank]] = 1;
    }
  }
  return kept;
}

/** Sum of the cells of each row over some columns: Float64Array. */
export function rowSums(values, rows, columns, chosen) {
  const sums = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) for (const column of chosen) sums[row] += values[row * columns + column];
  return sums;
}

/** Mean of the cells of each column over some rows: Float64Array. */
export function columnMeans(values, columns, chosen) {
  const means = new Float64Array(columns);
  for (const row of chosen) for (let column = 0; column < columns; column += 1) means[column] += values[row * columns + column] / chosen.length;
  return means;
}

/** a - b, cell by cell. */
export function difference(a, b) {
  return Float32Array.from(a, (value, cell) => value - b[cell]);
}

/**
 * Jensen-Shannon distance of two heads of one kind, 0 (alike) to 1 (no key in common): for each query the square root of
 * the divergence with logarithms to base 2 (Lin 1991; Endres and Schindelin 2003), then the mean over the queries.
 * `values` hold whole rows over tokens.
 */
export function jensenShannonDistance(a, b, columns) {
  let total = 0;
  for (let start = 0; start < a.length; start += columns) {
    let [sumA, sumB] = [0, 0];
    for (let cell = start; cell < start + columns; cell += 1) [sumA, sumB] = [sumA + a[cell], sumB + b[cell]];
    let divergence = 0;
    for (let cell = start; cell < start + columns; cell += 1) {
      const [p, q] = [a[cell] / sumA, b[cell] / sumB];
      const middle = (p + q) / 2;
      if (p > 0) divergence += (p * Math.log2(p / middle)) / 2;
      if (q > 0) divergence += (q * Math.log2(q / middle)) / 2;
    }
    total += Math.sqrt(Math.min(1, Math.max(0, divergence)));
  }
  return total / (a.length / columns);
}

/** Index of the largest number. */
export function indexOfLargest(values) {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) if (values[index] > values[best]) best = index;
  return best;
}
