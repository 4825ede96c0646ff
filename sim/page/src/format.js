// Numbers and texts as people read them.
const kPrefixes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']];

export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const [scale, prefix] = kPrefixes.find(([limit]) => size >= limit * 0.9995) ?? kPrefixes.at(-1);
  return `${Number((value / scale).toPrecision(3))}${prefix ? ' ' + prefix : ''}`;
}

export function full(value) {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? value.toLocaleString('en-GB') : String(Number(value.toPrecision(6)));
}

export const percent = (value, digits = 1) => (Number.isFinite(value) ? `${value.toFixed(digits)} %` : '–');
export const signed = (value, digits = 2) => (Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)} %` : '–');

// "energy" has the unit of its table: what the rows themselves say.
export const axisTitle = (metric, energyUnit) =>
  `${metric.description} (${metric.unit.replace('unit of the energy table', energyUnit || 'energy units').replace('energy x s', `${energyUnit || 'energy'} × s`)})`;

/** Names for people: of a model's path the file's name without .onnx, unless two would be the same. */
export function shortNames(names) {
  const known = [...new Set(names)];
  const stem = (name) => (name.endsWith('.onnx') ? name.slice(name.lastIndexOf('/') + 1, -5) : name);
  return new Map(known.map((name) => [name, known.filter((other) => stem(other) === stem(name)).length === 1 ? stem(name) : name]));
}
