// Elements without a framework.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A labelled <select>; `options`: [value, text]. */
export function choice(label, options, chosen, changed) {
  const select = make('select', { onchange: () => changed(select.value) },
    ...options.map(([value, text]) => make('option', { value, selected: value === chosen }, text)));
  return make('label', {}, label, select);
}

export function toggle(text, pressed, changed) {
  const button = make('button', { type: 'button', 'aria-pressed': String(pressed), onclick: () => {
    const now = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(now));
    changed(now);
  } }, text);
  return button;
}

/** Name-value boxes. */
export const figures = (pairs) => make('dl', { class: 'figures' },
  ...pairs.filter(([, value]) => value !== undefined).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));

export const jsonView = (title, value) => make('details', {}, make('summary', {}, title),
  make('pre', { tabindex: 0 }, JSON.stringify(value, null, 2)));
