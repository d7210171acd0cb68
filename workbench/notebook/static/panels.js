// What stands below: to do, results, sent and received, questions, export.

import { h } from "./dom.js";

export const TABS = [["todo", "To do"], ["preview", "Results"], ["presence", "Presence"], ["exchange", "Sent / Received"], ["search", "Search behaviour"], ["questions", "Questions"], ["export", "Export"]];

export function todoPanel(left, { onField, onOffer }) {
  if (!left.length) return h("p", { class: "wb-fine", text: "Nothing is left: export it." });
  return h("ul", { class: "wb-todo" }, left.map((one) => h("li", { class: one.blocks ? "wb-blocks" : "" },
    one.field ? h("button", { class: "wb-link", "data-todo": one.field, onclick: () => onField(one.field), text: one.text }) : h("span", { text: one.text }),
    one.offer ? offered(one, onOffer) : one.how && h("span", { class: "wb-how", text: ` - ${one.how}` }), one.blocks && h("span", { class: "wb-tag", text: "before export" }))));
}

// What would settle a point by one click.
function offered(one, onOffer) {
  const [step, operation, call, path] = one.offer;
  const words = step === "each" ? [" - the rules fit each ", h("code", { text: path }), " "] : [" - ", h("code", { text: call }), " is made elsewhere for each order "];
  return h("span", { class: "wb-how" }, ...words, h("button", { class: "wb-use-it", "data-offer": `${step} ${operation}`, onclick: () => onOffer(step, { operation, call, path }), text: step === "each" ? "Use" : "Add it here" }));
}

export function previewPanel(told, tab, detail, { onTab, onCell, onTick, onRow, onExpected }) {
  const tabs = [["orders", "Orders"], ["shipments", "Shipments"], ["lines", "Lines"], ["returns", "Returns"]];
  return h("div", {},
    h("div", { class: "wb-subtabs", role: "group", "aria-label": "Results" }, tabs.map(([key, label]) => h("button", {
      class: key === tab ? "wb-on" : "", "aria-pressed": String(key === tab), "data-subtab": key, onclick: () => onTab(key), text: label,
    }))),
    told.rows.length === 0 ? h("p", { class: "wb-fine", text: "Nothing comes out yet." }) : h("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "Table of results" },
      h("table", { class: "wb-table" }, h("caption", { text: `${told.total} rows over all samples` }),
        h("thead", {}, h("tr", {}, told.columns.map((column) => h("th", { scope: "col" }, column.label,
          column.missing > 0 && h("span", { class: "wb-part", text: `${column.missing} missing` }))))),
        h("tbody", {}, told.rows.map((row) => h("tr", {}, row.cells.map((cell, index) => h("td", { class: cell ? "" : "wb-empty" },
          index === 0 && cell && h("button", { class: "wb-tick", "data-tick-row": row.order, title: "everything in this row matches the back office", "aria-label": `The whole row of ${row.order} matches the back office`,
            onclick: () => onRow(told.columns.filter((column, at) => row.cells[at]).map((column) => column.field), row.order), text: "✓✓" }),
          h("button", { class: "wb-cell", title: cell, onclick: () => onCell(told.columns[index].field, row, cell), text: cell || "—" }),
          cell && told.columns[index].field !== "order_number" && h("button", { class: "wb-tick", "data-tick": `${row.order} ${told.columns[index].field}`, title: "matches the back office", "aria-label": `${told.columns[index].label} matches the back office`, onclick: () => onTick(told.columns[index].field, row.order), text: "✓" })))))))),
    detail && cellDetail(detail, onTick, onExpected));
}

// Where a result comes from, or why there is none, and what the back office says.
function cellDetail(detail, onTick, onExpected) {
  const right = h("input", { class: "wb-input", "data-expected": "", "data-keep": `expected ${detail.field} ${detail.order}`, "aria-label": `What ${detail.label} should be`, placeholder: "what the back office says", autocomplete: "off" });
  return h("section", { class: "wb-detail", "data-detail": detail.field, "aria-label": `${detail.label} of this order` },
    h("strong", { text: detail.label }), " ", h("span", { text: detail.value || "no value" }), detail.rule && h("span", {}, " from ", h("code", { text: detail.rule })),
    h("pre", { text: detail.lines.join("\n") || "..." }),
    h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); if (right.value.trim()) onExpected(detail.field, detail.order, right.value.trim()); } },
      detail.value && h("button", { type: "button", onclick: () => onTick(detail.field, detail.order), text: "✓ matches the back office" }),
      right, h("button", { type: "submit", "data-expected-set": "", text: "should be this" })));
}

