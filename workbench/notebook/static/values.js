// The chosen field: its rule, what is done with the value, with the result on all samples while it is typed, and its words.

import { h, fill } from "./dom.js";

const WAIT = 250;

// The transforms that a form's boxes say; null takes one away.
export function transformsOf(kind, said) {
  const found = {
    regex: said.regex || null,
    null_when: said.nulls ? said.nulls.split(",").map((word) => word.trim()).filter(Boolean) : null,
  };
  if (found.null_when && !found.null_when.length) found.null_when = null;
  if (kind === "decimal") {
    const decimal = {};
    if (said.minor === "true") decimal.minor_units = true;
    else if (said.minor) decimal.minor_units = Number(said.minor);
    if (said.comma) decimal.comma = said.comma === "true";
    found.decimal = Object.keys(decimal).length ? decimal : null;
  }
  if (kind === "time") {
    const moment = {};
    if (said.epoch) moment.epoch = said.epoch;
    else if (said.format) moment.format = said.format;
    if (said.zone) moment.timezone = said.zone;
    if (said.time) moment.time = said.time;
    found.datetime = Object.keys(moment).length ? moment : null;
  }
  return found;
}

// What the boxes hold for a rule; the opposite of transformsOf.
export function saidBy(rule) {
  const table = rule && typeof rule === "object" ? rule : {};
  const decimal = table.decimal || {};
  const moment = typeof table.datetime === "string" ? { format: table.datetime } : Array.isArray(table.datetime) ? { format: table.datetime[0] } : table.datetime || {};
  return {
    regex: table.regex || "", nulls: [].concat(table.null_when || []).join(", "),
    minor: decimal.minor_units === undefined ? "" : String(decimal.minor_units), comma: decimal.comma === undefined ? "" : String(decimal.comma),
    epoch: moment.epoch || "", format: [].concat(moment.format || "")[0], zone: moment.timezone || "", time: moment.time || "",
  };
}

const CHOICES = {
  minor: [["", "in major units, 59.90"], ["true", "in minor units of the currency, 5990"], ["2", "with two digits more, 5990"], ["3", "with three digits more"]],
  comma: [["", "a comma is asked about"], ["true", "a comma is the decimal sign"], ["false", "a comma groups thousands"]],
  epoch: [["", "a date as text"], ["s", "seconds since 1970"], ["ms", "milliseconds since 1970"]],
};
const BOXES = {
  decimal: [["minor", "Amounts are"], ["comma", "Comma"]],
  time: [["epoch", "It is"], ["format", "Format", "%d.%m.%Y %H:%M"], ["zone", "Zone", "Europe/Berlin"], ["time", "Time of day", "@.time"]],
};
const ALWAYS = [["nulls", "Means nothing", "N/A, -"], ["regex", "Only the part", "[^,\\s]+"]];

export function resultOf(one) {
  return h("div", { class: "wb-live", "data-live": "" },
    h("span", { class: "wb-choice-values" }, one.total ? `gives, in ${one.filled} of ${one.total}: ` : "no sample yet ",
      one.values.flat().slice(0, 8).map((value) => h("span", { class: "wb-sampled", text: value }))),
    one.warnings.map((warning) => h("span", { class: "wb-problem", text: warning })));
}

export function rulePanel(field, { words, candidates, cases, onText, onNote, onWords, onPaste, onTry, onTransform }) {
  const live = h("div", { "aria-live": "polite" });
  let waiting = null;
  function soon(asked) {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const told = await onTry(asked());
      fill(live, told.error ? h("div", { class: "wb-problem", "data-live": "", text: told.error }) : resultOf(told));
    }, WAIT);
  }
  const rule = h("input", {
    class: "wb-input wb-code", "aria-label": `Rule of ${field.label}`, "data-rule": field.key, "data-focus": "rule", spellcheck: "false",
    placeholder: "@.path, or click a node of the tree", oninput: () => rule.value.trim() && soon(() => ({ text: rule.value })),
    value: field.rule === null || field.rule === undefined ? "" : typeof field.rule === "string" ? field.rule : JSON.stringify(field.rule),
  });
  const note = h("input", { class: "wb-input", "aria-label": "Note", "data-note": field.key, "data-focus": "note", placeholder: "why it is so (goes into the file)", value: field.note });
  return h("div", { class: "wb-panel", "data-panel": field.key },
    h("div", { class: "wb-meaning", text: field.meaning }),
    candidates,
    h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); onText(rule.value); } }, rule,
      h("button", { type: "submit", "data-rule-set": "", text: "Set" })),
    field.path && field.kind !== "status" && !field.cases && transformForm(field, { soon, onTransform }),
    live,
    cases,
    field.path && h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); onNote(note.value); } }, note,
      h("button", { type: "submit", text: "Note" })),
    words && wordsTable(words, onWords, onPaste));
}

