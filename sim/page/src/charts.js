// ECharts with what the page uses of it, in the page's colours. Series differ in colour and in symbol.
import * as echarts from 'echarts/core';
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, BrushComponent, DataZoomComponent, GridComponent, LegendComponent, MarkLineComponent, ToolboxComponent, TooltipComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { make } from './dom.js';
import { short } from './format.js';

echarts.use([BarChart, LineChart, ScatterChart, AriaComponent, BrushComponent, DataZoomComponent, GridComponent, LegendComponent,
  MarkLineComponent, ToolboxComponent, TooltipComponent, CanvasRenderer]);

// Okabe and Ito's colours, which colour-blind readers tell apart, without black (unreadable on dark), and two more.
export const kColours = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9', '#999999', '#B8A400', '#882255'];
export const kSymbols = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'roundRect', 'emptyTriangle', 'emptyRect', 'emptyDiamond'];

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const live = new Set();

const narrow = (element) => element.clientWidth < 620;

function axisLook(axis, element) {
  const look = { nameLocation: 'middle', nameTextStyle: { color: style('--text'), fontSize: 13 },
    axisLine: { show: true, lineStyle: { color: style('--weak') } }, splitLine: { lineStyle: { color: style('--line') } }, ...axis };
  if (narrow(element)) look.splitNumber = 3;
  const label = { color: style('--weak'), hideOverlap: true, ...(axis.type === 'category' ? {} : { formatter: (value) => short(value) }) };
  return { ...look, axisLabel: { ...label, ...(axis.axisLabel ?? {}) } };
}

/** A logarithmic axis just around the values where they span enough for one, else a linear one that need not begin at zero. */
export function rangeAxis(values, logarithmic) {
  const known = values.filter((value) => Number.isFinite(value));
  const low = Math.min(...known), high = Math.max(...known);
  if (!logarithmic || !(low > 0) || high / low < 8) return { type: 'value', scale: true };
  return { type: 'log', min: low / 1.3, max: high * 1.3, minorTick: { show: true }, axisLabel: { formatter: (value) => short(Number(value.toPrecision(2))) } };
}

/**
 * A chart that follows the theme and the width. `option(element)` gives ECharts' option without colours of axes; `label` says
 * in words what is shown; `ready(chart)` runs once.
 */
export function chart(label, option, ready) {
  const element = make('div', { class: 'chart', role: 'img', 'aria-label': label });
  let instance = null;
  const api = {
    element,
    draw() {
      if (!element.isConnected || element.clientWidth === 0) return;
      if (!instance) {
        instance = echarts.init(element, null, { renderer: 'canvas' });
        ready?.(instance);
      }
      const chosen = option(element);
      const axes = (value) => (Array.isArray(value) ? value : [value]).map((axis) => axisLook(axis, element));
      instance.setOption({
        animation: false, color: kColours, textStyle: { color: style('--text'), fontFamily: 'inherit' },
        grid: { left: 74, right: chosen.yAxis?.length > 1 ? 66 : 24, top: chosen.top ?? 64, bottom: chosen.bottom ?? 58 },
        ...chosen, top: undefined, bottom: undefined, xAxis: axes(chosen.xAxis), yAxis: axes(chosen.yAxis),
        legend: { type: 'scroll', top: 8, left: 12, right: chosen.toolbox ? 84 : 12, textStyle: { color: style('--text') }, inactiveColor: style('--weak'),
          pageIconColor: style('--text'), pageTextStyle: { color: style('--text') }, ...(chosen.legend ?? {}) },
        tooltip: { backgroundColor: style('--panel'), borderColor: style('--line'), textStyle: { color: style('--text') }, confine: true, ...(chosen.tooltip ?? {}) },
      }, { notMerge: true });
    },
    instance: () => instance,
    resize() { instance?.resize(); api.draw(); },
    dispose() { instance?.dispose(); live.delete(api); observer.disconnect(); },
  };
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    api.resize();
  });
  observer.observe(element);
  live.add(api);
  return api;
}

export const redrawAll = () => { for (const each of live) each.draw(); };
export const disposeAll = () => { for (const each of [...live]) each.dispose(); };
