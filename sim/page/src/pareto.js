// The points that nothing beats, for any two metrics (x, y), each smaller-is-better or not.
export function front(rows, x, y) {
  const cost = (row, metric) => (metric.smaller_is_better ? 1 : -1) * row.values[metric.name];
  const order = rows.filter((row) => Number.isFinite(cost(row, x)) && Number.isFinite(cost(row, y)))
    .sort((a, b) => cost(a, x) - cost(b, x) || cost(a, y) - cost(b, y));
  const found = [];
  let best = Infinity;
  for (const row of order) {
    const last = found.at(-1);
    const same = last && cost(last, x) === cost(row, x) && cost(last, y) === cost(row, y);
    if (cost(row, y) < best || same) found.push(row);
    best = Math.min(best, cost(row, y));
  }
  return found;
}
