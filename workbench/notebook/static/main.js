// The workbench: what was asked for, what is shown, and what a click does.

import { h, fill, redraw } from "./dom.js";
import { createRpc } from "./rpc.js";
import { createTree } from "./tree.js";
import { fieldRow, suggestBar } from "./fields.js";
import { ownFieldForm } from "./values.js";
import { createChosen } from "./chosen.js";
import { comparePanel } from "./panels.js";
import { createAsks } from "./asks.js";
import { createBelow } from "./below.js";

const LISTS = ["order", "lines", "shipments", "returns"];

export function mount(model, host) {
  let state = null;
  let record = null;
  let records = 0;
  let treeOf = "";
  let message = "";
  let failed = false;
  let wanted = "";

  const status = h("div", { class: "wb-status", role: "status", "aria-live": "polite", "data-status": "" });
  const head = h("header", { class: "wb-head" });
  const asksHost = h("div", { class: "wb-asks" });
  const treeTools = h("div", { class: "wb-tools" });
  const treeHost = h("div", { class: "wb-treehost" });
  const nodeBar = h("div", { class: "wb-nodebar" });
  const fieldsHost = h("div", { class: "wb-fields", tabindex: "-1" });
  const picker = h("div", { class: "wb-picker" });
  const bottomTabs = h("div", { class: "wb-tabs", role: "tablist", "aria-label": "Below" });
  const bottom = h("div", { class: "wb-bottom", role: "tabpanel", tabindex: "0", id: "wb-bottom" });
  const root = h("div", { class: "wb" }, head, asksHost,
    h("div", { class: "wb-main" },
      h("section", { class: "wb-left", "aria-label": "Answers" }, treeTools, treeHost, nodeBar),
      h("section", { class: "wb-right", "aria-label": "Business fields" }, picker, fieldsHost)),
    bottomTabs, bottom, status);
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.stopPropagation(); // or notebook shortcuts fire from inside
    if (event.key === "Escape") chosen.cancel();
  });
  fill(host, root);
  fill(treeHost, h("div", { class: "wb-skeleton", text: "Waiting for the kernel; the tree opens when the running cells are done." }));

  const rpc = createRpc(model, { slow: (is) => root.classList.toggle("wb-slow", Boolean(is)) });
  const treeBox = h("div", {});
  const tree = createTree(treeBox, { onPick: (node) => chosen.pick(node), onSelect: () => drawNodeBar() });
  treeBox.addEventListener("wb-search", () => searchBox.focus());
  const searchBox = h("input", { class: "wb-input", type: "search", "data-search": "", "data-focus": "search", placeholder: "Search ( / )", "aria-label": "Search the tree",
    oninput: () => search(), onkeydown: (event) => { if (event.key === "Escape") { searchBox.value = ""; search(); tree.focus(); } else if (event.key === "Enter") { event.preventDefault(); nextHit(event.shiftKey ? -1 : 1); } else if (event.key === "ArrowDown") { event.preventDefault(); tree.focus(); } } });
  const filterBox = h("select", { "data-filter": "", "aria-label": "Which nodes", onchange: () => search() },
    [["all", "all"], ["unmapped", "unmapped"], ["mapped", "mapped"], ["always", "in every sample"], ["differs", "differs"], ["compare", "saved against fresh"]].map(([value, text]) => h("option", { value, text })));
  const hitsBox = h("span", { class: "wb-hits", role: "status" });

  const asks = createAsks({ host: asksHost, state: () => state, act, say, onToggle: () => drawHead() });
  const chosen = createChosen({ host: picker, rpc, act, say, state: () => state, fieldOf, tree, reveal, draw, focusField });
  const below = createBelow({ host: bottom, tabs: bottomTabs, state: () => state, act, say, rpc, fieldOf, show: chosen.show, arm: chosen.arm });

  function say(text, bad, undo) {
    message = text || "";
    failed = Boolean(bad);
    status.classList.toggle("wb-bad", failed);
    fill(status, h("span", { text: message }),
      undo && state && state.can_undo ? h("button", { class: "wb-link", "data-undo-last": "", onclick: () => act("undo"), text: "Undo" }) : null);
  }

  // Does something; null where it was refused, which is told, and shown in its place by who asked.
  async function act(op, args, onRefused) {
    try {
      const { reply } = await rpc.call(op, args);
      if (reply && reply.groups) take(reply);
      return reply;
    } catch (error) {
      say(error.message, true);
      if (onRefused) onRefused(error.places || []);
      return null;
    }
  }

  function take(next, first) {
    const before = state;
    state = next;
    say(state.message, failed && state.message === message, !before || state.can_undo !== before.can_undo);
    draw();
    const shown = `${state.operation} ${state.call} ${state.samples.map((one) => one.name).join()}`;
    if (shown !== treeOf || !before) {
      treeOf = shown;
      record = null;
      if (first) showTree(first);
      else loadTree(true);
    } else if (record !== null) loadTree();
    below.changed();
  }

  async function loadTree(quick) {
    try {
      showTree(await rpc.call("tree", { operation: state.operation, call: state.call, record, quick: Boolean(quick) }));
    } catch (error) {
      say(error.message, true);
    }
  }

  function showTree({ reply, buffers }) {
    const view = buffers[0];
    const text = view ? new TextDecoder().decode(view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view) : "";
    records = reply.records;
    record = reply.record;
    if (text && !reply.raw && !reply.error) {
      fill(treeHost, treeBox);
      tree.load(text);
      tree.setValues(record === null ? null : reply.values);
      if (wanted && tree.reveal(wanted)) wanted = "";
    } else {
      fill(treeHost, h("div", { class: "wb-nothing" }, h("p", { text: reply.error || (state.call ? "No answer yet. Fetch an order above." : "Add an operation and its call first.") }),
        reply.raw && h("pre", { text: reply.raw })));
    }
    if (!reply.partial) state.places = reply.places;
    drawBadges();
    drawTools(reply.partial ? `${reply.label}, reading the rest …` : reply.label, reply.left_out);
    drawNodeBar();
    root.dataset.ready = "1";
    if (reply.partial) loadTree();
    else asks.loadConsent();
  }

  async function compare() {
    filterBox.value = "all";
    const reply = await act("compare", { call: state.call });
    if (reply) fill(treeHost, comparePanel(reply.changes, () => fill(treeHost, treeBox)));
  }

  function search() {
    if (filterBox.value === "compare") {
      compare();
      return;
    }
    const hits = tree.search(searchBox.value, filterBox.value);
    hitsBox.textContent = searchBox.value || filterBox.value !== "all" ? `${hits} node${hits === 1 ? "" : "s"}` : "";
  }

  function nextHit(direction) {
    const place = tree.step(direction);
    if (place) hitsBox.textContent = place;
  }

  function focusField(key) {
    const button = [...fieldsHost.querySelectorAll("[data-pick]")].find((node) => node.dataset.pick === key);
    if (button) button.focus({ preventScroll: true });
  }

  function fieldOf(key) {
    for (const group of state ? state.groups : []) for (const field of group.fields) if (field.key === key) return field;
    return null;
  }

  function draw() {
    redraw([head, drawHead], asks.part, [fieldsHost, drawFields], chosen.part, ...below.parts());
    drawBadges();
  }

  function drawBadges() {
    const badges = new Map();
    for (const [place, fields] of Object.entries(state.places)) {
      const at = place.indexOf(" ");
      if (place.slice(0, at) === state.call) badges.set(place.slice(at + 1), fields);
    }
    tree.setBadges(badges);
  }

  function drawHead() {
    const operation = state.operations.find((one) => one.name === state.operation);
    const missing = state.groups.flatMap((group) => group.fields).find((field) => field.required && !field.path);
    fill(head,
      h("strong", { class: "wb-merchant", text: state.merchant }), h("span", { class: "wb-base", text: state.base ? `from ${state.base}` : "new" }),
      h("select", { "data-operation": "", "aria-label": "Operation" },
        state.operations.map((one) => h("option", { value: one.name, selected: one.name === state.operation, text: one.label })),
        ["find_orders_by_email", "find_order_by_number"].filter((name) => !state.operations.some((one) => one.name === name))
          .map((name) => h("option", { value: `+${name}`, text: `+ ${name.replaceAll("_", " ")}` }))),
      h("div", { class: "wb-calls", role: "group", "aria-label": "Calls" }, operation ? operation.calls.map((one) => h("button", {
        class: one.name === state.call ? "wb-on" : "", "aria-pressed": String(one.name === state.call), "data-call": one.name,
        title: `${one.method.toUpperCase()} ${one.url}`, onclick: () => act("select", { operation: state.operation, call: one.name }),
      }, h("span", { class: `wb-dot wb-${one.status || "none"}`, "aria-hidden": "true" }), one.name, one.for_each && h("span", { class: "wb-hint", text: "per order" }))) : [],
      operation && operation.calls.length > 0 && h("button", { "data-edit-call": "", "aria-pressed": String(asks.isOn("edit")), onclick: () => asks.toggle("edit"), text: "Edit" }),
      operation && h("button", { "data-add-call": "", "aria-pressed": String(asks.isOn("call")), onclick: () => asks.toggle("call"), text: "+ call" })),
      h("button", { "data-start": "", "aria-pressed": String(asks.isOn("document")), onclick: () => asks.toggle("document"), text: "From a document" }),
      state.base_url && h("button", { "data-connection": "", "aria-pressed": String(asks.isOn("connection")), onclick: () => asks.toggle("connection"), text: "Connection" }),
      h("span", { class: "wb-grow" }),
      h("button", { "data-undo": "", disabled: !state.can_undo, title: state.can_undo, onclick: () => act("undo"), text: "Undo" }),
      h("button", { "data-redo": "", disabled: !state.can_redo, title: state.can_redo, onclick: () => act("redo"), text: "Redo" }),
      h("button", { class: "wb-progress", "data-progress": "", title: missing ? `next: ${missing.label}` : "all required fields are mapped", onclick: () => missing && chosen.arm(missing.key) },
        `${state.done} of ${state.total} required`));
    const select = head.querySelector("[data-operation]");
    if (select) select.onchange = (event) => {
      const value = event.target.value;
      if (value.startsWith("+")) act("add_operation", { name: value.slice(1) });
      else act("select", { operation: value });
    };
  }

  function drawTools(label, leftOut) {
    redraw([treeTools, () => fill(treeTools, searchBox, filterBox, hitsBox, h("span", { class: "wb-grow" }),
      h("span", { class: "wb-hint", text: label }),
      records > 0 && h("span", { class: "wb-pager", role: "group", "aria-label": "Records" },
        h("button", { "data-record-all": "", "aria-pressed": String(record === null), class: record === null ? "wb-on" : "", onclick: () => { record = null; loadTree(); }, text: "all" }),
        h("button", { "data-record-previous": "", "aria-label": "Previous record", disabled: record === 0, onclick: () => { record = record === null ? records - 1 : record - 1; loadTree(); }, text: "‹" }),
        h("span", { class: "wb-hint", text: record === null ? records === 1 ? "1 record" : `${records} records` : `${record + 1} of ${records}` }),
        h("button", { "data-record-next": "", "aria-label": "Next record", disabled: record !== null && record >= records - 1, onclick: () => { record = record === null ? 0 : record + 1; loadTree(); }, text: "›" })),
      leftOut && h("p", { class: "wb-problem", text: leftOut }))]);
  }

  function drawNodeBar() {
    const node = tree.selected();
    const url = h("input", { class: "wb-input wb-code", "data-use-url": "", "aria-label": "URL of the new call", placeholder: "/orders/{}/parcels" });
    const name = h("input", { class: "wb-input", "data-use-name": "", "aria-label": "Its name", placeholder: "parcels", size: "8" });
    fill(nodeBar, h("code", { class: "wb-path", title: node ? node.path : "", text: node ? node.path : "" }),
      node && node.words ? h("span", { class: "wb-hint", text: Object.entries(node.words).map(([word, count]) => `${word} (${count})`).join(", ") }) : null,
      node && node.types.some((type) => type === "text" || type === "number") ? h("details", { class: "wb-use" }, h("summary", { "data-use": "", text: "Use in a new call" }),
        h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); say("Asking the merchant for each order ..."); act("use_in_call", { call: state.call, path: node.path, url: url.value, name: name.value || "more" }); } },
          url, name, h("button", { type: "submit", class: "wb-primary", "data-use-go": "", text: "Fetch for each order" }))) : null,
      node && node.types.some((type) => type === "list" || type === "object") && node.path !== "$" ? h("button", { "data-each": "", onclick: () => act("each", { path: node.path, call: state.call }), text: "One order is one of these" }) : null);
  }

  function drawFields() {
    const next = state.groups.flatMap((group) => group.fields).find((field) => field.required && !field.path);
    const fetched = state.samples.some((one) => one.operation === state.operation && !one.error);
    fill(fieldsHost, suggestBar(state.suggested, { can: fetched, onSuggest: () => { say("Looking for what everything means ..."); act("suggest"); }, onSure: () => act("use_sure"), onKnown: (merchant) => act("use_known", { merchant }) }),
      state.groups.map((group) => h("section", { class: "wb-group" },
      h("h3", {}, group.label, group.block && h("code", { class: "wb-hint", text: group.block }),
        LISTS.includes(group.key) && group.fields.some((field) => field.path) && h("button", { class: "wb-link", "data-keep-rows": group.key, "data-focus": `rows ${group.key}`, title: "which of these rows are kept", onclick: () => chosen.chooseRows(group), text: group.keep ? "some rows kept" : "which rows?" }),
        h("span", { class: "wb-hint", text: `${group.fields.filter((field) => field.path).length}/${group.fields.length}` })),
      group.fields.map((field) => fieldRow(field, {
        armed: field.key === chosen.armed(), suggested: !chosen.armed() && next === field, onArm: chosen.arm, proposal: state.suggested.fields[field.key],
        onUse: (key) => act("use_suggestion", { field: key }),
        onRemove: (key) => act("unassign", { field: key }), onShow: chosen.show,
      })))), ownFieldForm((asked) => act("extra", asked)));
  }

  // Shows a place in the tree of its call, which may have to be asked for first.
  function reveal(call, place) {
    if (call === state.call) tree.reveal(place);
    else {
      wanted = place;
      act("select", { operation: state.operation, call });
    }
  }

  let asked = false;
  async function refresh() {
    if (asked) return;
    asked = true;
    await Promise.resolve();
    asked = false;
    if (state && model.get && model.get("revision") === state.revision) return; // came with the answer of the click
    try {
      if (state) take((await rpc.call("state")).reply);
      else {
        const { reply, buffers } = await rpc.call("start"); // one round trip to the first rows
        take(reply.state, { reply: reply.tree, buffers });
      }
    } catch (error) {
      say(error.message, true);
      fill(treeHost, h("div", { class: "wb-nothing", text: error.message }));
    }
  }

  model.on("change:revision", refresh);
  refresh();
  return () => {
    model.off("change:revision", refresh);
    rpc.close();
  };
}

export default { render: ({ model, el }) => mount(model, el) };
