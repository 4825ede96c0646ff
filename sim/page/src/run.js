// One run: key figures, cycles and energy by layer, roofline, memory over time, table of layers, resolved machine.
import { chart, kColours, kSymbols } from './charts.js';
import { choice, figures, jsonView, make } from './dom.js';
import { full, percent, short } from './format.js';
import { sortedTable } from './table.js';

const kFlows = [['ws', 'weight-stationary'], ['os', 'output-stationary'], ['', 'vector unit']];
export const kLayerMetrics = [['cycles', 'Time (cycles)'], ['energy', 'Energy'], ['dram_bytes', 'DRAM traffic (bytes)'], ['macs', 'MACs']];

export const layerTitle = (name, result) => {
  const title = kLayerMetrics.find(([key]) => key === name)[1];
  return name === 'energy' ? `Energy (${result.energy.unit})` : title;
};

const kLabelHeight = 14;  // pixels that a rotated layer name needs
export const layerAxis = (layers, element) => ({ type: 'category', data: layers.map((layer) => layer.name), axisLabel: { rotate: 90, fontSize: 11, interval: Math.max(0, Math.ceil((layers.length * kLabelHeight) / Math.max(1, element.clientWidth - 140)) - 1), show: element.clientWidth >= 620 || layers.length <= 20 }, name: element.clientWidth >= 620 || layers.length <= 20 ? '' : 'layer, in order' });

export function runView(run) {
  const { result } = run;
  const layers = result.layers;
  const head = [make('h2', {}, `${result.network} on ${result.arch}`), make('p', { class: 'note' }, `${result.engine} engine · ${run.folder}`)];
  if (result.cycles === null) {
    return { element: make('section', {}, ...head, figures(accuracyFigures(result)), jsonView('Resolved machine', result.config)), charts: [] };
  }
  let metric = 'cycles';
  const bars = chart('Bars of each layer, by dataflow, with the utilisation of the array as points', (element) => ({
    bottom: element.clientWidth < 620 && layers.length > 20 ? 50 : 168,
    xAxis: { ...layerAxis(layers, element), nameGap: 22 },
    yAxis: [{ type: 'value', name: layerTitle(metric, result), nameGap: 54 }, { type: 'value', name: 'MACs of peak (%)', nameGap: 44, min: 0, splitLine: { show: false } }],
    dataZoom: [{ type: 'inside' }],
    legend: { data: [...kFlows.map(([, text]) => text), 'MACs of peak'] },
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value) => (value === null || value === undefined || value === '-' ? '' : short(value)) },
    series: [...kFlows.map(([flow, text], place) => ({ name: text, type: 'bar', stack: 'all', itemStyle: { color: [kColours[0], kColours[1], kColours[6]][place] }, data: layers.map((layer) => ((layer.dataflow ?? '') === flow ? layer[metric] : null)) })),
      { name: 'MACs of peak', type: 'line', yAxisIndex: 1, symbol: 'diamond', symbolSize: 6, showAllSymbol: true, lineStyle: { width: 1, opacity: 0.5 }, itemStyle: { color: kColours[3] }, connectNulls: false, data: layers.map((layer) => (layer.macs > 0 ? 100 * layer.utilization : null)) }],
  }));
  const energy = chart('Energy of each layer by component, stacked', (element) => {
    const parts = Object.keys(result.energy.by_component).filter((part) => result.energy.by_component[part] > 0);
    return {
      bottom: element.clientWidth < 620 && layers.length > 20 ? 50 : 168,
      xAxis: { ...layerAxis(layers, element), nameGap: 22 }, yAxis: { type: 'value', name: `Energy (${result.energy.unit})`, nameGap: 54 },
      dataZoom: [{ type: 'inside' }], legend: { data: parts }, tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: short },
      series: parts.map((part) => ({ name: part, type: 'bar', stack: 'all', data: layers.map((layer) => layer.energy_by_component?.[part] ?? null) })),
    };
  });
  const charts = [bars, energy];
  const roof = rooflineChart(result);
  const memory = memoryChart(result);
  const parts = [
    make('h3', {}, 'By layer'), make('div', { class: 'controls' }, choice('Bars', kLayerMetrics, metric, (value) => { metric = value; bars.draw(); })), bars.element,
    make('h3', {}, 'Energy by layer and component'), energy.element,
  ];
  if (roof) { parts.push(make('h3', {}, 'Roofline'), roof.element); charts.push(roof); }
  if (memory) { parts.push(make('h3', {}, 'Memory over time'), memory.element); charts.push(memory); }
  const table = sortedTable([
    { title: 'layer', value: (layer) => layer.name, text: true }, { title: 'operation', value: (layer) => layer.op, text: true }, { title: 'dataflow', value: (layer) => layer.dataflow, text: true, show: (layer) => layer.dataflow || '' },
    { title: 'MACs', value: (layer) => layer.macs, show: (layer) => short(layer.macs) }, { title: 'cycles', value: (layer) => layer.cycles },
    { title: 'of total', value: (layer) => layer.cycles, show: (layer) => percent((100 * layer.cycles) / result.cycles) }, { title: 'of peak', value: (layer) => layer.utilization, show: (layer) => percent(100 * layer.utilization) },
    { title: 'DRAM bytes', value: (layer) => layer.dram_bytes }, { title: `energy (${result.energy.unit})`, value: (layer) => layer.energy, show: (layer) => short(layer.energy) },
    { title: 'shape', value: (layer) => layer.shape, text: true }, { title: 'tiling', value: (layer) => layer.tiling, text: true }, { title: 'why this dataflow', value: (layer) => layer.dataflow_reason, text: true },
  ], layers, { caption: 'Layers' });
  const view = make('section', {}, ...head, figures(runFigures(result)), ...parts, make('h3', {}, 'Layers'), table.element, jsonView('Resolved machine', result.config));
  return { element: view, charts };
}