// How often each field is there, by operation: what a list answer lacks that the detail answer has.
export function presencePanel(rows) {
  if (!rows.length) return h("p", { class: "wb-fine", text: "No field is mapped yet." });
  const names = Object.keys(rows[0]).filter((key) => key !== "field");
  const part = (text) => /^0\//.test(text) || (/^(\d+)\/(\d+)$/.test(text) && text.split("/")[0] !== text.split("/")[1]);
  return h("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "Presence by operation" }, h("table", { class: "wb-table", "data-presence": "" },
    h("caption", { text: "In how many of the records each field has a value" }),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", text: "field" }), names.map((name) => h("th", { scope: "col", text: name.replaceAll("_", " ") })))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("td", {}, h("code", { text: row.field })), names.map((name) => h("td", {}, h("span", { class: part(row[name]) ? "wb-part" : "", text: row[name] }))))))));
}

export function exchangePanel(told) {
  if (!told.pages.length) return h("p", { class: "wb-fine", text: "Nothing was sent in this session. Fetch an order above." });
  return h("div", {}, told.pages.map((page) => h("details", { open: Boolean(page.error) || told.pages.length === 1 },
    h("summary", { class: page.error ? "wb-problem" : "" }, `${page.sent[0]} → ${page.status === null ? "no answer" : page.status}, ${page.size.toLocaleString()} bytes`,
      page.error && ` - ${page.error}`),
    h("div", { class: "wb-two" }, h("div", {}, h("h4", { text: "Sent" }), h("pre", { text: page.sent.join("\n") }),
      h("button", { onclick: () => navigator.clipboard && navigator.clipboard.writeText(page.curl), text: "Copy as curl" })),
    h("div", {}, h("h4", { text: "Received" }), h("pre", { text: page.received.join("\n") }))),
    h("pre", { class: "wb-body", tabindex: "0", "aria-label": "Body", text: page.body }))));
}

export function textPanel(text, label) {
  return h("div", {}, h("pre", { class: "wb-letter", text }),
    h("button", { onclick: () => navigator.clipboard && navigator.clipboard.writeText(text), text: `Copy ${label}` }));
}

export function exportPanel(state, done, told, { onExport, onCode, onProve }) {
  const blocking = state.todo.filter((one) => one.blocks);
  const reason = h("input", { class: "wb-input", "data-reason": "", "data-keep": "reason", "data-focus": "reason", "aria-label": "Reason", placeholder: "why results change, if they do" });
  const waived = blocking.filter((one) => one.waivable).map((one) => [one, h("input", {
    class: "wb-input", "aria-label": `Reason to waive: ${one.text}`, "data-waive": one.text, "data-keep": `waive ${one.text}`, placeholder: "waive it, because ...",
  })]);
  const rest = blocking.filter((one) => !one.waivable);
  if (done) {
    return h("div", { "data-exported": done.version }, h("p", { class: "wb-fine" }, "Exported as ", h("strong", { text: done.version }), ` (${done.step}): `, h("code", { text: done.path })),
      h("ul", {}, done.changes.map((text) => h("li", { text }))),
      h("div", { class: "wb-line" }, h("button", { class: "wb-primary", "data-prove": "", onclick: onProve, text: "Prove it in a fresh process" }), h("span", { class: "wb-hint", text: "finds the probe's orders with the exported file alone, as production would" })),
      done.proof && h("pre", { "data-proof": "", text: done.proof.join("\n") }),
      h("p", { text: "A deployment needs:" }), h("pre", { text: JSON.stringify(done.needs, null, 2) }));
  }
  return h("form", { onsubmit: (event) => { event.preventDefault(); onExport(reason.value, Object.fromEntries(waived.filter(([, box]) => box.value.trim()).map(([one, box]) => [one.text, box.value.trim()]))); } },
    told && "first" in told ? changesPart(told, state.base) : h("p", { class: "wb-hint", text: "Comparing with the version before ..." }),
    rest.length > 0 && h("ul", { class: "wb-todo" }, rest.map((one) => h("li", { class: "wb-blocks", text: `${one.text} - ${one.how}` }))),
    waived.map(([one, box]) => h("div", { class: "wb-line" }, h("span", { class: "wb-problem", text: one.text }), box)),
    h("div", { class: "wb-line" }, reason, h("button", { type: "submit", class: "wb-primary", "data-export": "", text: "Export" }),
      h("button", { type: "button", onclick: onCode, text: "Copy as Python" })));
}

// What the next version changes, before it is there.
function changesPart(told, base) {
  if (told.first) return h("p", {}, "The first version.");
  if (told.step === "none") return h("p", { "data-changes": "none" }, `Nothing changed since ${base}.`);
  const list = (title, lines) => lines.length > 0 && h("details", { open: lines.length < 9 }, h("summary", { text: `${title} (${lines.length})` }), h("ul", {}, lines.map((text) => h("li", {}, h("code", { text })))));
  return h("div", { "data-changes": told.step },
    h("p", {}, `After ${base}: a `, h("strong", { text: told.step }), ` step, because ${told.why.join("; ")}.`),
    list("What the file says differently", told.rules), list(`What changes in the results of ${told.samples} samples`, told.results),
    told.weighty && h("p", { class: "wb-problem", text: "Results change in what weighs: the version needs a reason." }));
}

export function consentPanel(rows, onAnswer) {
  const gone = rows.filter((row) => row.sort);
  const kept = rows.filter((row) => !row.sort);
  const table = (title, list) => h("details", { open: title.startsWith("Replaced") },
    h("summary", { text: `${title} (${list.length})` }), h("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": title }, h("table", { class: "wb-table" },
      h("thead", {}, h("tr", {}, ["where", "why", "shape", "becomes"].map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, list.map((row) => h("tr", {}, h("td", {}, h("code", { text: row.place })), h("td", { text: row.sort || "kept" }),
        h("td", { text: row.sort ? row.before : "" }), h("td", { text: row.after })))))));
  return h("section", { class: "wb-consent", "aria-label": "Saving samples" },
    h("p", {}, h("strong", { text: "Keep these answers as samples? " }), "Customers' data is replaced by invented values before anything touches the disk. This is asked once per merchant."),
    table("Replaced", gone), table("Kept", kept),
    h("div", { class: "wb-buttons" }, h("button", { class: "wb-primary", "data-consent": "yes", onclick: () => onAnswer(true), text: "Save samples like this" }),
      h("button", { "data-consent": "no", onclick: () => onAnswer(false), text: "Not now" })));
}

export function searchPanel(told, { onPlan, onRun, onApply }) {
  const email = h("input", { class: "wb-input", "data-probe-email": "", "data-keep": "probe email", "data-focus": "probe email", "aria-label": "An e-mail that has orders", placeholder: "e-mail that has orders", autocomplete: "off", value: told.email });
  const number = h("input", { class: "wb-input", "data-probe-number": "", "data-keep": "probe number", "data-focus": "probe number", "aria-label": "An order number", placeholder: "order number", autocomplete: "off", value: told.number });
  const asked = () => ({ email: email.value.trim(), number: number.value.trim() });
  return h("div", {},
    h("p", { class: "wb-hint", text: "How does this API search? At most eight reads tell: unknown, other case, plus sign, prefix, pages." }),
    h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); onPlan(asked()); } }, email, number,
      h("button", { type: "submit", "data-probe-plan": "", text: "Show the reads" }),
      told.reads.length > 0 && h("button", { type: "button", class: "wb-primary", "data-probe-run": "", onclick: () => onRun(asked()), text: `Send these ${told.reads.length}` })),
    told.rows.length === 0 && told.reads.length > 0 && h("ol", {}, told.reads.map((text) => h("li", { text }))),
    told.rows.length > 0 && h("table", { class: "wb-table" }, h("caption", { text: "What came" }), h("thead", {}, h("tr", {}, ["asked", "status", "came"].map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, told.rows.map((row) => h("tr", {}, h("td", { text: row.asked || "so" }), h("td", { text: row.status }), h("td", { text: row.came }))))),
    told.can_apply && h("button", { class: "wb-primary", "data-probe-apply": "", onclick: onApply, text: "Write it into the mapping" }));
}

export function comparePanel(changes, onClose) {
  return h("div", { class: "wb-nothing", "data-compare": "" },
    h("p", {}, h("strong", { text: changes.length ? "Saved against fresh" : "Saved and fresh answers have the same shape" }), " ", h("button", { onclick: onClose, text: "Back to the tree" })),
    h("table", { class: "wb-table" }, h("tbody", {}, changes.map((one) => h("tr", {}, h("td", { text: one.what }), h("td", {}, h("code", { text: one.where })), h("td", { text: [one.before, one.after].filter(Boolean).join(" → ") }))))));
}
