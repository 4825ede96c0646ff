// One sweep: Pareto scatter with brushing, table of points, energy of the chosen ones, error of the estimates, machines.
import { chart, kColours, kSymbols, rangeAxis } from './charts.js';
import { choice, figures, jsonView, make, toggle } from './dom.js';
import { axisTitle, full, percent, short, shortNames, signed } from './format.js';
import { front } from './pareto.js';
import { applyDifferences } from './machines.js';
import { sortedTable } from './table.js';

const kMostBars = 24;

const axesText = (row) => Object.entries(row.axes).map(([name, value]) => `${name} ${value}`).join(', ');

export function sweepView(found) {
  const named = shortNames(found.rows.map((row) => row.network));
  const sweep = { ...found, rows: found.rows.map((row) => ({ ...row, network: named.get(row.network) })) };
  const done = sweep.rows.filter((row) => row.status === 'done');
  const energyUnit = done.find((row) => row.energy_unit)?.energy_unit;
  const networks = [...new Set(sweep.rows.map((row) => row.network))];
  const engines = [...new Set(sweep.rows.map((row) => row.engine))];
  const metrics = sweep.metrics.filter((metric) => done.some((row) => Number.isFinite(row.values[metric.name])));
  const metric = (name) => metrics.find((each) => each.name === name) ?? metrics[0];
  const state = { x: sweep.spec.objectives[0], y: sweep.spec.objectives[1] ?? 'energy', network: '', engine: engines[0], log: true, brushed: null };

  const visible = () => done.filter((row) => row.engine === state.engine && (!state.network || row.network === state.network));
  const chosen = () => state.brushed ?? visible();

  // -- scatter
  let plotted = [];  // [series][data index] -> row
  const scatter = chart('Scatter of all points over two metrics, with the Pareto front of each network', (element) => {
    const x = metric(state.x), y = metric(state.y);
    const series = [];
    plotted = [];
    const names = networks.filter((name) => !state.network || name === state.network);
    const add = (rows, extra) => { plotted.push(rows); series.push({ data: rows.map((row) => [row.values[x.name], row.values[y.name]]), ...extra }); };
    names.forEach((name) => {
      const place = networks.indexOf(name);
      const look = { itemStyle: { color: kColours[place % kColours.length] }, symbol: kSymbols[place % kSymbols.length] };
      const rows = visible().filter((row) => row.network === name);
      add(rows, { name, type: 'scatter', symbolSize: rows.length > 2000 ? 5 : 9, large: false, ...look, itemStyle: { ...look.itemStyle, opacity: rows.length > 500 ? 0.45 : 0.8 } });
      add(front(rows, x, y), { name, type: 'line', step: false, lineStyle: { color: look.itemStyle.color, width: 2 }, symbolSize: 9, ...look, z: 3 });
    });
    const axis = (each) => rangeAxis(visible().map((row) => row.values[each.name]), state.log);
    return {
      xAxis: { ...axis(x), name: axisTitle(x, energyUnit), nameGap: 34 },
      yAxis: { ...axis(y), name: axisTitle(y, energyUnit), nameGap: 54 },
      legend: { data: names },
      toolbox: { show: element.clientWidth >= 620, right: 10, top: 4, feature: { brush: { type: ['rect', 'clear'], title: { rect: 'Select points', clear: 'Clear the selection' } } } },
      brush: { toolbox: ['rect', 'clear'], xAxisIndex: 0, yAxisIndex: 0, throttleType: 'debounce', throttleDelay: 150, outOfBrush: { colorAlpha: 0.12 } },
      tooltip: { trigger: 'item', formatter: (item) => {
        const row = plotted[item.seriesIndex][item.dataIndex];
        return `<b>${escape(row.network)}</b> on ${escape(row.architecture)}<br>point ${row.point}: ${escape(axesText(row))}<br>` +
          metrics.map((each) => `${escape(each.description)}: ${short(row.values[each.name])}`).join('<br>');
      } },
      series,
    };
  }, (instance) => {
    instance.on('brushSelected', (event) => {
      const areas = event.batch[0].areas.length;
      const picked = new Set();
      for (const each of event.batch[0].selected) for (const index of each.dataIndex) picked.add(plotted[each.seriesIndex][index]);
      state.brushed = areas === 0 ? null : [...picked];
      showChosen();
    });
    instance.on('click', (item) => showMachine(plotted[item.seriesIndex]?.[item.dataIndex]));
  });

  // -- table and what follows it
  const axisNames = [...new Set(sweep.rows.flatMap((row) => Object.keys(row.axes)))];
  const columns = [
    { title: 'point', value: (row) => row.point },
    { title: 'network', value: (row) => row.network, text: true },
    ...(new Set(sweep.rows.map((row) => row.architecture)).size > 1 ? [{ title: 'architecture', value: (row) => row.architecture, text: true }] : []),
    ...axisNames.map((name) => ({ title: name, value: (row) => row.axes[name] })),
    ...metrics.map((each) => ({ title: each.name, value: (row) => row.values[each.name], show: (row) => short(row.values[each.name]) })),
    { title: 'front', value: (row) => (row.on_front ? 'yes' : ''), show: (row) => (row.on_front ? 'yes' : ''), text: true },
  ];
  const table = sortedTable(columns, chosen(), { caption: 'Points. A row chosen with a click or Enter shows its machine below.', onPick: showMachine, sort: [columns.findIndex((c) => c.title === state.x), false] });
  const selection = make('p', { class: 'note', 'aria-live': 'polite' });
  const machine = make('div', { 'aria-live': 'polite' });

  function showMachine(row) {
    if (!row) return;
    const config = applyDifferences(sweep.machines, row.machine);
    machine.replaceChildren(make('h3', {}, `Point ${row.point}: ${row.network}, ${axesText(row)}`),
      figures(metrics.map((each) => [each.description, short(row.values[each.name])])),
      config ? jsonView(`Resolved machine ${row.architecture}`, config) : make('p', { class: 'note' }, 'The folder has no machines.json.'));
  }

  const energy = chart('Energy of the chosen points by component, stacked', (element) => {
    const pool = state.brushed ?? visible().filter((row) => row.on_front);
    const rows = pool.filter((row) => row.energy).sort((a, b) => a.values.cycles - b.values.cycles).slice(0, kMostBars);
    const parts = [...new Set(rows.flatMap((row) => Object.keys(row.energy)))].filter((part) => rows.some((row) => row.energy[part] > 0));
    return {
      bottom: 84,
      xAxis: { type: 'category', data: rows.map((row) => `${row.point}`), name: 'point (by time)', nameGap: 56, axisLabel: { rotate: rows.length > 8 || element.clientWidth < 620 ? 60 : 0 } },
      yAxis: { type: 'value', name: `Energy (${energyUnit ?? 'energy units'})`, nameGap: 54 },
      legend: { data: parts },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: short },
      series: parts.map((part) => ({ name: part, type: 'bar', stack: 'energy', data: rows.map((row) => row.energy[part]) })),
    };
  });

  function showChosen() {
    table.update(chosen());
    selection.textContent = state.brushed ? `${full(state.brushed.length)} points selected in the chart.` : '';
    energy.draw();
  }
  function redraw() {
    state.brushed = null;
    scatter.draw();
    scatter.instance()?.dispatchAction({ type: 'brush', areas: [] });
    showChosen();
  }
  const metricOptions = metrics.map((each) => [each.name, each.description]);
  const controls = make('div', { class: 'controls' },
    choice('Across', metricOptions, state.x, (value) => { state.x = value; redraw(); }),
    choice('Up', metricOptions, state.y, (value) => { state.y = value; redraw(); }),
    networks.length > 1 ? choice('Network', [['', 'all'], ...networks.map((name) => [name, name])], '', (value) => { state.network = value; redraw(); }) : null,
    engines.length > 1 ? choice('Engine', engines.map((name) => [name, name]), state.engine, (value) => { state.engine = value; redraw(); }) : null,
    toggle('Logarithmic', state.log, (value) => { state.log = value; redraw(); }),
    make('button', { type: 'button', onclick: () => scatter.instance()?.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'rect' } }) }, 'Select points'),
    make('button', { type: 'button', onclick: redraw }, 'Clear the selection'));
  const others = sweep.rows.filter((row) => row.status !== 'done');
  const view = make('section', {}, make('h2', {}, `Sweep ${sweep.spec.name}`), make('p', { class: 'note' }, sweep.spec.description ?? ''),
    figures([['points', full(done.filter((row) => row.engine === engines[0]).length)], ['refused or failed', full(others.length)],
      ['on a front', full(done.filter((row) => row.on_front && row.engine === engines[0]).length)], ['confirmed in SystemC', full(done.filter((row) => row.engine === 'systemc').length)]]),
    controls, make('p', { class: 'note' }, 'Lines join the points that no other point of the same network beats. Hover or tap a point for its values; the table below holds the same points for the keyboard.'),
    scatter.element, selection, table.element, machine,
    make('h3', {}, `Energy by component: the front, or the points selected (at most ${kMostBars})`), energy.element,
    ...errorSection(done), ...refusedSection(others), jsonView('Sweep file', sweep.spec));
  return { element: view, charts: [scatter, energy] };
}

