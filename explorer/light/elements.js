/** Elements of the page. Texts are set as texts, never as HTML. */

/**
 * Make an element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {Record<string, string | boolean | ((event: Event) => void)>} [attributes] functions listen to the event of that name
 * @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(name, attributes = {}, children = []) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== false) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/**
 * @param {string} text
 * @param {() => void} onClick
 * @param {Record<string, string | boolean>} [attributes]
 */
export function button(text, onClick, attributes = {}) {
  return element('button', { type: 'button', click: onClick, ...attributes }, [text]);
}

/**
 * Return the element with an id of the page.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new TypeError(`The page has no ${type.name} #${id}`);
  return node;
}

/**
 * Save a text or picture as a file of the user.
 * @param {string} name
 * @param {Blob} content
 */
export function download(name, content) {
  const address = URL.createObjectURL(content);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000); // the browser has read it by then
}
