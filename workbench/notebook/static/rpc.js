// Questions to the kernel and their answers, as custom messages: nothing of a response becomes widget state.

const PATIENCE = 60000;
const GONE = "The kernel was restarted or is gone - run this cell again.";

export function createRpc(model, { patience = PATIENCE, slow = () => {} } = {}) {
  const waiting = new Map();
  let last = 0;
  const session = Math.random().toString(36).slice(2);

  function receive(content, buffers) {
    const entry = content && waiting.get(content.id);
    if (!entry) return;
    waiting.delete(content.id);
    clearTimeout(entry.timer);
    clearTimeout(entry.slow);
    slow(waiting.size > 0 && entry.told);
    if (content.error !== undefined) entry.reject(Object.assign(new Error(content.error), { places: content.places }));
    else entry.resolve({ reply: content.ok, buffers: buffers || [] });
  }

  model.on("msg:custom", receive);

  function call(op, args = {}) {
    const id = `${session}-${++last}`;
    return new Promise((resolve, reject) => {
      const entry = { resolve, reject, told: false };
      entry.slow = setTimeout(() => { entry.told = true; slow(true); }, 1000);
      entry.timer = setTimeout(() => {
        waiting.delete(id);
        clearTimeout(entry.slow);
        slow(false);
        reject(new Error("No answer from the kernel. Is a cell still running? Otherwise run this cell again."));
      }, patience);
      waiting.set(id, entry);
      try {
        model.send({ id, op, args });
      } catch (error) {
        waiting.delete(id);
        clearTimeout(entry.timer);
        clearTimeout(entry.slow);
        reject(new Error(GONE));
      }
    });
  }

  function close() {
    model.off("msg:custom", receive);
    for (const entry of waiting.values()) {
      clearTimeout(entry.timer);
      clearTimeout(entry.slow);
    }
    waiting.clear();
  }

  return { call, close };
}
