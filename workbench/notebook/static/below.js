// What stands below: to do, results, presence, sent and received, search behaviour, questions, export.

import { h, fill, redraw } from "./dom.js";
import { TABS, todoPanel, previewPanel, presencePanel, exchangePanel, textPanel, exportPanel, searchPanel } from "./panels.js";

const LOADED = ["preview", "presence", "exchange", "questions", "export"];

export function createBelow({ host, tabs, state, act, say, rpc, fieldOf, show, arm }) {
  let tab = "todo";
  let subtab = "orders";
  let exported = null;
  let detail = null;
  let failures = 0;

  // What a change of the session means here: a call that failed shows what was sent and came.
  function changed() {
    const failing = state().samples.filter((one) => one.error).length;
    if (failing > failures) {
      tab = "exchange";
      drawTabs();
    }
    failures = failing;
    if (LOADED.includes(tab)) loadTab();
  }

  function drawTabs() {
    redraw([tabs, fillTabs]);
  }

  function fillTabs() {
    const blocking = state().todo.filter((one) => one.blocks).length;
    fill(tabs, TABS.map(([key, label]) => h("button", {
      role: "tab", "aria-selected": String(key === tab), "aria-controls": "wb-bottom", "data-tab": key, "data-focus": `tab ${key}`, class: key === tab ? "wb-on" : "",
      onclick: () => { tab = key; detail = null; exported = key === "export" ? null : exported; drawTabs(); loadTab(); },
    }, label, key === "todo" && blocking > 0 && h("span", { class: "wb-count", text: String(blocking) }))));
  }

  const QUESTIONS = { preview: () => ["preview", { tab: subtab }], exchange: () => ["exchange", { call: state().call }], questions: () => ["questions"], presence: () => ["presence"], export: () => ["changes"] };
  let told = null;
  let toldOf = "";

  // Loads what the tab shows. An answer that comes after the tab was left is dropped, and one that says nothing new draws
  // nothing: a button would otherwise be replaced under the mouse.
  async function loadTab() {
    const of = `${tab} ${subtab}`;
    if (of !== toldOf) told = null;
    let answer = null;
    try {
      if (tab in QUESTIONS) answer = (await rpc.call(...QUESTIONS[tab]())).reply;
    } catch (error) {
      say(error.message, true);
      return;
    }
    if (of !== `${tab} ${subtab}`) return;
    if (of === toldOf && told && JSON.stringify(answer) === JSON.stringify(told)) return;
    told = answer;
    toldOf = of;
    drawBottom();
  }

  function drawBottom() {
    redraw([host, fillBottom]);
  }

  function fillBottom() {
    if (told && toldOf !== `${tab} ${subtab}`) told = null;
    if (tab === "todo") fill(host, todoPanel(state().todo, { onField: arm, onOffer: act }));
    else if (tab === "preview" && told) fill(host, previewPanel(told, subtab, detail, { onTab: (key) => { subtab = key; detail = null; loadTab(); }, onCell: cell, onTick: tick, onRow: tickRow, onExpected: expected }));
    else if (tab === "presence" && told && told.rows) fill(host, presencePanel(told.rows));
    else if (tab === "exchange" && told) fill(host, exchangePanel(told));
    else if (tab === "questions" && told) fill(host, textPanel(told.text, "the letter"));
    else if (tab === "search") fill(host, searchPanel(probe, { onPlan: probePlan, onRun: probeRun, onApply: () => act("apply_search") }));
    else if (tab === "export") fill(host, exportPanel(state(), exported, told, { onExport: doExport, onCode: copyCode, onProve: prove }));
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
    await act("state");
    drawBottom();
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

  const parts = () => [[tabs, fillTabs], ...(tab === "todo" || tab === "export" ? [[host, fillBottom]] : [])];
  return { changed, parts };
}
