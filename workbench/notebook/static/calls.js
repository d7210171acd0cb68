// Calls: what is sent, typed or pasted and then marked; the samples that came; the fetch line.

import { h } from "./dom.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const BODIES = [["", "no body"], ["json", "JSON"], ["form", "form"], ["xml", "XML"], ["soap", "SOAP: inside Body"], ["graphql", "GraphQL query"], ["text", "text"]];
const PAGES = [["", "one page"], ["next_link", "link to the next page in the answer"], ["link_header", "Link header"], ["page", "page numbers"], ["offset", "offset"], ["cursor", "cursor"], ["graphql", "GraphQL connection"], ["range", "range"]];
const PAGE_BOXES = [["path", "its place", "$.next"], ["header", "or its header", "X-Next-Cursor"], ["param", "parameter", "page"], ["size", "size", "100"], ["start", "first", "1"], ["max", "pages at most", "50"]];
const EACH = [["", "made once"], ["order", "made for each order, with {@.id} of it"], ["path", "made for each node at a path, with {@} of it"]];
const FORMATS = ["json", "ndjson", "csv", "form", "xml", "soap", "xmlrpc"];
const QUOTES = [["", "as the query needs"], ["doubled", "doubled: ''"], ["backslash", "with a backslash: \\'"]];
const MORE = { soap: "SOAPAction", graphql: '{"email": "{email}"}' };
const INPUTS = { email: "the customer's e-mail", number: "the order number" };

// Puts {name} in the place of what is selected in a box; the text that was there, or null where nothing is selected.
export function markSelection(box, name) {
  const { selectionStart: start, selectionEnd: end } = box;
  if (start === null || start === end) return null;
  const text = box.value.slice(start, end);
  box.setRangeText(`{${name}}`, start, end, "end");
  return text;
}

export function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