function transformForm(field, { soon, onTransform }) {
  const said = saidBy(field.rule);
  const asked = () => ({ transforms: transformsOf(field.kind, said) });
  const boxes = [...(BOXES[field.kind] || []), ...ALWAYS].map(([key, label, hint]) => {
    const change = (event) => { said[key] = event.target.value.trim(); soon(asked); };
    const props = { class: "wb-input", "data-transform": key, "data-focus": `transform ${key}`, "aria-label": label };
    const box = CHOICES[key]
      ? h("select", { ...props, onchange: change }, CHOICES[key].map(([value, text]) => h("option", { value, text, selected: said[key] === value })))
      : h("input", { ...props, class: "wb-input wb-code", placeholder: hint, value: said[key], oninput: change, spellcheck: "false" });
    return h("label", { class: "wb-transform" }, h("span", { text: label }), box);
  });
  const used = Object.values(said).some(Boolean);
  return h("details", { class: "wb-transforms", open: used }, h("summary", { "data-transforms": "", text: "How the value is read" }),
    h("form", { onsubmit: (event) => { event.preventDefault(); onTransform(asked().transforms); } }, h("div", { class: "wb-grid" }, boxes),
      h("button", { type: "submit", "data-transform-set": "", text: "Read it so" })));
}

function wordsTable(told, onWords, onPaste) {
  const pasted = h("textarea", { class: "wb-input", rows: "2", "data-paste": "", "data-keep": "paste", "aria-label": "Rows from the merchant's documentation", placeholder: "paste rows from the documentation: 3 = shipped" });
  const selects = [];
  const rows = told.words.map((row) => {
    const select = h("select", { "data-word": row.word, "aria-label": `Meaning of ${row.word}`, "data-focus": `word ${row.word}` },
      h("option", { value: "", text: row.suggested && !row.meaning ? `? ${row.suggested}` : "- no meaning yet -" }),
      told.vocabulary.map((word) => h("option", { value: word, text: word, selected: row.meaning === word })));
    selects.push([row.word, select]);
    return h("tr", { class: row.meaning ? "" : "wb-open" }, h("td", {}, h("code", { text: row.word })),
      h("td", { class: "wb-num", text: row.seen ? String(row.count) : "not yet seen" }), h("td", {}, select));
  });
  const otherwise = h("select", { "data-otherwise": "", "data-focus": "otherwise", "aria-label": "Words that are not in the table" },
    h("option", { value: "", text: "are reported, and unknown" }),
    told.vocabulary.map((word) => h("option", { value: word, text: `silently mean ${word}`, selected: told.otherwise === word })));
  return h("form", {
    class: "wb-words",
    onsubmit: (event) => {
      event.preventDefault();
      onWords(Object.fromEntries(selects.map(([word, select]) => [word, select.value || null])), otherwise.value || null);
    },
  },
  h("table", {}, h("caption", { text: "What the merchant's words mean" }),
    h("thead", {}, h("tr", {}, ["their word", "seen", "means"].map((text) => h("th", { scope: "col", text })))), h("tbody", {}, rows)),
  h("label", { class: "wb-line" }, "Words that are not in the table", otherwise),
  told.otherwise && h("span", { class: "wb-problem", text: "A word that the merchant adds tomorrow is not reported: nobody learns of it." }),
  h("div", { class: "wb-line" }, h("button", { type: "submit", class: "wb-primary", "data-words-save": "", text: "Save the words" }),
    pasted, h("button", { type: "button", "data-paste-go": "", onclick: () => onPaste(pasted.value), text: "Take the rows" })));
}

// Which rows of a list are kept, or which orders: told apart by their own values.
export function rowsPanel(group, choices, { onKeep, onClose }) {
  return h("div", { class: "wb-panel", "data-rows": group.key }, h("div", { class: "wb-proposals-head" }, h("strong", { text: `${group.label}: which rows are kept` })),
    choices.length === 0 && h("p", { class: "wb-hint", text: "No value of these rows tells sorts of them apart." }),
    h("ul", { class: "wb-todo" }, choices.map((one, index) => h("li", {}, h("button", { class: "wb-use-it", "data-keep-choice": String(index), onclick: () => onKeep(one.conditions), text: "Keep" }), ` ${one.words} `,
      h("span", { class: "wb-hint", text: `${one.kept} of ${one.total} stay` })))),
    h("div", { class: "wb-buttons" }, group.keep && h("button", { "data-keep-all": "", onclick: () => onKeep(null), text: "Keep all" }), h("button", { onclick: onClose, text: "Close" })));
}

export function ownFieldForm(onDeclare) {
  const key = h("input", { class: "wb-input", "data-own": "", "data-keep": "own key", "aria-label": "Name of the field", placeholder: "name, gift_message", size: "14" });
  const label = h("input", { class: "wb-input", "data-own-label": "", "data-keep": "own label", "aria-label": "Label for people", placeholder: "label for people", size: "16" });
  const kind = h("select", { "data-own-kind": "", "aria-label": "Kind" }, [["text", "text"], ["texts", "several texts"], ["decimal", "amount"], ["time", "time"]].map(([value, text]) => h("option", { value, text })));
  return h("details", { class: "wb-own" }, h("summary", { "data-own-open": "", text: "+ a field of the merchant's own" }),
    h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); onDeclare({ key: key.value.trim(), label: label.value.trim(), kind: kind.value }); } },
      key, label, kind, h("button", { type: "submit", "data-own-add": "", text: "Add" })));
}
