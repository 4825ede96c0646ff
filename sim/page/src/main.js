// The page of npusim report: tabs for sweeps, runs and the comparison of two runs, over the data in the page itself.
import { disposeAll, redrawAll } from './charts.js';
import { compareView } from './compare.js';
import { make } from './dom.js';
import { runView } from './run.js';
import { sweepView } from './sweep.js';

const data = JSON.parse(document.getElementById('data').textContent);
const content = document.getElementById('content');
const tabs = document.getElementById('tabs');
const theme = document.getElementById('theme');
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function applyTheme() {
  const chosen = theme.value === 'auto' ? (dark.matches ? 'dark' : 'light') : theme.value;
  document.documentElement.dataset.theme = chosen;
  redrawAll();
}
theme.addEventListener('change', applyTheme);
dark.addEventListener('change', applyTheme);

const views = [
  ...data.sweeps.map((sweep) => ({ title: `Sweep ${sweep.title}`, open: () => sweepView(sweep) })),
  ...data.runs.map((run) => ({ title: run.title, open: () => runView(run) })),
];
if (data.runs.filter((run) => run.result.cycles !== null).length > 1) views.push({ title: 'Compare', open: () => compareView(data.runs) });

function show(index) {
  disposeAll();
  const view = views[index].open();
  content.replaceChildren(view.element);
  [...tabs.children].forEach((tab, place) => {
    tab.setAttribute('aria-selected', String(place === index));
    tab.tabIndex = place === index ? 0 : -1;
  });
  redrawAll();
  history.replaceState(null, '', `#${index}`);
}

views.forEach((view, index) => tabs.append(make('button', { type: 'button', role: 'tab', 'aria-controls': 'content', onclick: () => show(index), onkeydown: (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = (index + step + views.length) % views.length;
  show(next);
  tabs.children[next].focus();
} }, view.title)));

document.getElementById('footer').textContent = `Made by npusim ${data.tool.version}, revision ${data.tool.revision}.`;
applyTheme();
show(Math.min(Math.max(0, Number(location.hash.slice(1)) || 0), views.length - 1));
