// A field derived by comparisons: a small table, with what comes out of each order beside it while it is typed.

import { fill, h } from "./dom.js";

const PAUSE = 250;
const COMPARED = () => ({ field: "", comparison: "is", value: "" });
const CASE = () => ({ conditions: [COMPARED()], result: "", otherwise: false });

export function createCases({ rpc, act, say, call, redraw, focusTree }) {
  let field = null;
  let open = false;
  let form = null; // what may be compared, and how
  let rows = [];
  let aim = null; // the box that waits for a node: [row, condition, "field" or "value"]
  let orders = null;
  let refused = "";
  let typing = null;
  let live = null;
  const left = new Map(); // tables that were begun, by field
  let written = ""; // the rule whose table this is

  // Another field: what was typed for the old one is kept until its rule says something else.
  function choose(next) {
    const rule = next ? JSON.stringify(next.rule) : "";
    if (field && next && field.key === next.key && rule === written) return;
    if (field && form) left.set(field.key, { rows, open, written });
    clearTimeout(typing);
    const known = next && left.get(next.key);
    const same = known && known.written === rule;
    field = next;
    written = rule;
    open = same ? known.open : Boolean(next && next.cases);
    [form, rows, aim, orders, refused] = [null, same ? known.rows : [], null, null, ""];
    if (open) load(same);
  }

  async function load(same) {
    const key = field.key;
    try {
      const { reply } = await rpc.call("cases_form", { field: key });
      if (!field || field.key !== key) return;
      form = reply;
      if (!same || !rows.length) rows = reply.rows.length ? reply.rows : [CASE()];
      redraw();
      if (reply.rows.length || same) soon();
    } catch (error) {
      say(error.message, true);
    }
  }

  function soon() {
    clearTimeout(typing);
    typing = setTimeout(attempt, PAUSE);
  }

  async function attempt() {
    const key = field && field.key;
    if (!key) return;
    let came = [null, ""];
    try {
      came = [(await rpc.call("try_cases", { field: key, rows, call: call() })).reply.orders, ""];
    } catch (error) {
      came = [null, error.message];
    }
    if (!field || field.key !== key) return;
    [orders, refused] = came;
    if (live) fill(live, outcome());
  }

  // A node that was clicked goes into the box that waits for one, as the field sees it; tells whether one waited.
  function take(node) {
    if (!aim || !open || !form) return false;
    const [row, at, key] = aim;
    fillBox(node, rows[row].conditions[at], row, `case ${row} ${at} ${key === "field" ? "comparison" : "value"}`, key);
    return true;
  }

  async function fillBox(node, condition, row, next, key) {
    try {
      const { reply } = await rpc.call("case_path", { field: field.key, call: call(), path: node.path });
      condition[key] = reply.path;
      aim = null;
      say(`${reply.path} stands in row ${row + 1}`);
      changed();
      focus(next);
    } catch (error) {
      say(error.message, true);
    }
  }

  function release() {
    if (!aim) return false;
    aim = null;
    mark();
    say("");
    return true;
  }

  function mark() {
    for (const one of live.closest("form").querySelectorAll("[data-aim]")) {
      const on = Boolean(aim) && one.dataset.aim === aim.join(" ");
      one.classList.toggle("wb-aim", on);
      if (one.tagName === "BUTTON") one.setAttribute("aria-pressed", String(on));
    }
  }

  function wait(row, at, key) {
    aim = [row, at, key];
    mark();
    say(`A click in the tree now goes into row ${row + 1}; Escape leaves it`);
  }

  function focus(key) {
    const box = [...live.closest("form").querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === key);
    if (box) box.focus();
  }

  function changed() {
    redraw();
    soon();
  }

  function node(now) {
    if (!field || !now) return null;
    field = now;
    if (JSON.stringify(now.rule) !== written) { // by undo, by a cell, or by this table
      written = JSON.stringify(now.rule);
      if (now.cases) open = true;
      if (open) load();
    }
    return h("details", { class: "wb-transforms", open, ontoggle: (event) => {
      if (event.target.open === open) return;
      open = event.target.open;
      aim = null;
      if (open && !form) load(rows.length > 0);
    } }, h("summary", { "data-cases": "", "data-focus": "cases", text: "From comparisons, as a small table" }),
    form ? table() : h("p", { class: "wb-hint", text: "..." }));
  }

  function table() {
    live = h("div", { class: "wb-outcome", role: "status", "aria-label": "What comes out", "data-outcome": "" }, outcome());
    const list = `wb-known-${Math.random().toString(36).slice(2)}`;
    const other = rows.some((row) => row.otherwise);
    return h("form", { class: "wb-cases", "aria-label": `Table for ${field.label}`, onsubmit: async (event) => {
      event.preventDefault();
      const reply = await act("cases", { field: field.key, rows, call: call() });
      if (reply) say(`${field.label} comes from the table`);
    } },
    h("datalist", { id: list }, form.fields.map((one) => h("option", { value: one.path, text: one.label }))),
    h("div", { class: "wb-cases-rows" },
      field.path && !field.cases && h("p", { class: "wb-hint", text: `Takes the place of ${field.path}.` }),
      h("p", { class: "wb-hint", text: "The first row that holds counts. Fields come from the list, or by a click in the tree." }),
      rows.map((row, index) => caseRow(row, index, list))),
    live,
    h("div", { class: "wb-buttons" },
      h("button", { type: "submit", class: "wb-primary", "data-cases-set": "", text: "Use this table" }),
      h("button", { type: "button", "data-case-add": "", "data-focus": "case add", onclick: () => { rows.splice(other ? rows.length - 1 : rows.length, 0, CASE()); changed(); focus(`case ${rows.length - (other ? 2 : 1)} 0 field`); }, text: "+ row" }),
      !other && h("button", { type: "button", "data-case-else": "", onclick: () => { rows.push({ conditions: [], result: "", otherwise: true }); changed(); focus(`case ${rows.length - 1} result`); }, text: "+ otherwise" })));
  }

  function caseRow(row, index, list) {
    const number = index + 1;
    const other = row.result && row.result !== "null" && !form.results.includes(row.result) ? [row.result] : [];
    const result = form.results.length
      ? h("select", { class: "wb-input", "data-case-result": String(index), "data-focus": `case ${index} result`, "aria-label": `Result of row ${number}`, onchange: (event) => { row.result = event.target.value; soon(); } },
        h("option", { value: "", text: "- then it is -" }), [...other, ...form.results].map((word) => h("option", { value: word, text: word, selected: word === row.result })), h("option", { value: "null", text: "nothing", selected: row.result === "null" }))
      : h("input", { class: "wb-input wb-code", "data-case-result": String(index), "data-focus": `case ${index} result`, "aria-label": `Result of row ${number}`, placeholder: "then it is", spellcheck: "false", value: row.result, oninput: (event) => { row.result = event.target.value; soon(); } });
    return h("div", { class: "wb-case", role: "group", "aria-label": row.otherwise ? "Otherwise" : `Row ${number}` },
      row.otherwise ? h("span", { class: "wb-case-word", text: "otherwise" }) : h("div", { class: "wb-case-conditions" }, row.conditions.map((one, at) => condition(row, index, one, at, list))),
      h("div", { class: "wb-case-then" }, h("span", { "aria-hidden": "true", text: "→" }), result,
        !row.otherwise && h("button", { type: "button", class: "wb-x", "data-case-and": String(index), "aria-label": `One more comparison in row ${number}`, title: "and ...", onclick: () => { row.conditions.push(COMPARED()); changed(); focus(`case ${index} ${row.conditions.length - 1} field`); }, text: "&" }),
        index > 0 && !row.otherwise && h("button", { type: "button", class: "wb-x", "data-case-up": String(index), "aria-label": `Row ${number} earlier`, title: "earlier", onclick: () => { rows.splice(index - 1, 2, row, rows[index - 1]); changed(); }, text: "↑" }),
        h("button", { type: "button", class: "wb-x", "data-case-remove": String(index), "aria-label": row.otherwise ? "Remove otherwise" : `Remove row ${number}`, title: "Remove", onclick: () => { rows.splice(index, 1); if (!rows.length) rows.push(CASE()); aim = null; changed(); focus("case add"); }, text: "×" })));
  }

  function condition(row, index, one, at, list) {
    const alone = form.comparisons.some((each) => each.word === one.comparison && each.alone);
    const where = at ? `condition ${at + 1} of row ${index + 1}` : `row ${index + 1}`;
    const comparison = h("select", { class: "wb-input", "data-case-comparison": `${index} ${at}`, "data-focus": `case ${index} ${at} comparison`, "aria-label": `Comparison of ${where}`, onchange: (event) => { one.comparison = event.target.value; changed(); } },
      form.comparisons.map((each) => h("option", { value: each.word, text: each.text, selected: each.word === one.comparison })));
    return h("div", { class: "wb-case-line" },
      at > 0 && h("span", { class: "wb-case-word", text: "and" }),
      box("field", row, index, one, at, `Field of ${where}`, "field or node", list), comparison,
      !alone && box("value", row, index, one, at, `Value of ${where}`, one.comparison === "within" || one.comparison === "older_than" ? "90d" : /one of|none of/.test(one.comparison) ? "paid, done" : "value or node", list),
      at > 0 && h("button", { type: "button", class: "wb-x", "aria-label": `Remove ${where}`, title: "Remove", onclick: () => { row.conditions.splice(at, 1); aim = null; changed(); }, text: "×" }));
  }

  // A box for a path: typed, chosen from the list, or filled by a click in the tree once it waits for one.
  function box(key, row, index, one, at, label, hint, list) {
    const name = `${index} ${at} ${key}`;
    const on = Boolean(aim) && aim.join(" ") === name;
    return h("span", { class: "wb-case-box" },
      h("input", { class: `wb-input wb-code${on ? " wb-aim" : ""}`, "data-aim": name, [`data-case-${key}`]: `${index} ${at}`, "data-focus": `case ${name}`, "aria-label": label, placeholder: hint, spellcheck: "false", autocomplete: "off", list, value: one[key], title: one[key],
        onfocus: () => { if (key === "field" && !one[key]) wait(index, at, key); },
        oninput: (event) => { one[key] = event.target.value; if (aim) release(); soon(); } }),
      h("button", { type: "button", class: `wb-from-tree${on ? " wb-aim" : ""}`, "data-aim": name, "aria-pressed": String(on), "aria-label": `${label}: from the tree`, title: "click its node in the tree", onclick: () => { wait(index, at, key); focusTree(); } }));
  }

  function outcome() {
    if (refused) return [h("div", { class: "wb-problem", text: refused })];
    if (!orders) return [h("span", { class: "wb-hint", text: "What comes out of each order stands here." })];
    if (!orders.length) return [h("span", { class: "wb-hint", text: "No sample yet." })];
    return [h("table", {}, h("caption", { text: "comes out as" }), h("tbody", {}, orders.map((one) => h("tr", {}, h("th", { scope: "row", text: one.order }),
      h("td", {}, one.values.length ? one.values.map((value) => h("span", { class: value ? "wb-sampled" : "wb-empty", text: value || "no value" })) : h("span", { class: "wb-empty", text: "no rows" }))))))];
  }

  return { choose, node, take, release };
}
