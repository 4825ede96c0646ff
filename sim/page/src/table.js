// A table that sorts by a click (or Enter) on its headings; long ones grow on demand.
import { make } from './dom.js';
import { full } from './format.js';

const kFirstRows = 100;

/**
 * columns: {title, value(row) -> number|string, show(row) -> text, text: true for left-aligned, long: may wrap}.
 * options: caption, onPick(row), sort: [column, descending].
 */
export function sortedTable(columns, rows, options = {}) {
  let [sortColumn, descending] = options.sort ?? [-1, false];
  let shown = kFirstRows;
  let current = rows;
  const body = make('tbody');
  const status = make('p', { class: 'note', 'aria-live': 'polite' });
  const more = make('button', { type: 'button', class: 'more', onclick: () => { shown *= 5; fill(); } }, 'Show more rows');
  const heads = columns.map((column, index) => make('th', { scope: 'col', class: column.text ? 'text' : null },
    make('button', { type: 'button', onclick: () => sortBy(index) }, column.title)));

  function order() {
    if (sortColumn < 0) return current;
    const value = columns[sortColumn].value;
    const sign = descending ? -1 : 1;
    const empty = (x) => x === null || x === undefined || Number.isNaN(x);
    return [...current].sort((a, b) => {
      const x = value(a), y = value(b);
      if (empty(x) || empty(y)) return Number(empty(x)) - Number(empty(y));
      return sign * (typeof x === 'string' || typeof y === 'string' ? String(x).localeCompare(String(y), 'en', { numeric: true }) : x - y);
    });
  }

  function sortBy(index) {
    descending = sortColumn === index ? !descending : false;
    sortColumn = index;
    fill();
  }

  function rowElement(row) {
    const cells = columns.map((column) => make('td', { class: column.long ? 'long' : column.text ? 'text' : null },
      column.show ? column.show(row) : full(column.value(row))));
    if (!options.onPick) return make('tr', {}, ...cells);
    const pick = () => {
      for (const other of body.querySelectorAll('[aria-selected]')) other.removeAttribute('aria-selected');
      element.setAttribute('aria-selected', 'true');
      options.onPick(row);
    };
    const element = make('tr', { tabindex: 0, onclick: pick, onkeydown: (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); pick(); }
      const beside = { ArrowDown: element.nextElementSibling, ArrowUp: element.previousElementSibling }[event.key];
      if (beside) { event.preventDefault(); beside.focus(); }
    } }, ...cells);
    return element;
  }

  function fill() {
    heads.forEach((head, index) => {
      head.setAttribute('aria-sort', index !== sortColumn ? 'none' : descending ? 'descending' : 'ascending');
      head.firstChild.textContent = columns[index].title + (index !== sortColumn ? '' : descending ? ' ▼' : ' ▲');
    });
    body.replaceChildren(...order().slice(0, shown).map(rowElement));
    const count = Math.min(shown, current.length);
    status.textContent = `${full(count)} of ${full(current.length)} rows`;
    more.hidden = count === current.length;
  }

  fill();
  const table = make('table', {}, make('caption', { class: 'note' }, options.caption ?? ''), make('thead', {}, make('tr', {}, ...heads)), body);
  return { element: make('div', {}, make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': options.caption ?? 'table' }, table), status, more),
    update(newRows) { current = newRows; shown = kFirstRows; fill(); } };
}
