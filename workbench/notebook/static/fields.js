// The business fields, and for the chosen one its readings.

import { h } from "./dom.js";

export function fieldRow(field, { armed, suggested, proposal, onArm, onRemove, onShow, onUse }) {
  const warned = field.problems.length > 0 || field.fragile;
  return h("div", {
    class: `wb-field${armed ? " wb-armed" : ""}${field.path ? " wb-done" : ""}${warned ? " wb-warned" : ""}`,
    "data-field": field.key,
  },
  h("button", {
    class: "wb-pick", "data-pick": field.key, "data-focus": `pick ${field.key}`, "aria-pressed": armed ? "true" : "false",
    title: field.meaning, onclick: () => onArm(field.key),
  },
  h("span", { class: "wb-label", text: field.label }),
  field.required && h("span", { class: "wb-required", title: "required for export", text: field.path ? "" : "required" }),
  suggested && h("span", { class: "wb-next", text: "next" })),
  field.path && h("button", {
    class: "wb-chip", "data-chip": field.key, "data-focus": `chip ${field.key}`, title: `${field.path} - show it in the tree`,
    onclick: () => onShow(field),
  }, h("bdi", { text: field.path })),
  !field.path && proposal && suggestionPart(field, proposal, onUse),
  field.path && h("span", { class: "wb-sample", text: field.sample || "no value", title: field.sample }),
  field.path && field.of > 0 && h("span", {
    class: `wb-seen${field.present < field.of ? " wb-some" : ""}`, text: `${field.present}/${field.of}`,
    title: `a value in ${field.present} of ${field.of}`,
  }),
  field.path && h("button", {
    class: "wb-x", "data-remove": field.key, "data-focus": `pick ${field.key}`, "aria-label": `Remove the rule of ${field.label}`,
    title: "Remove", onclick: () => onRemove(field.key), text: "×",
  }),
  field.path && proposal && h("div", { class: "wb-second", title: "the rule finds nothing in this search's answers" },
    h("span", { class: "wb-hint", text: "here perhaps" }), suggestionPart(field, proposal, onUse)),
  field.problems.map((problem) => h("div", { class: "wb-problem", text: problem })),
  field.fragile && h("div", { class: "wb-problem", text: "depends on a position" }),
  field.note && h("div", { class: "wb-note", text: field.note }));
}

// A proposal looks like no rule: dashed, with how sure it is and a button of its own.
function suggestionPart(field, one, onUse) {
  const why = [...one.reasons, one.doubt].filter(Boolean).join("; ");
  return [h("span", { class: "wb-suggestion", "data-suggestion": field.key, title: `${one.path} - ${one.score} of 100: ${why}` }, h("bdi", { text: one.path })),
    h("span", { class: "wb-sample", text: one.values.join(" · "), title: one.values.join("\n") }),
    h("span", { class: `wb-sure wb-sure-${one.word}`, title: why, text: one.word }),
    h("button", { class: "wb-use-it", "data-use-suggestion": field.key, "data-focus": `pick ${field.key}`, title: why, onclick: () => onUse(field.key), text: "Use" })];
}

export function suggestBar(told, { can, onSuggest, onSure, onKnown }) {
  if (!can) return null;
  return h("div", { class: "wb-suggestbar" },
    h("button", { "data-suggest": "", class: told.asked ? "" : "wb-primary", onclick: onSuggest, text: told.asked ? "Suggest again" : "Suggest the mapping" }),
    told.sure > 0 && h("button", { "data-use-sure": "", class: "wb-primary", onclick: onSure, text: `Use all that are sure (${told.sure})` }),
    told.asked && h("span", { class: "wb-hint", text: told.summary }),
    told.known.map((one) => h("button", { "data-use-known": one.merchant, onclick: () => onKnown(one.merchant), text: `Looks like ${one.merchant} (${one.share} %): take its rules` })));
}

// Everything that a field may be, also what is too unsure to be proposed.
export function candidateList(rows, onUse) {
  if (!rows || !rows.length) return null;
  return h("details", { class: "wb-candidates", open: true }, h("summary", { text: `Candidates (${rows.length})` }),
    h("ul", {}, rows.map((one, rank) => h("li", {}, h("button", { class: "wb-use-it", "data-candidate": String(rank), onclick: () => onUse(rank), text: "Use" }), " ",
      h("code", { text: one.path }), " ", h("span", { class: "wb-hint", text: `${one.score} of 100` }), " ", one.values.slice(0, 4).map((value) => h("span", { class: "wb-sampled", text: value })),
      h("div", { class: "wb-why", text: [...one.reasons, one.doubt].filter(Boolean).join("; ") })))));
}

export function proposals(found, { field, place, chosen, onChoose, onAccept, onCancel, onSecond, second }) {
  const name = `wb-choice-${Math.random().toString(36).slice(2)}`;
  return h("form", {
    class: "wb-proposals", "aria-label": `What ${field.label} is`,
    onsubmit: (event) => { event.preventDefault(); onAccept(); },
  },
  h("div", { class: "wb-proposals-head" }, h("strong", { text: field.label }), " from ", h("code", { text: place })),
  found.has_rule && h("div", { class: "wb-second", role: "group", "aria-label": "This field has a rule already" },
    [["", "instead"], ["first", "if the first is empty"], ["join", "together with it"]].map(([key, words]) => h("button", {
      type: "button", class: second === key ? "wb-on" : "", "data-second": key || "instead", onclick: () => onSecond(key), text: words,
    }))),
  found.proposals.map((one, index) => h("label", { class: `wb-choice${one.fragile ? " wb-fragile" : ""}` },
    h("input", {
      type: "radio", name, value: String(index), "data-choice": String(index), "data-focus": `choice ${index}`,
      checked: index === chosen, onchange: () => onChoose(index),
    }),
    h("span", { class: "wb-choice-words", text: one.words }),
    h("code", { class: "wb-choice-rule", text: typeof one.rule === "string" ? one.rule : JSON.stringify(one.rule) }),
    h("span", { class: "wb-choice-values" }, one.total ? `in ${one.filled} of ${one.total}: ` : "",
      one.values.flat().slice(0, 6).map((value) => h("span", { class: "wb-sampled", text: value }))),
    (one.notes || []).map((note) => h("span", { class: "wb-why", text: note })),
    one.fragile && h("span", { class: "wb-problem", text: "a position: it breaks when the merchant sorts otherwise" }),
    one.warnings.map((warning) => h("span", { class: "wb-problem", text: warning })))),
  h("div", { class: "wb-buttons" },
    h("button", { type: "submit", class: "wb-primary", "data-accept": "", "data-focus": "accept", text: "Use this" }),
    h("button", { type: "button", "data-cancel": "", onclick: onCancel, text: "Cancel" })));
}
