// Getting in: the connection's form, made from the kinds of authentication; and starting from what the merchant sent.

import { h } from "./dom.js";

const NAMES = { username: "USER", value: "KEY" };
const REFERRED = new Set(["username", "client_id", "consumer_key", "access_key"]);

// The name of the reference that stands for a field: NORTHWIND_PASSWORD.
export function referenceOf(prefix, field) {
  return `${prefix}_${NAMES[field.name] || field.name.toUpperCase()}`;
}

// Whether a field is typed into a hidden box and kept outside the mapping.
export function isReferred(field) {
  return field.secret || REFERRED.has(field.name);
}

export function connectPanel(told, { prefix, base, kind, onKind, onConnect, onCancel }) {
  const form = told.forms.find((one) => one.kind === kind) || told.forms[0];
  const known = told.auth.kind === form.kind ? told.auth : {};
  const url = h("input", { class: "wb-input wb-wide", "data-base-url": "", "data-keep": "base url", "data-focus": "base url", "aria-label": "Base URL", placeholder: "https://api.merchant.example/v2", value: base });
  const zone = h("input", { class: "wb-input", "data-zone": "", "data-keep": "zone", "aria-label": "Time zone", placeholder: "time zone, Europe/Berlin", size: "18", value: told.timezone });
  const kinds = h("select", { "data-kind": "", "data-focus": "kind", "aria-label": "Authentication", onchange: (event) => onKind(event.target.value) },
    told.forms.map((one) => h("option", { value: one.kind, text: one.label, selected: one.kind === form.kind })));
  const boxes = form.fields.map((field) => [field, fieldBox(field, prefix, form.kind, known[field.name])]);
  const label = ([field, box]) => h("label", { class: "wb-transform", title: field.help }, h("span", { text: field.label }), box);
  const first = boxes.filter(([field]) => field.required || isReferred(field));
  const others = boxes.filter(([field]) => !field.required && !isReferred(field));
  return h("form", { class: "wb-connect", "aria-label": "Connection", onsubmit: (event) => {
    event.preventDefault();
    const settings = {};
    const secrets = {};
    for (const [field, box] of boxes) {
      const said = box.type === "checkbox" ? box.checked : box.value;
      if (!isReferred(field)) settings[field.name] = said;
      else if (said || field.required || known[field.name]) {
        settings[field.name] = known[field.name] || "${" + referenceOf(prefix, field) + "}";
        if (said) secrets[referenceOf(prefix, field)] = said;
      }
    }
    onConnect({ base_url: url.value.trim(), kind: form.kind, settings, timezone: zone.value.trim(), secrets });
  } },
  h("p", {}, h("strong", { text: "Where is the API, and how do we get in? " }), "What you type into the hidden boxes is kept in .env, never in the notebook or the mapping. A box left empty is a secret that the environment has already."),
  h("div", { class: "wb-line" }, url, zone, kinds, h("span", { class: "wb-hint", text: form.meaning })),
  first.length > 0 && h("div", { class: "wb-grid" }, first.map(label)),
  others.length > 0 && h("details", {}, h("summary", { "data-auth-more": "", text: "More settings" }), h("div", { class: "wb-grid" }, others.map(label))),
  h("div", { class: "wb-line" }, h("button", { type: "submit", class: "wb-primary", "data-connect": "", text: "Connect" }),
    onCancel && h("button", { type: "button", onclick: onCancel, text: "Cancel" })));
}

function fieldBox(field, prefix, kind, known) {
  const keep = `auth ${kind} ${field.name}`;
  if (isReferred(field)) {
    const name = referenceOf(prefix, field);
    return h("input", { class: "wb-input", type: "password", autocomplete: "off", "data-secret": name, "data-focus": keep, placeholder: known ? String(known) : name });
  }
  const props = { class: "wb-input", "data-auth": field.name, "data-keep": keep, "data-focus": keep };
  const asJson = field.sort === "data" || field.sort === "conditions";
  const shown = known === undefined || known === null ? "" : asJson ? JSON.stringify(known) : typeof known === "object" ? Object.entries(known).map(([name, value]) => (Array.isArray(known) ? value : `${name}: ${value}`)).join(Array.isArray(known) ? " " : "\n") : String(known);
  if (field.choices.length) return h("select", props, field.choices.map((word) => h("option", { value: word, text: word, selected: word === (shown || field.default) })));
  if (field.sort === "flag") return h("input", { type: "checkbox", "data-auth": field.name, checked: shown ? shown === "true" : Boolean(field.default) });
  if (field.lines || field.sort === "pairs" || asJson) return h("textarea", { ...props, rows: "2", placeholder: field.sort === "pairs" ? "name: value, one a line" : "", value: shown });
  return h("input", { ...props, placeholder: field.default === null || field.default === undefined ? "" : [].concat(field.default).join(" "), value: shown });
}

export function importPanel(found, { onRead, onUse, onAsk, onCancel }) {
  const text = h("textarea", { class: "wb-input wb-code", rows: "3", "data-import": "", "data-keep": "import", "data-focus": "import", spellcheck: "false", "aria-label": "What the merchant sent",
    placeholder: "paste a curl line, an example URL, an OpenAPI document, a Postman collection, a HAR, a WSDL, a GraphQL schema - or the path of a file" });
  const file = h("input", { type: "file", "data-import-file": "", "aria-label": "A file that the merchant sent", onchange: async () => { if (file.files[0]) onRead(await file.files[0].text()); } });
  const path = h("input", { class: "wb-input", "data-import-graphql": "", "data-keep": "graphql path", "aria-label": "Path of the GraphQL endpoint", placeholder: "/graphql", size: "10" });
  return h("section", { class: "wb-connect", "aria-label": "Start from what the merchant sent" },
    h("form", { class: "wb-stack", onsubmit: (event) => { event.preventDefault(); if (text.value.trim()) onRead(text.value); } }, text,
      h("div", { class: "wb-line" }, h("button", { type: "submit", class: "wb-primary", "data-import-read": "", text: "Read it" }), file,
        h("span", { class: "wb-hint", text: "or ask a GraphQL API:" }), path, h("button", { type: "button", "data-import-ask": "", onclick: () => onAsk(path.value.trim() || "/graphql"), text: "Ask for its schema" }),
        h("button", { type: "button", onclick: onCancel, text: "Cancel" }))),
    found && found.notes.map((note) => h("p", { class: "wb-problem", text: note })),
    found && h("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "Calls to choose from" }, h("table", { class: "wb-table" },
      h("caption", { text: `${found.total} calls, the likeliest searches first` }),
      h("tbody", {}, found.calls.map((one, index) => h("tr", {}, h("td", {}, h("button", { "data-import-use": String(index), onclick: () => onUse(index), text: "Use" })),
        h("td", {}, one.label, !one.reads && h("span", { class: "wb-part", text: "may write" }), one.notes.map((note) => h("div", { class: "wb-hint", text: note }))),
        h("td", {}, h("code", { text: `${one.method.toUpperCase()} ${one.path}` })),
        h("td", { text: one.inputs.map((input) => `{${input}}`).join(" ") })))))));
}
