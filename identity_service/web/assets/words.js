// What scripts say, in the language of the page: the layout puts the catalogue's words for scripts on <html data-words>.

const words = JSON.parse(document.documentElement.dataset.words ?? "{}");

/** ``message`` in the language of the page, with each %(name)s filled in from ``values``. */
export function say(message, values = {}) {
  return (words[message] ?? message).replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}
