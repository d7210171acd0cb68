// Questions and answers; runs in node alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRpc } from "../../workbench/notebook/static/rpc.js";

function fake(send) {
  const backs = [];
  return { on: (name, back) => backs.push(back), off: (name, back) => backs.splice(backs.indexOf(back), 1), send, answer: (content) => backs.forEach((back) => back(content, [])), backs };
}

test("each answer reaches its question, in any order", async () => {
  const sent = [];
  const model = fake((content) => sent.push(content));
  const rpc = createRpc(model);
  const [one, two] = [rpc.call("a"), rpc.call("b")];
  model.answer({ id: sent[1].id, ok: 2 });
  model.answer({ id: sent[0].id, ok: 1 });
  assert.deepEqual([(await one).reply, (await two).reply], [1, 2]);
  rpc.close();
  assert.equal(model.backs.length, 0);
});

test("an error is told as the kernel says it, with its places", async () => {
  let id;
  const model = fake((content) => { id = content.id; });
  const call = createRpc(model).call("a");
  model.answer({ id, error: "no such place", places: [["connection.rate", "a number out of range"]] });
  await assert.rejects(call, (error) => error.message === "no such place" && error.places[0][0] === "connection.rate");
});

test("a kernel that is gone says what to do", async () => {
  const rpc = createRpc(fake(() => { throw new Error("Cannot send"); }));
  await assert.rejects(rpc.call("a"), /run this cell again/);
});

test("no answer in time is told", async () => {
  const rpc = createRpc(fake(() => {}), { patience: 20 });
  await assert.rejects(rpc.call("a"), /No answer from the kernel/);
});
