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

// What a box with data-keep holds: its text, whether it is ticked, or whether it is open.
const HELD = (node) => (node.type === "checkbox" ? "checked" : node.tagName === "DETAILS" ? "open" : "value");

// Redraws parts: what was typed into a box with data-keep stays, and so does the focus on what has data-focus. All is
// read before anything is drawn, as reading after drawing makes the browser lay the whole widget out each time.
export function redraw(...parts) {
  const before = parts.map(([part]) => ({
    typed: new Map([...part.querySelectorAll("[data-keep]")].map((node) => [node.dataset.keep, node[HELD(node)]])),
    key: part.contains(document.activeElement) ? document.activeElement.dataset.focus : null,
    top: part.scrollTop,
  }));
  for (const [, draw] of parts) draw();
  parts.forEach(([part], index) => {
    const { typed, key, top } = before[index];
    for (const node of part.querySelectorAll("[data-keep]")) {
      const key = HELD(node);
      if (!typed.has(node.dataset.keep) || node[key] === typed.get(node.dataset.keep)) continue;
      node[key] = typed.get(node.dataset.keep);
      node.dispatchEvent(new CustomEvent("wb-kept", { bubbles: true })); // what depends on it is shown again
    }
    if (top) part.scrollTop = top;
    if (!key) return;
    const again = [...part.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === key);
    if (again) again.focus({ preventScroll: true });
  });
}

// Marks the boxes of a form whose part of the mapping would be wrong: [place, what] each, the box by its data-where.
export function showPlaces(form, places, prefix = "") {
  for (const old of form.querySelectorAll(".wb-refused")) old.remove();
  for (const box of form.querySelectorAll("[aria-invalid]")) {
    box.removeAttribute("aria-invalid");
    box.removeAttribute("aria-describedby");
  }
  let first = null;
  for (const [place, what] of places) {
    const where = place.startsWith(prefix) ? place.slice(prefix.length) : place;
    const fits = [...form.querySelectorAll("[data-where]")].filter((box) => box.dataset.where.split(" ").some((one) => where === one || where.startsWith(`${one}.`) || where.startsWith(`${one}[`)));
    const box = fits.sort((one, other) => other.dataset.where.length - one.dataset.where.length)[0];
    if (!box) continue;
    const id = `wb-refused-${Math.random().toString(36).slice(2)}`;
    box.setAttribute("aria-invalid", "true");
    box.setAttribute("aria-describedby", id);
    box.after(h("span", { class: "wb-problem wb-refused", id, text: what }));
    for (let up = box.closest("details"); up && form.contains(up); up = up.parentElement.closest("details")) up.open = true;
    first = first || box;
  }
  if (first) first.focus();
}
