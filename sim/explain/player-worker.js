// Behind wasm_exec.js, in a worker: the engine, and the line to it.
"use strict";
globalThis.powercutLine = { note: function (text) { postMessage({ note: text }); } };
// What an engine prints is in nobody's way; its last words are told if it ends.
const said = [];
console.log = function (text) { if (said.push(text) > 12) said.shift(); };
const ended = function (how) { postMessage({ ended: [how].concat(said).join("\n") }); };
onmessage = async function (e) {
  if (e.data.order) {
    powercutLine.order(e.data.order + "\n");
    return;
  }
  try {
    const go = new Go();
    go.argv = e.data.args;
    go.env = e.data.env || {};
    go.exit = function (code) { ended("it ended with code " + code); };
    const built = await WebAssembly.instantiate(e.data.wasm, go.importObject);
    await go.run(built.instance);
    ended("it came to its end");
  } catch (err) {
    ended(String(err));
  }
};
