// What is asked for above the tree: the connection, a document of the merchant's, the call, what to fetch, the consent.

import { h, fill, redraw, showPlaces } from "./dom.js";
import { callForm, sampleList } from "./calls.js";
import { connectPanel, importPanel } from "./connect.js";
import { createSignIn } from "./signin.js";
import { consentPanel } from "./panels.js";

const INPUT = { find_orders_by_email: "email", find_order_by_number: "number" };

export function createAsks({ host, state, act, say, onToggle }) {
  let adding = "";
  let kind = "";
  let forms = null;
  let connecting = false;
  let starting = false;
  let imported = null;
  let consentHidden = false;
  let consentRows = null;
  let consentOf = "";
  let consentDrawn = null;
  let consentBox = null;
  const examples = {};
  const signIn = createSignIn({ act, say, host, onChange: async (how) => { if (how === "done") await freshForms(); draw(); } });

  async function loadConsent() {
    const of = state().samples.map((one) => one.name).join();
    if (!state().consent || consentHidden || consentOf === of) return;
    consentOf = of;
    const reply = await act("consent_rows");
    consentRows = reply && reply.rows;
    draw();
  }

  function draw() {
    redraw([host, fillHost]);
  }

  function fillHost() {
    const operation = state().operations.find((one) => one.name === state().operation);
    const byNumber = state().operation === "find_order_by_number";
    const box = h("input", { class: "wb-input", "data-focus": "fetch", "data-keep": `fetch ${state().operation}`, [byNumber ? "data-fetch-number" : "data-fetch-email"]: "", autocomplete: "off",
      placeholder: byNumber ? "order number" : "customer's e-mail", "aria-label": byNumber ? "Order number" : "Customer's e-mail" });
    const latest = state().samples.filter((one) => one.operation === state().operation).at(-1);
    fill(host,
      state().elsewhere && h("p", { class: "wb-problem" }, "Another notebook changed this draft. ", h("button", { onclick: () => act("reload"), text: "Take its state" })),
      state().base_newer && h("p", { class: "wb-problem" }, `${state().base_newer} was exported meanwhile. `, h("button", { onclick: () => act("rebase"), text: "Go on from it" })),
      connectNode(),
      starting && importPanel(imported, {
        onRead: (text) => readSent({ text }), onAsk: (graphql) => readSent({ graphql }), onCancel: () => { starting = false; draw(); },
        onUse: async (number) => { if (await act("use_call", { number })) { starting = false; imported = null; draw(); } },
      }),
      operation && operation.calls.length > 0 && h("form", { class: "wb-line", onsubmit: (event) => { event.preventDefault(); if (box.value.trim()) { say("Asking the merchant ..."); act("fetch", byNumber ? { number: box.value } : { email: box.value }); } } },
        box, h("button", { type: "submit", class: "wb-primary", "data-fetch": "", text: "Fetch" }),
        byNumber && h("button", { type: "button", "data-fetch-found": "", onclick: () => { say("Asking the merchant ..."); act("fetch_found"); }, text: "Fetch those found by e-mail" }),
        latest && h("span", { class: "wb-hint", text: latest.text }),
        state().samples.length > 0 && sampleList(state().samples, (name) => act("remove_sample", { name }))),
      (adding || (operation && !operation.calls.length)) && callNode(operation),
      !operation && h("p", {}, "Begin with a search: ", ["find_orders_by_email", "find_order_by_number"].map((name) => h("button", { class: "wb-primary", "data-add-operation": name, onclick: () => act("add_operation", { name }), text: name.replaceAll("_", " ") }))),
      consentNode());
  }

  // A form whose typed text is set now: it is not kept for the next one. What is typed elsewhere stays.
  function drop(which) {
    for (const form of host.querySelectorAll(which)) form.remove();
  }

  function connectNode() {
    if (state().base_url && !connecting) return null;
    if (!forms) {
      loadForms();
      return null;
    }
    return connectPanel(forms, {
      prefix: state().prefix, base: state().base_url, kind: kind || (forms.connection.auth || {}).kind || "basic", onKind: (next) => { kind = next; draw(); },
      signIn: signIn.node(), onCancel: state().base_url && (() => { connecting = false; draw(); }),
      onConnect: async (asked, form, signing) => {
        connecting = signing;
        if (!await act("connect", asked, (places) => showPlaces(form, places))) {
          connecting = Boolean(state().base_url);
          return;
        }
        await freshForms();
        drop("[aria-label='Connection']");
        draw();
        if (signing) signIn.begin();
      },
    });
  }

  async function freshForms() {
    forms = await act("auth_forms");
  }

  let loading = false;
  async function loadForms() {
    if (loading) return;
    loading = true;
    forms = await act("auth_forms");
    loading = false;
    if (forms) draw();
  }

  async function readSent(asked) {
    say("Reading ...");
    const found = await act("import", asked);
    if (!found) return;
    imported = found;
    say(`${found.total} calls to choose from`);
    draw();
  }

  function consentNode() {
    if (!state().consent || consentHidden || !consentRows) return null;
    if (consentDrawn !== consentRows) {
      consentDrawn = consentRows;
      consentBox = consentPanel(consentRows, async (yes) => { consentHidden = true; await act("consent", { yes }); });
    }
    return consentBox; // hundreds of rows, drawn once
  }

  function callNode(operation) {
    const call = adding === "edit" ? operation.calls.find((one) => one.name === state().call) : null;
    return callForm(operation, call, {
      onCancel: operation.calls.length > 0 && (() => { adding = ""; draw(); }),
      onNothing: () => say("Select the example value in the URL or body first, then say what it is."),
      onMark: (input, text) => {
        examples[input] = text;
        say(`{${input}} stands for what you ask for; "Fetch" has the example.`);
      },
      onRemove: async (name) => { if (await act("remove_call", { operation: state().operation, name })) { adding = ""; draw(); } },
      onSet: async (asked, form, prefix) => {
        if (!await act("add_call", asked, (places) => showPlaces(form, places, prefix))) return;
        adding = "";
        drop(".wb-call-form");
        draw();
        const box = host.querySelector("[data-fetch-email], [data-fetch-number]");
        if (box && !box.value) box.value = examples[INPUT[state().operation]] || "";
        if (box) box.focus();
      },
    });
  }

  function toggle(part) {
    if (part === "call" || part === "edit") adding = adding === part ? "" : part;
    else if (part === "document") starting = !starting;
    else connecting = !connecting;
    onToggle();
    draw();
  }

  const isOn = (part) => (part === "document" ? starting : part === "connection" ? connecting : adding === part);
  return { draw, part: [host, fillHost], toggle, isOn, loadConsent };
}