function errorSection(done) {
  const estimates = new Map(done.filter((row) => row.engine === 'estimate').map((row) => [row.point, row]));
  const pairs = done.filter((row) => row.engine === 'systemc' && estimates.has(row.point)).map((row) => {
    const estimate = estimates.get(row.point);
    return { row, cycles: 100 * (estimate.values.cycles / row.values.cycles - 1), energy: 100 * (estimate.values.energy / row.values.energy - 1), estimated: estimate.values.cycles };
  });
  if (pairs.length === 0) return [make('h3', {}, 'Estimate against SystemC'), make('p', { class: 'note' }, 'No point of this sweep was simulated in SystemC.')];
  const errors = pairs.map((pair) => pair.cycles);
  const low = Math.min(...errors), high = Math.max(...errors);
  const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
  const size = errors.reduce((sum, each) => sum + Math.abs(each), 0) / errors.length;
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((width) => (high - low) / width <= 24) ?? 50;
  const first = Math.floor(low / step), last = Math.floor(high / step);
  const bins = Array.from({ length: last - first + 1 }, () => 0);
  for (const error of errors) bins[Math.floor(error / step) - first] += 1;
  const histogram = chart('Histogram of the error of estimated cycles', () => ({
    bottom: 84,
    xAxis: { type: 'category', data: bins.map((_, index) => `${Number(((first + index) * step).toFixed(2))} … ${Number(((first + index + 1) * step).toFixed(2))}`), name: 'error of the estimated cycles (%)', nameGap: 60, axisLabel: { rotate: 35 } },
    yAxis: { type: 'value', name: 'points', nameGap: 40, minInterval: 1 },
    legend: { show: false }, top: 24, tooltip: { trigger: 'axis' }, series: [{ name: 'points', type: 'bar', data: bins, itemStyle: { color: kColours[0] } }],
  }));
  const table = sortedTable([
    { title: 'point', value: (pair) => pair.row.point }, { title: 'network', value: (pair) => pair.row.network, text: true },
    { title: 'estimated cycles', value: (pair) => pair.estimated }, { title: 'SystemC cycles', value: (pair) => pair.row.values.cycles },
    { title: 'error of cycles', value: (pair) => pair.cycles, show: (pair) => signed(pair.cycles) }, { title: 'error of energy', value: (pair) => pair.energy, show: (pair) => signed(pair.energy) },
  ], pairs, { caption: 'Points that were estimated and simulated' });
  return [make('h3', {}, 'Estimate against SystemC'),
    figures([['points', full(errors.length)], ['mean error', signed(mean)], ['mean size', percent(size, 2)], ['smallest', signed(low)], ['largest', signed(high)]]),
    histogram.element, table.element];
}

function refusedSection(rows) {
  if (rows.length === 0) return [];
  const table = sortedTable([{ title: 'point', value: (row) => row.point }, { title: 'network', value: (row) => row.network, text: true },
    { title: 'status', value: (row) => row.status, text: true }, { title: 'reason', value: (row) => row.message, long: true, text: true }], rows, { caption: 'Points without a result' });
  return [make('h3', {}, 'Refused and failed points'), table.element];
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
