// Elements without HTML: a merchant's text only ever enters as text.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

// Redraws a part and gives the focus back to the element with the same data-focus.
export function redraw(part, draw) {
  const key = part.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const top = part.scrollTop;
  draw();
  part.scrollTop = top;
  if (!key) return;
  const again = [...part.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === key);
  if (again) again.focus({ preventScroll: true });
}
