// The tree: a list of the visible nodes of which only those on the screen are painted.

import { h, fill } from "./dom.js";
import { decodeNodes, isLeaf, startOpen, filterNodes, visible, preview, shownDepth } from "./nodes.js";

const ROW = 26;

export function createTree(host, { onPick, onSelect }) {
  let nodes = [];
  let rows = [];
  let open = new Set();
  let values = null;
  let badges = new Map();
  let selected = "";
  let query = "";
  let filter = "all";
  let matched = new Set();
  let leftOut = "";

  const spacer = h("div", { class: "wb-spacer", role: "presentation" });
  const list = h("div", {
    class: "wb-tree", role: "tree", tabindex: "0", "aria-label": "Response", "data-focus": "tree",
    onkeydown: onKey, onscroll: () => paint(),
  }, spacer);
  fill(host, list);

  function load(text) {
    const decoded = decodeNodes(text);
    const known = nodes.length > 0;
    const before = open;
    nodes = decoded.nodes;
    leftOut = decoded.leftOut;
    open = startOpen(nodes);
    if (known) {
      const there = new Set(nodes.map((node) => node.path));
      for (const path of before) if (there.has(path)) open.add(path);
    }
    refresh();
  }

  function refresh() {
    const mapped = new Set(badges.keys());
    const filtered = filterNodes(nodes, { query, filter, mapped });
    matched = filtered ? filtered.matched : new Set();
    rows = visible(nodes, open, filtered && filtered.kept);
    spacer.style.height = `${rows.length * ROW}px`;
    paint();
  }

  function paint() {
    const height = list.clientHeight || 480;
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 4);
    const last = Math.min(rows.length, Math.ceil((list.scrollTop + height) / ROW) + 4);
    const painted = [];
    for (let index = first; index < last; index += 1) painted.push(row(rows[index], index));
    spacer.replaceChildren(...painted);
    const at = rows.findIndex((node) => node.path === selected);
    if (at >= first && at < last) list.setAttribute("aria-activedescendant", `wb-node-${rows[at].index}`);
    else list.removeAttribute("aria-activedescendant");
  }

  function row(node, index) {
    const leaf = isLeaf(node);
    const holder = node.children.length > 0;
    const isOpen = open.has(node.path) || Boolean(query) || filter !== "all";
    const fields = badges.get(node.path) || [];
    const own = values && values[node.path];
    const shown = leaf ? (own ? own.join(" · ") : values ? "" : node.examples.slice(0, 3).join(" · ")) : "";
    const absent = values && leaf && !own;
    const part = node.present < node.of;
    return h("div", {
      class: `wb-row${node.path === selected ? " wb-selected" : ""}${fields.length ? " wb-mapped" : ""}${absent ? " wb-absent" : ""}`,
      style: `top:${index * ROW}px;padding-left:${8 + shownDepth(node) * 14}px`,
      id: `wb-node-${node.index}`, role: "treeitem", "data-path": node.path,
      "aria-level": shownDepth(node) + 1, "aria-selected": node.path === selected ? "true" : "false",
      "aria-expanded": holder ? String(isOpen) : null, title: node.path,
      onclick: () => activate(node, true),
    },
    h("span", {
      class: "wb-twisty", "aria-hidden": "true", text: holder ? (isOpen ? "▾" : "▸") : "",
      onclick: (event) => { if (leaf && holder) { event.stopPropagation(); toggle(node); } }, // a text that holds a document has both
    }),
    h("span", { class: "wb-key", text: node.name === "$" ? "response" : node.name }),
    !leaf && h("span", { class: "wb-preview", text: preview(node) }),
    leaf && h("span", { class: `wb-value wb-${node.types.find((type) => type !== "null") || "null"}`, text: absent ? "not in this one" : shown || (node.nulls ? "null" : "(empty)") }),
    leaf && !values && node.words && node.distinct > 1 && h("span", { class: "wb-hint", text: `${node.distinct} values` }),
    part && h("span", { class: "wb-part", text: `${node.present}/${node.of}`, title: `there in ${node.present} of ${node.of}` }),
    node.types.filter((type) => type !== "null").length > 1 && h("span", { class: "wb-part", text: node.types.join("/") }),
    fields.map((field) => h("span", { class: "wb-badge", "data-badge": field, text: field })));
  }

  function activate(node, byMouse) {
    selected = node.path;
    onSelect(node);
    if (isLeaf(node)) onPick(node);
    else if (byMouse && node.children.length) toggle(node);
    paint();
  }

  function toggle(node, to) {
    const now = to === undefined ? !open.has(node.path) : to;
    if (now) open.add(node.path);
    else open.delete(node.path);
    refresh();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    let at = rows.findIndex((node) => node.path === selected);
    const node = rows[at];
    const page = Math.max(1, Math.floor((list.clientHeight || 480) / ROW) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    if (event.key in moves) {
      at = Math.max(0, Math.min(rows.length - 1, (at < 0 ? (moves[event.key] > 0 ? -1 : 0) : at) + moves[event.key]));
      show(rows[at]);
    } else if (event.key === "ArrowRight" && node) {
      if (!open.has(node.path) && node.children.length) toggle(node, true);
      else if (rows[at + 1]) show(rows[at + 1]);
    } else if (event.key === "ArrowLeft" && node) {
      if (open.has(node.path) && node.children.length) toggle(node, false);
      else {
        let up = node.parent;
        while (up && !rows.includes(up)) up = up.parent;
        if (up) show(up);
      }
    } else if ((event.key === "Enter" || event.key === " ") && node) {
      activate(node, true);
    } else if (event.key === "/") {
      host.dispatchEvent(new CustomEvent("wb-search"));
    } else {
      return;
    }
    event.preventDefault();
  }

  function show(node) {
    if (!node) return;
    selected = node.path;
    onSelect(node);
    const at = rows.indexOf(node);
    const top = at * ROW;
    const height = list.clientHeight || 480;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + height) list.scrollTop = top + ROW - height;
    paint();
  }

  // The next hit of the search, or the one before; tells its place among all.
  function step(direction) {
    const hits = [...rows.keys()].filter((index) => matched.has(rows[index].path));
    if (!hits.length) return "";
    const now = rows.findIndex((node) => node.path === selected);
    let at = direction > 0 ? hits.findIndex((index) => index > now) : hits.findLastIndex((index) => index < now);
    if (at < 0) at = direction > 0 ? 0 : hits.length - 1;
    show(rows[hits[at]]);
    return `${at + 1} of ${hits.length}`;
  }

  function reveal(path) {
    const node = nodes.find((each) => each.path === path);
    if (!node) return false;
    for (let up = node.parent; up; up = up.parent) open.add(up.path);
    query = "";
    filter = "all";
    refresh();
    show(node);
    return true;
  }

  return {
    load, reveal, refresh, step,
    focus: () => list.focus(),
    setValues: (next) => { values = next; paint(); },
    setBadges: (next) => { badges = next; if (filter === "mapped" || filter === "unmapped") refresh(); else paint(); },
    search: (text, kind) => { query = text; filter = kind; list.scrollTop = 0; refresh(); return matched.size; },
    first: () => rows.find((node) => isLeaf(node)),
    count: () => nodes.length,
    leftOut: () => leftOut,
    selected: () => nodes.find((node) => node.path === selected),
  };
}
