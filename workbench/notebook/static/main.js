// The workbench: what was asked for, what is shown, and what a click does.

import { h, fill, redraw } from "./dom.js";
import { createRpc } from "./rpc.js";
import { createTree } from "./tree.js";
import { fieldRow, proposals, suggestBar, candidateList } from "./fields.js";
import { rulePanel, ownFieldForm, rowsPanel } from "./values.js";
import { callForm, sampleList } from "./calls.js";
import { connectPanel, importPanel } from "./connect.js";
import { TABS, todoPanel, previewPanel, exchangePanel, textPanel, exportPanel, consentPanel, searchPanel, comparePanel, presencePanel } from "./panels.js";

const INPUT = { find_orders_by_email: "email", find_order_by_number: "number" };
const LISTS = ["order", "lines", "shipments", "returns"];
const LOADED = ["preview", "presence", "exchange", "questions", "export"];

export function mount(model, host) {
  let state = null;
  let armed = "";
  let found = null;
  let words = null;
  let chosen = 0;
  let second = "";
  let clicked = null;
  let tab = "todo";
  let subtab = "orders";
  let exported = null;
  let record = null;
  let records = 0;
  let treeOf = "";
  let message = "";
  let failed = false;
  let consentHidden = false;
  let consentRows = null;
  let consentOf = "";
  let consentDrawn = null;
  let consentBox = null;
  let wanted = "";
  let adding = "";
  let failures = 0;
  const examples = {};
  let detail = null;
  let kind = "";
  let forms = null;
  let connecting = false;
  let starting = false;
  let imported = null;

  const status = h("div", { class: "wb-status", role: "status", "aria-live": "polite", "data-status": "" });
  const head = h("header", { class: "wb-head" });
  const asks = h("div", { class: "wb-asks" });
  const treeTools = h("div", { class: "wb-tools" });
  const treeHost = h("div", { class: "wb-treehost" });
  const nodeBar = h("div", { class: "wb-nodebar" });
  const fieldsHost = h("div", { class: "wb-fields", tabindex: "-1" });
  const picker = h("div", { class: "wb-picker" });
  const bottomTabs = h("div", { class: "wb-tabs", role: "tablist", "aria-label": "Below" });
  const bottom = h("div", { class: "wb-bottom", role: "tabpanel", tabindex: "0", id: "wb-bottom" });
  const root = h("div", { class: "wb" }, head, asks,
    h("div", { class: "wb-main" },
      h("section", { class: "wb-left", "aria-label": "Answers" }, treeTools, treeHost, nodeBar),
      h("section", { class: "wb-right", "aria-label": "Business fields" }, picker, fieldsHost)),
    bottomTabs, bottom, status);
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.stopPropagation(); // or notebook shortcuts fire from inside
    if (event.key === "Escape" && found) cancel();
  });
  fill(host, root);
  fill(treeHost, h("div", { class: "wb-skeleton", text: "Waiting for the kernel; the tree opens when the running cells are done." }));

  const rpc = createRpc(model, { slow: (is) => root.classList.toggle("wb-slow", Boolean(is)) });
  const treeBox = h("div", {});
  const tree = createTree(treeBox, { onPick: pick, onSelect: () => drawNodeBar() });
  treeBox.addEventListener("wb-search", () => searchBox.focus());
  const searchBox = h("input", { class: "wb-input", type: "search", "data-search": "", "data-focus": "search", placeholder: "Search ( / )", "aria-label": "Search the tree",
    oninput: () => search(), onkeydown: (event) => { if (event.key === "Escape") { searchBox.value = ""; search(); tree.focus(); } else if (event.key === "Enter") { event.preventDefault(); nextHit(event.shiftKey ? -1 : 1); } else if (event.key === "ArrowDown") { event.preventDefault(); tree.focus(); } } });
  const filterBox = h("select", { "data-filter": "", "aria-label": "Which nodes", onchange: () => search() },
    [["all", "all"], ["unmapped", "unmapped"], ["mapped", "mapped"], ["always", "in every sample"], ["differs", "differs"], ["compare", "saved against fresh"]].map(([value, text]) => h("option", { value, text })));
  const hitsBox = h("span", { class: "wb-hits", role: "status" });

  function say(text, bad, undo) {
    message = text || "";
    failed = Boolean(bad);
    status.classList.toggle("wb-bad", failed);
    fill(status, h("span", { text: message }),
      undo && state && state.can_undo ? h("button", { class: "wb-link", "data-undo-last": "", onclick: () => act("undo"), text: "Undo" }) : null);
  }

  async function act(op, args) {
    try {
      const { reply } = await rpc.call(op, args);
      if (reply && reply.groups) take(reply);
      return reply;
    } catch (error) {
      say(error.message, true);
      return null;
    }
  }

  function take(next) {
    const before = state;
    state = next;
    say(state.message, false, !before || state.can_undo !== before.can_undo);
    draw();
    const shown = `${state.operation} ${state.call} ${state.samples.map((one) => one.name).join()}`;
    if (shown !== treeOf || !before) {
      treeOf = shown;
      record = null;
      loadTree(true);
    } else if (record !== null) loadTree();
    const failing = state.samples.filter((one) => one.error).length;
    if (failing > failures) {
      tab = "exchange"; // what was sent and what came says why
      drawTabs();
    }
    failures = failing;
    if (LOADED.includes(tab)) loadTab();
  }

  async function loadConsent() {
    const of = state.samples.map((one) => one.name).join();
    if (!state.consent || consentHidden || consentOf === of) return;
    consentOf = of;
    const reply = await act("consent_rows");
    consentRows = reply && reply.rows;
    drawAsks();
  }

  async function loadTree(quick) {
    try {
      const { reply, buffers } = await rpc.call("tree", { operation: state.operation, call: state.call, record, quick: Boolean(quick) });
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
      if (reply.partial) return loadTree();
      loadConsent();
      return undefined;
    } catch (error) {
      say(error.message, true);
    }
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

  function arm(key) {
    armed = armed === key ? armed : key;
    found = null;
    words = null;
    second = "";
    draw();
    const field = fieldOf(armed);
    say(!field ? "" : field.path ? `${field.label}: change how it is read, or click another value` : `Now click the value of ${field.label} in the tree`);
    loadWords();
    loadCandidates();
  }

  let candidates = null;
  async function loadCandidates() {
    const field = fieldOf(armed);
    if (!field || field.path || !state.suggested.asked) return;
    try {
      candidates = { field: armed, rows: (await rpc.call("candidates", { field: armed })).reply.rows };
      drawPicker();
    } catch (error) {
      say(error.message, true);
    }
  }

  async function loadWords() {
    const field = fieldOf(armed);
    if (!field || !field.words || !field.path) return;
    try {
      const { reply } = await rpc.call("words", { field: armed });
      words = reply;
      drawPicker();
    } catch (error) {
      say(error.message, true);
    }
  }

  function fieldOf(key) {
    for (const group of state ? state.groups : []) for (const field of group.fields) if (field.key === key) return field;
    return null;
  }

  async function pick(node) {
    if (!armed) {
      say("Choose a field on the right first, then click its value here.");
      return;
    }
    clicked = node.path;
    const field = fieldOf(armed);
    if (!field.path) second = "";
    await propose();
  }

  async function propose() {
    try {
      const { reply } = await rpc.call("propose", { field: armed, call: state.call, path: clicked, second });
      found = reply;
      chosen = 0;
      drawPicker();
      const first = picker.querySelector("[data-choice]");
      if (first) first.focus();
      say(reply.proposals.length === 1 ? "One reading: look at the values, then use it" : `${reply.proposals.length} readings: look at the values, then use one`);
    } catch (error) {
      found = null;
      drawPicker();
      say(error.message, true);
    }
  }

  async function accept() {
    const key = armed;
    const reply = await act("assign", { field: armed, call: state.call, path: clicked, choice: chosen, second });
    if (!reply) return;
    found = null;
    second = "";
    draw();
    loadWords();
    const button = [...fieldsHost.querySelectorAll("[data-pick]")].find((node) => node.dataset.pick === key);
    if (button) button.focus({ preventScroll: true });
  }

  function cancel() {
    found = null;
    drawPicker();
    tree.focus();
  }

  function draw() {
    const below = tab === "todo" || tab === "export" ? [[bottom, fillBottom]] : [];
    redraw([head, drawHead], [asks, fillAsks], [fieldsHost, drawFields], [picker, drawPicker], [bottomTabs, fillTabs], ...below);
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
      operation && operation.calls.length > 0 && h("button", { "data-edit-call": "", "aria-pressed": String(adding === "edit"), onclick: () => { adding = adding === "edit" ? "" : "edit"; drawAsks(); }, text: "Edit" }),
      operation && h("button", { "data-add-call": "", "aria-pressed": String(adding === "call"), onclick: () => { adding = adding === "call" ? "" : "call"; drawAsks(); }, text: "+ call" })),
      h("button", { "data-start": "", "aria-pressed": String(starting), onclick: () => { starting = !starting; drawHead(); drawAsks(); }, text: "From a document" }),
      state.base_url && h("button", { "data-connection": "", "aria-pressed": String(connecting), onclick: () => { connecting = !connecting; drawHead(); drawAsks(); }, text: "Connection" }),
      h("span", { class: "wb-grow" }),
      h("button", { "data-undo": "", disabled: !state.can_undo, title: state.can_undo, onclick: () => act("undo"), text: "Undo" }),
      h("button", { "data-redo": "", disabled: !state.can_redo, title: state.can_redo, onclick: () => act("redo"), text: "Redo" }),
      h("button", { class: "wb-progress", "data-progress": "", title: missing ? `next: ${missing.label}` : "all required fields are mapped", onclick: () => missing && arm(missing.key) },
        `${state.done} of ${state.total} required`));
    const select = head.querySelector("[data-operation]");
    if (select) select.onchange = (event) => {
      const value = event.target.value;
      if (value.startsWith("+")) act("add_operation", { name: value.slice(1) });
      else act("select", { operation: value });
    };
  }

  function drawAsks() {
    redraw([asks, fillAsks]);
  }

  function fillAsks() {
    const operation = state.operations.find((one) => one.name === state.operation);
    const byNumber = state.operation === "find_order_by_number";
    const box = h("input", { class: "wb-input", "data-focus": "fetch", "data-keep": `fetch ${state.operation}`, [byNumber ? "data-fetch-number" : "data-fetch-email"]: "", autocomplete: "off",
      placeholder: byNumber ? "order number" : "customer's e-mail", "aria-label": byNumber ? "Order number" : "Customer's e-mail" });
    const latest = state.samples.filter((one) => one.operation === state.operation).at(-1);
    fill(asks,
      state.elsewhere && h("p", { class: "wb-problem" }, "Another notebook changed this draft. ", h("button", { onclick: () => act("reload"), text: "Take its state" })),
      state.base_newer && h("p", { class: "wb-problem" }, `${state.base_newer} was exported meanwhile. `, h("button", { onclick: () => act("rebase"), text: "Go on from it" })),
      connectNode(),
      starting && importPanel(imported, {
        onRead: (text) => readSent({ text }), onAsk: (graphql) => readSent({ graphql }), onCancel: () => { starting = false; drawAsks(); },
        onUse: async (number) => { if (await act("use_call", { number })) { starting = false; imported = null; drawAsks(); } },
      }),
      operation && operation.calls.length > 0 && h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); if (box.value.trim()) { say("Asking the merchant ..."); act("fetch", byNumber ? { number: box.value } : { email: box.value }); } } },
        box, h("button", { type: "submit", class: "wb-primary", "data-fetch": "", text: "Fetch" }),
        byNumber && h("button", { type: "button", "data-fetch-found": "", onclick: () => { say("Asking the merchant ..."); act("fetch_found"); }, text: "Fetch those found by e-mail" }),
        latest && h("span", { class: "wb-hint", text: latest.text }),
        state.samples.length > 0 && sampleList(state.samples, (name) => act("remove_sample", { name }))),
      (adding || (operation && !operation.calls.length)) && callNode(operation),
      !operation && h("p", {}, "Begin with a search: ", ["find_orders_by_email", "find_order_by_number"].map((name) => h("button", { class: "wb-primary", "data-add-operation": name, onclick: () => act("add_operation", { name }), text: name.replaceAll("_", " ") }))),
      consentNode());
  }

  function connectNode() {
    if (state.base_url && !connecting) return null;
    if (!forms) {
      loadForms();
      return null;
    }
    return connectPanel(forms, {
      prefix: state.prefix, base: state.base_url, kind: kind || forms.auth.kind || "basic", onKind: (next) => { kind = next; drawAsks(); },
      onCancel: state.base_url && (() => { connecting = false; drawAsks(); }),
      onConnect: async (asked) => {
        if (!await act("connect", asked)) return;
        connecting = false;
        forms = null;
        fill(asks);
        drawAsks();
      },
    });
  }

  let loading = false;
  async function loadForms() {
    if (loading) return;
    loading = true;
    forms = await act("auth_forms");
    loading = false;
    if (forms) drawAsks();
  }

  async function readSent(asked) {
    say("Reading ...");
    const found = await act("import", asked);
    if (!found) return;
    imported = found;
    say(`${found.total} calls to choose from`);
    drawAsks();
  }

  function consentNode() {
    if (!state.consent || consentHidden || !consentRows) return null;
    if (consentDrawn !== consentRows) {
      consentDrawn = consentRows;
      consentBox = consentPanel(consentRows, async (yes) => { consentHidden = true; await act("consent", { yes }); });
    }
    return consentBox; // hundreds of rows, drawn once
  }

  function callNode(operation) {
    const call = adding === "edit" ? operation.calls.find((one) => one.name === state.call) : null;
    return callForm(operation, call, {
      onCancel: operation.calls.length > 0 && (() => { adding = ""; drawAsks(); }),
      onNothing: () => say("Select the example value in the URL or body first, then say what it is."),
      onMark: (input, text) => {
        examples[input] = text;
        say(`{${input}} stands for what you ask for; "Fetch" has the example.`);
      },
      onRemove: async (name) => { if (await act("remove_call", { operation: state.operation, name })) { adding = ""; drawAsks(); } },
      onSet: async (asked) => {
        if (!await act("add_call", asked)) return;
        adding = "";
        fill(asks); // what was typed into the form is set now
        drawAsks();
        const box = asks.querySelector("[data-fetch-email], [data-fetch-number]");
        if (box && !box.value) box.value = examples[INPUT[state.operation]] || "";
        if (box) box.focus();
      },
    });
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
        LISTS.includes(group.key) && group.fields.some((field) => field.path) && h("button", { class: "wb-link", "data-keep-rows": group.key, "data-focus": `rows ${group.key}`, title: "which of these rows are kept", onclick: () => chooseRows(group), text: group.keep ? "some rows kept" : "which rows?" }),
        h("span", { class: "wb-hint", text: `${group.fields.filter((field) => field.path).length}/${group.fields.length}` })),
      group.fields.map((field) => fieldRow(field, {
        armed: field.key === armed, suggested: !armed && next === field, onArm: arm, proposal: state.suggested.fields[field.key],
        onUse: (key) => act("use_suggestion", { field: key }),
        onRemove: (key) => act("unassign", { field: key }), onShow: show,
      })))), ownFieldForm((asked) => act("extra", asked)));
  }

  async function chooseRows(group) {
    const block = group.key === "order" ? "" : group.key;
    const reply = await act("keep_choices", { block });
    if (!reply) return;
    armed = "";
    found = null;
    const keep = (conditions) => act("keep", { block, conditions });
    fill(picker, rowsPanel(group, reply.choices, { onKeep: keep, onClose: () => drawPicker() }));
    const first = picker.querySelector("button");
    if (first) first.focus();
  }

  function show(field) {
    armed = field.key;
    found = null;
    for (const [place, fields] of Object.entries(state.places)) {
      if (!fields.includes(field.key)) continue;
      const at = place.indexOf(" ");
      const call = place.slice(0, at);
      if (call === state.call) tree.reveal(place.slice(at + 1));
      else {
        wanted = place.slice(at + 1);
        act("select", { operation: state.operation, call });
      }
      break;
    }
    draw();
    loadWords();
  }

  function drawPicker() {
    const field = fieldOf(armed);
    if (!field) {
      fill(picker, h("p", { class: "wb-teach", text: "Choose a field, then click its value in the tree. Each reading is tried on all samples before you take it." }));
      return;
    }
    if (found) {
      fill(picker, proposals(found, { field, place: clicked, chosen, second, onChoose: (index) => { chosen = index; }, onAccept: accept, onCancel: cancel, onSecond: (key) => { second = key; propose(); } }));
    } else {
      fill(picker, h("div", { class: "wb-proposals-head" }, h("strong", { text: field.label })),
        rulePanel(field, {
          words: field.words ? words : null,
          candidates: !field.path && candidates && candidates.field === field.key ? candidateList(candidates.rows, (rank) => act("use_suggestion", { field: field.key, rank })) : null,
          onText: (text) => act("assign_text", { field: field.key, text }),
          onNote: (text) => act("note", { field: field.key, text }),
          onPaste: async (text) => {
            const reply = await act("paste_words", { field: field.key, text });
            if (reply) await act("state");
            if (reply && reply.left.length) say(`No meaning found for ${reply.left.join(", ")}`);
            loadWords();
          },
          onWords: async (table, otherwise) => { await act("lookup", { field: field.key, table, otherwise }); loadWords(); },
          onTry: async (asked) => { try { return (await rpc.call("try", { field: field.key, ...asked })).reply; } catch (error) { return { error: error.message }; } },
          onTransform: (transforms) => act("transform", { field: field.key, transforms }),
        }));
    }
  }

  function drawTabs() {
    redraw([bottomTabs, fillTabs]);
  }

  function fillTabs() {
    const blocking = state.todo.filter((one) => one.blocks).length;
    fill(bottomTabs, TABS.map(([key, label]) => h("button", {
      role: "tab", "aria-selected": String(key === tab), "aria-controls": "wb-bottom", "data-tab": key, "data-focus": `tab ${key}`, class: key === tab ? "wb-on" : "",
      onclick: () => { tab = key; detail = null; exported = key === "export" ? null : exported; drawTabs(); loadTab(); },
    }, label, key === "todo" && blocking > 0 && h("span", { class: "wb-count", text: String(blocking) }))));
  }

  let told = null;
  async function loadTab() {
    told = null;
    try {
      if (tab === "preview") told = (await rpc.call("preview", { tab: subtab })).reply;
      else if (tab === "exchange") told = (await rpc.call("exchange", { call: state.call })).reply;
      else if (tab === "questions") told = (await rpc.call("questions")).reply;
      else if (tab === "presence") told = (await rpc.call("presence")).reply;
      else if (tab === "export") told = (await rpc.call("changes")).reply;
    } catch (error) {
      say(error.message, true);
      return;
    }
    drawBottom();
  }

  function drawBottom() {
    redraw([bottom, fillBottom]);
  }

  function fillBottom() {
    if (tab === "todo") fill(bottom, todoPanel(state.todo, arm));
    else if (tab === "preview" && told) fill(bottom, previewPanel(told, subtab, detail, { onTab: (key) => { subtab = key; detail = null; loadTab(); }, onCell: cell, onTick: tick, onRow: tickRow, onExpected: expected }));
    else if (tab === "presence" && told && told.rows) fill(bottom, presencePanel(told.rows));
    else if (tab === "exchange" && told) fill(bottom, exchangePanel(told));
    else if (tab === "questions" && told) fill(bottom, textPanel(told.text, "the letter"));
    else if (tab === "search") fill(bottom, searchPanel(probe, { onPlan: probePlan, onRun: probeRun, onApply: () => act("apply_search") }));
    else if (tab === "export") fill(bottom, exportPanel(state, exported, told, { onExport: doExport, onCode: copyCode, onProve: prove }));
  }

  let probe = { email: "", number: "", reads: [], rows: [], can_apply: false };
  async function probePlan(asked) {
    const reply = await act("probe_plan", asked);
    if (!reply) return;
    probe = { ...asked, reads: reply.reads, rows: [], can_apply: false };
    if (!reply.reads.length) say("Nothing to try: give an e-mail or a number that has orders.");
    drawBottom();
  }

  async function probeRun(asked) {
    say("Asking the merchant ...");
    const reply = await act("probe_search", asked);
    if (!reply) return;
    probe = { ...probe, ...asked, rows: reply.rows, can_apply: reply.can_apply };
    drawBottom();
  }

  async function cell(key, row, value) {
    const field = fieldOf(key);
    if (!field) return;
    if (field.path) show(field);
    else arm(key);
    detail = { field: key, label: field.label, rule: field.path, value, order: row.order, lines: [] };
    try {
      const { reply } = await rpc.call("explain", { field: key, order: row.index, operation: row.operation });
      detail.lines = reply.lines;
      say((reply.lines.at(-1) || "").trim());
    } catch (error) {
      detail.lines = [error.message];
      say(error.message, true);
    }
    drawBottom();
  }

  async function tick(field, order) {
    const reply = await act("confirm", { field, order });
    if (reply) say(reply.text);
  }

  async function tickRow(fields, order) {
    const reply = await act("confirm_row", { fields, order });
    if (reply) say(reply.text);
  }

  async function expected(field, order, text) {
    const reply = await act("confirm", { field, order, expected: text });
    if (reply) say(reply.text, !reply.ok);
  }

  async function doExport(reason, waive) {
    say("Exporting ...");
    const reply = await act("export", { reason, waive });
    if (!reply) return;
    exported = reply;
    const { reply: next } = await rpc.call("state");
    state = next;
    draw();
    say(`Exported as ${reply.version}`);
  }

  async function prove() {
    say("Finding the probe's orders in a fresh process ...");
    const reply = await act("prove");
    if (!reply) return;
    exported = { ...exported, proof: reply.lines };
    say(reply.lines.at(-1) || "");
    drawBottom();
  }

  async function copyCode() {
    const { reply } = await rpc.call("code");
    if (navigator.clipboard) await navigator.clipboard.writeText(reply.text);
    say("The cell that repeats the clicks is in the clipboard");
  }

  let asked = false;
  async function refresh() {
    if (asked) return;
    asked = true;
    await Promise.resolve();
    asked = false;
    if (state && model.get && model.get("revision") === state.revision) return; // came with the answer of the click
    try {
      take((await rpc.call("state")).reply);
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