export function callForm(operation, call, { onSet, onCancel, onRemove, onMark, onNothing }) {
  const keep = (name) => `${operation.name} ${call ? call.name : "+"} ${name}`;
  const box = (tag, name, label, props) => h(tag, { class: "wb-input", "data-keep": keep(name), "data-focus": keep(name), "aria-label": label, ...props });
  const method = box("select", "method", "Method", { "data-call-method": "", onchange: () => show() }, []);
  method.append(...METHODS.map((one) => h("option", { value: one, text: one.toUpperCase(), selected: call ? call.method === one : one === "get" })));
  const name = box("input", "name", "Name of the call", { "data-call-name": "", "data-where": "name", size: "10", value: call ? call.name : operation.calls.length ? "" : "search", placeholder: "name" });
  const url = box("input", "url", "Path of the call, or a whole URL", { class: "wb-input wb-code wb-wide", "data-call-url": "", "data-where": "get post put patch delete query", spellcheck: "false",
    placeholder: "/orders?email={email}, or paste an example URL", value: call ? call.url : "" });
  const headers = box("textarea", "headers", "Headers, one a line", { class: "wb-input wb-code", "data-call-headers": "", "data-where": "headers", rows: "2", placeholder: "Accept: application/json", spellcheck: "false", value: call ? call.headers : "" });
  const kind = box("select", "kind", "Kind of body", { "data-call-kind": "", onchange: () => show() });
  kind.append(...BODIES.map(([value, text]) => h("option", { value, text, selected: Boolean(call) && call.body_kind === value })));
  const body = box("textarea", "body", "Body", { class: "wb-input wb-code", "data-call-body": "", "data-where": "json form xml text graphql soap", rows: "6", spellcheck: "false", value: call ? call.body : "" });
  const more = box("textarea", "more", "SOAPAction, or the variables of GraphQL", { class: "wb-input wb-code", "data-call-more": "", "data-where": "more", rows: "2", spellcheck: "false", value: call ? call.more : "" });
  const reads = h("input", { type: "checkbox", "data-call-reads": "", "data-where": "reads", "data-keep": keep("reads"), "data-focus": keep("reads"), checked: Boolean(call && call.reads) });
  const known = (key) => (call ? call[key] || "" : "");
  const choice = (key, label, options, value, props) => {
    const made = box("select", key, label, { [`data-call-${key.replaceAll("_", "-")}`]: "", "data-where": key, ...props });
    made.append(...options.map(([word, text]) => h("option", { value: word, text, selected: word === value })));
    return made;
  };
  const typed = (key, label, hint, props) => box("input", key, label, { [`data-call-${key.replaceAll("_", "-")}`]: "", "data-where": key, placeholder: hint, spellcheck: "false", autocomplete: "off", value: known(key), ...props });
  const lines = (key, label, hint) => box("textarea", key, label, { class: "wb-input wb-code", [`data-call-${key.replaceAll("_", "-")}`]: "", "data-where": key, rows: "2", placeholder: hint, spellcheck: "false", value: known(key) });
  const eachKind = known("for_each") === "order" || !known("for_each") ? known("for_each") : "path";
  const each = choice("each", "How often the call is made", EACH, eachKind, { "data-where": "for_each", onchange: () => show() });
  const eachPath = box("input", "each path", "Path of what the call is made for", { class: "wb-input wb-code", "data-call-each-path": "", "data-where": "for_each", spellcheck: "false", size: "18", placeholder: `${operation.calls.length ? operation.calls.at(-1).name : "shipments"}:$.ids`, value: eachKind === "path" ? known("for_each") : "" });
  const limit = typed("limit", "How often at most", "any", { size: "6", inputmode: "numeric" });
  const version = choice("soap_version", "Version of SOAP", [[known("soap_version") === "1.1" ? "1.1" : "", "SOAP 1.1"], ["1.2", "SOAP 1.2"]], known("soap_version"));
  const pages = choice("pages", "Paging", PAGES, call ? call.pages.kind || "" : "", { onchange: () => show() });
  const page = Object.fromEntries(PAGE_BOXES.map(([key, text, hint]) => [key,
    box("input", `pages ${key}`, `Paging: ${text}`, { "data-where": `pages.${key}`, placeholder: hint, spellcheck: "false", value: call ? call.pages[key] || "" : "" })]));
  const stop = box("textarea", "pages stop_when", "Paging: stops when", { class: "wb-input wb-code", "data-call-stop": "", "data-where": "pages.stop_when", rows: "1", placeholder: "$.more: false", spellcheck: "false", value: call ? call.pages.stop_when || "" : "" });
  const answer = {
    not_found_when: lines("not_found_when", "Means that there is none", "http.status: 404"),
    fail_when: lines("fail_when", "Means that the call failed", "$.error: {is: present}"),
    only_when: lines("only_when", "Made only when", "search:$.total: {over: 0}"),
    namespaces: lines("namespaces", "Namespaces of XML", "cbc: urn:..."),
    format: choice("format", "Format of the answer", [["", "found out"], ...FORMATS.map((one) => [one, one])], known("format")),
    encoding: typed("encoding", "Character encoding", "as the answer says"),
    delimiter: typed("delimiter", "Delimiter of CSV", "found out; tab, ;"),
    quotes: choice("quotes", "A quote inside quotes", QUOTES, known("quotes")),
    timeout_s: typed("timeout_s", "Next bytes within, seconds", "as the connection says", { inputmode: "decimal" }),
    server: typed("server", "Server", "the connection's own; else the name of one of its servers"),
    note: typed("note", "Note", "why it is so"),
  };
  const required = h("input", { type: "checkbox", "data-call-required": "", "data-where": "required", "data-keep": keep("required"), "data-focus": keep("required"), checked: Boolean(call && call.required) });
  let last = url;
  for (const each of [url, body, more]) each.addEventListener("focus", () => { last = each; });

  const readsBox = h("label", { class: "wb-check" }, reads, "this only reads, so it may be sampled");
  const limitBox = h("label", { class: "wb-check" }, limit, "times at most");
  const above = (label, one) => h("label", { class: "wb-transform" }, h("span", { text: label }), one);
  const pageBoxes = h("div", { class: "wb-grid wb-pages" }, PAGE_BOXES.map(([key, text]) => above(text, page[key])), above("stops when", stop));
  const bodyBox = h("div", { class: "wb-stack" }, body, h("div", { class: "wb-line" }, version), more);
  const first = !call ? operation.calls.length === 0 : operation.calls[0].name === call.name;
  const index = call ? operation.calls.findIndex((one) => one.name === call.name) : operation.calls.length;
  function show() {
    readsBox.hidden = method.value === "get" && !kind.value && !reads.checked;
    bodyBox.hidden = !kind.value;
    more.hidden = !(kind.value in MORE);
    version.hidden = kind.value !== "soap";
    eachPath.hidden = each.value !== "path";
    limitBox.hidden = !each.value;
    pageBoxes.hidden = !pages.value;
    more.placeholder = MORE[kind.value] || "";
    if (method.value !== "get") details.open = true;
  }

  const details = h("details", { "data-keep": keep("details"), open: Boolean(call && (call.headers || call.body_kind || call.pages.kind || call.for_each)) }, h("summary", { "data-call-details": "", text: "Headers, body, pages" }),
    h("div", { class: "wb-stack" }, headers,
      h("div", { class: "wb-line" }, kind, readsBox), bodyBox,
      !first && h("div", { class: "wb-line" }, each, eachPath, limitBox),
      h("div", { class: "wb-line" }, pages), pageBoxes));
  const further = Object.entries(answer);
  const conditions = h("details", { "data-keep": keep("answer"), open: further.some(([key]) => known(key)) || Boolean(call && call.required) }, h("summary", { "data-call-more-details": "", text: "What the answer means, and how it is read" }),
    h("div", { class: "wb-grid" }, further.map(([key, one]) => above(one.getAttribute("aria-label"), one)),
      !first && h("label", { class: "wb-check" }, required, "its failure is that of the whole search")));
  show();

  const marks = operation.inputs.map((input) => h("button", {
    type: "button", "data-mark": input, onmousedown: (event) => event.preventDefault(),
    onclick: () => {
      const text = markSelection(last, input);
      if (text === null) onNothing();
      else onMark(input, last === url ? decoded(text) : text);
    },
  }, `is ${INPUTS[input] || input}`));

  const form = h("form", { class: "wb-connect wb-call-form", "aria-label": call ? `Call ${call.name}` : "New call", onsubmit: (event) => {
    event.preventDefault();
    onSet({
      operation: operation.name, name: name.value.trim() || "main", method: method.value, url: url.value, headers: headers.value, body_kind: kind.value, body: body.value,
      more: more.value, soap_version: version.value, reads: method.value !== "get" || (call && call.reads) || kind.value ? reads.checked : false, required: first ? Boolean(call && call.required) : required.checked,
      for_each: first ? "" : each.value === "path" ? eachPath.value.trim() : each.value, limit: first || !each.value ? "" : limit.value,
      ...Object.fromEntries(further.map(([key, one]) => [key, one.value])),
      pages: { kind: pages.value, ...Object.fromEntries(Object.entries(page).map(([key, input]) => [key, input.value.trim()])), stop_when: stop.value },
    }, form, `operations.${operation.name}.calls[${index}].`);
  } },
  h("div", { class: "wb-line" }, method, name, url, h("button", { type: "submit", class: "wb-primary", "data-call-add": "", text: "Set the call" }),
    onCancel && h("button", { type: "button", "data-call-cancel": "", onclick: onCancel, text: "Cancel" }),
    call && h("button", { type: "button", "data-call-remove": "", onclick: () => onRemove(call.name), text: "Remove" })),
  marks.length > 0 && h("div", { class: "wb-line" }, h("span", { class: "wb-hint", text: "Select the example value in the URL or body; it" }), marks),
  details, conditions);
  form.addEventListener("wb-kept", show);
  return form;
}

export function sampleList(samples, onRemove) {
  return h("details", { class: "wb-samples" }, h("summary", { "data-samples": "", text: `${samples.length} sample${samples.length === 1 ? "" : "s"}` }),
    h("ul", {}, samples.map((one) => h("li", {}, h("code", { text: one.name }), " ", h("span", { class: "wb-hint", text: `${one.operation.replaceAll("_", " ")}, ${one.text}` }),
      h("button", { type: "button", class: "wb-x", "data-remove-sample": one.name, "aria-label": `Remove the sample ${one.name}`, title: "Remove", onclick: () => onRemove(one.name), text: "×" })))));
}