export function runFigures(result) {
  return [['cycles', full(result.cycles)], ['latency', `${short(result.seconds)}s`], [`energy (${result.energy.unit})`, short(result.energy.total)],
    ['MACs of peak', percent(100 * result.utilization)], ['DRAM traffic', `${short(result.dram.read_bytes + result.dram.write_bytes)}B`], ['MACs', short(result.macs)],
    ['parameters', short(result.parameters)], ...accuracyFigures(result)];
}

function accuracyFigures(result) {
  const accuracy = result.accuracy;
  return accuracy ? [['images', full(accuracy.images)], ['top-1', percent(accuracy.top1)], ['top-5', percent(accuracy.top5)]] : [];
}

function rooflineChart(result) {
  const array = result.config.pe_array, dram = result.config.dram;
  const layers = result.layers.filter((layer) => layer.macs > 0 && layer.dram_bytes > 0 && layer.cycles > 0);
  if (!array || !dram?.bytes_per_cycle || layers.length === 0) return null;
  const peak = array.rows * array.columns, bandwidth = dram.bytes_per_cycle;
  const at = (layer) => [layer.macs / layer.dram_bytes, layer.macs / layer.cycles];
  const xs = layers.map((layer) => at(layer)[0]);
  const low = Math.min(...xs, peak / bandwidth) / 2, high = Math.max(...xs, peak / bandwidth) * 2;
  return chart('Roofline: MACs per cycle of each layer against its MACs per byte of DRAM traffic', () => ({
    xAxis: { type: 'log', name: 'MACs per byte of DRAM traffic', nameGap: 34, min: low, max: high, axisLabel: { formatter: (value) => short(Number(value.toPrecision(2))) } },
    yAxis: { type: 'log', name: 'MACs per cycle', nameGap: 48 },
    legend: { data: ['weight-stationary', 'output-stationary', 'roof'] },
    tooltip: { trigger: 'item', formatter: (item) => (item.data.layer ? `<b>${item.data.layer.name}</b><br>${short(item.value[0])} MACs/byte, ${short(item.value[1])} MACs/cycle<br>${full(item.data.layer.cycles)} cycles` : '') },
    series: [...kFlows.slice(0, 2).map(([flow, name], place) => ({ name, type: 'scatter', symbol: kSymbols[place], symbolSize: 10, itemStyle: { color: kColours[place], opacity: 0.8 }, data: layers.filter((layer) => layer.dataflow === flow).map((layer) => ({ value: at(layer), layer })) })),
      { name: 'roof', type: 'line', symbol: 'none', lineStyle: { width: 2, color: kColours[3] }, itemStyle: { color: kColours[3] }, data: [[low, Math.min(peak, low * bandwidth)], [peak / bandwidth, peak], [high, peak]] }],
  }));
}

function memoryChart(result) {
  const sram = result.footprint?.sram;
  if (!sram) return null;
  const names = Object.keys(sram);
  return chart('Live bytes of each on-chip memory over time', () => ({
    xAxis: { type: 'value', name: 'Time (cycles)', nameGap: 34, max: result.cycles }, yAxis: { type: 'value', name: 'Live bytes, of capacity (%)', nameGap: 48, min: 0 },
    legend: { data: names }, tooltip: { trigger: 'axis', valueFormatter: (value) => percent(value) },
    series: names.map((name, place) => ({ name, type: 'line', step: 'end', symbol: 'none', lineStyle: { width: 2, type: ['solid', 'dashed', 'dotted'][place % 3] }, itemStyle: { color: kColours[place] },
      data: sram[name].slot_bytes.map((bytes, slot) => [slot * sram[name].slot_cycles, (100 * bytes) / sram[name].capacity_bytes]) })),
  }));
}
