// Two runs side by side: totals with their ratio, layers by name, and where the machines differ.
import { chart, kColours } from './charts.js';
import { choice, make } from './dom.js';
import { full, short } from './format.js';
import { kLayerMetrics, layerAxis, layerTitle } from './run.js';
import { sortedTable } from './table.js';

const ratio = (a, b) => (a > 0 && Number.isFinite(b) ? b / a : NaN);
const ratioText = (value) => (Number.isFinite(value) ? `${value.toFixed(3)} ×` : '–');

function leaves(value, path = '', found = new Map()) {
  if (value !== null && typeof value === 'object') for (const [key, child] of Object.entries(value)) leaves(child, `${path}/${key}`, found);
  else found.set(path, value);
  return found;
}

export function compareView(runs) {
  const timed = runs.filter((run) => run.result.cycles !== null);
  const state = { a: 0, b: 1, metric: 'cycles' };
  const place = make('div');
  let charts = [];
  const options = timed.map((run, index) => [String(index), run.title]);

  function fill() {
    charts.forEach((each) => each.dispose());
    const a = timed[state.a].result, b = timed[state.b].result;
    const totals = [['Time (cycles)', a.cycles, b.cycles], ['Latency (s)', a.seconds, b.seconds], [`Energy (${a.energy.unit})`, a.energy.total, b.energy.unit === a.energy.unit ? b.energy.total : NaN],
      ['DRAM traffic (bytes)', a.dram.read_bytes + a.dram.write_bytes, b.dram.read_bytes + b.dram.write_bytes], ['MACs', a.macs, b.macs], ['Parameters', a.parameters, b.parameters],
      ['MACs of peak (%)', 100 * a.utilization, 100 * b.utilization], ['Top-1 (%)', a.accuracy?.top1, b.accuracy?.top1]].filter(([, x, y]) => Number.isFinite(x) || Number.isFinite(y))
      .map(([name, x, y]) => ({ name, x, y }));
    const totalTable = sortedTable([{ title: 'figure', value: (row) => row.name, text: true }, { title: 'A', value: (row) => row.x, show: (row) => short(row.x) }, { title: 'B', value: (row) => row.y, show: (row) => short(row.y) },
      { title: 'B / A', value: (row) => ratio(row.x, row.y), show: (row) => ratioText(ratio(row.x, row.y)) }], totals, { caption: 'Totals' });
    const names = [...new Set([...a.layers, ...b.layers].map((layer) => layer.name))];
    const of = (result) => new Map(result.layers.map((layer) => [layer.name, layer]));
    const [inA, inB] = [of(a), of(b)];
    const bars = chart('Each layer of both runs side by side', (element) => ({
      bottom: element.clientWidth < 620 && names.length > 20 ? 50 : 168,
      xAxis: { ...layerAxis(names.map((name) => ({ name })), element), nameGap: 22 }, yAxis: { type: 'value', name: layerTitle(state.metric, a), nameGap: 54 },
      dataZoom: [{ type: 'inside' }], legend: { data: ['A', 'B'] }, tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value) => (value === undefined || value === null ? '–' : short(value)) },
      series: [['A', inA, kColours[0]], ['B', inB, kColours[1]]].map(([name, map, color]) => ({ name, type: 'bar', itemStyle: { color }, data: names.map((layer) => map.get(layer)?.[state.metric] ?? null) })),
    }));
    charts = [bars];
    const layerRows = names.map((name) => ({ name, x: inA.get(name)?.[state.metric], y: inB.get(name)?.[state.metric] }));
    const layerTable = sortedTable([{ title: 'layer', value: (row) => row.name, text: true }, { title: 'A', value: (row) => row.x }, { title: 'B', value: (row) => row.y },
      { title: 'B − A', value: (row) => (row.y ?? 0) - (row.x ?? 0) }, { title: 'B / A', value: (row) => ratio(row.x, row.y), show: (row) => ratioText(ratio(row.x, row.y)) }], layerRows,
    { caption: `${layerTitle(state.metric, a)} by layer; a layer that only one run has stands alone`, sort: [3, false] });
    const [first, second] = [leaves(a.config), leaves(b.config)];
    const changed = [...new Set([...first.keys(), ...second.keys()])].filter((path) => first.get(path) !== second.get(path)).map((path) => ({ path, x: first.get(path), y: second.get(path) }));
    const configTable = changed.length === 0 ? make('p', { class: 'note' }, 'The machines are the same.') :
      sortedTable([{ title: 'field', value: (row) => row.path, text: true }, { title: 'A', value: (row) => full(row.x) }, { title: 'B', value: (row) => full(row.y) }], changed, { caption: 'Fields of the resolved machines that differ' }).element;
    place.replaceChildren(make('h3', {}, 'Totals'), totalTable.element, make('h3', {}, 'Layers'), bars.element, layerTable.element, make('h3', {}, 'Machines'), configTable);
    charts.forEach((each) => each.draw());
  }
  const view = make('section', {}, make('h2', {}, 'Comparison of two runs'), make('div', { class: 'controls' },
    choice('A', options, '0', (value) => { state.a = Number(value); fill(); }), choice('B', options, '1', (value) => { state.b = Number(value); fill(); }),
    choice('Layers by', kLayerMetrics, state.metric, (value) => { state.metric = value; fill(); })), place);
  fill();
  return { element: view, charts };
}
