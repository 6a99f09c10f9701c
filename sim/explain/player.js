"use strict";
(function () {
  const $ = function (id) { return document.getElementById(id); };
  const data = JSON.parse($("data").textContent);
  const own = data.first; // as it was played natively
  let play = own, engine = null, busy = false, next = null, sweeping = false;
  let marks = {}; // of a sweep: operation -> whether a law was broken

  const element = function (tag, attributes, text) {
    const e = document.createElement(tag);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const clone = function (move) { return JSON.parse(JSON.stringify(move)); };

  // The engine, in a worker.

  async function unpack() {
    const packed = atob($("wasm").textContent.trim()), bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }
  async function start() {
    const worker = new Worker(URL.createObjectURL(new Blob([$("worker").textContent], { type: "text/javascript" })));
    const ready = new Promise(function (resolve, reject) {
      worker.onerror = function (e) { reject(new Error(e.message)); };
      worker.onmessage = function (e) {
        if (e.data.ended) return reject(new Error(e.data.ended));
        if (JSON.parse(e.data.note).serving) resolve();
      };
    });
    const wasm = await unpack();
    worker.postMessage({ wasm: wasm, args: data.args, env: data.env }, [wasm]);
    await ready;
    return {
      ask: function (move) {
        return new Promise(function (resolve, reject) {
          worker.onmessage = function (e) {
            if (e.data.ended) return reject(new Error("the engine ended: " + e.data.ended));
            const note = JSON.parse(e.data.note);
            if (note.error) return reject(new Error(note.error.text));
            resolve(note.play);
          };
          worker.onerror = function (e) { reject(new Error(e.message)); };
          worker.postMessage({ order: JSON.stringify({ case: { do: "play", name: data.name, text: data.text, move: move } }) });
        });
      },
    };
  }
  function fail(err) {
    engine = null;
    const e = $("engine");
    e.className = "broken-engine";
    e.textContent = "The engine can't be played here any more: " + err.message + ". Natively it can: simrun repro, simrun explain and simrun debug take the case below.";
    enable();
  }
  start().then(async function (ready) {
    const again = await ready.ask(own.move);
    const differs = ["digest", "violated", "law", "what"].filter(function (key) { return again.verdict[key] !== own.verdict[key]; });
    if (differs.length > 0 || again.case !== own.case) {
      throw new Error("it does not do what the native one did (" + (differs.join(", ") || "the text of the case") + " differ), so that it says nothing about that");
    }
    engine = ready;
    $("engine").textContent = "The engine is ready: here, too, the case comes to the digest " + again.verdict.digest + ".";
    document.documentElement.dataset.ready = "true";
    show();
  }).catch(fail);

  // ask makes a move. While one is being made the last of those that follow is kept.
  async function ask(move) {
    if (!engine) return;
    if (busy) { next = move; return; }
    busy = true;
    document.documentElement.dataset.busy = "true";
    $("verdict").classList.add("stale");
    try {
      play = await engine.ask(move);
    } catch (err) {
      fail(err);
    }
    busy = false;
    if (next && engine) {
      const then = next;
      next = null;
      return ask(then);
    }
    $("verdict").classList.remove("stale");
    show();
  }

  // Moves.

  function cutAt(step) {
    const move = clone(play.move);
    delete move.change;
    const old = move.cuts[move.level];
    move.cuts = move.cuts.slice(0, move.level);
    move.cuts.push({ step: step, image: old ? old.image : "" });
    move.follow = true;
    const special = $("special").value;
    if (special) move.change = { kind: "special", name: special };
    return move;
  }
  function change(what) {
    const move = clone(play.move);
    move.cuts = move.cuts.slice(0, move.level + 1);
    move.follow = false;
    move.change = what;
    ask(move);
  }
  function lookAt(level) {
    const move = clone(play.move);
    delete move.change;
    move.level = level;
    move.follow = false;
    marks = {};
    ask(move);
  }
  $("cut").addEventListener("input", function (e) { tellBefore(+e.target.value); ask(cutAt(+e.target.value)); });
  function stepBy(n) {
    const cut = $("cut"), to = Math.min(+cut.max, Math.max(1, +cut.value + n));
    cut.value = to;
    tellBefore(to);
    ask(cutAt(to));
  }
  $("earlier").addEventListener("click", function () { stepBy(-1); });
  $("later").addEventListener("click", function () { stepBy(1); });
  $("reset").addEventListener("click", function () { marks = {}; sweeping = false; $("special").value = ""; ask(clone(own.move)); });
  $("uncut").addEventListener("click", function () {
    const move = clone(play.move);
    delete move.change;
    move.cuts = move.cuts.slice(0, move.level);
    ask(move);
  });
  $("profile").addEventListener("change", function (e) { marks = {}; change({ kind: "profile", name: e.target.value }); });
  $("special").addEventListener("change", function (e) { marks = {}; if (e.target.value) change({ kind: "special", name: e.target.value }); });
  $("sweep").addEventListener("click", async function () {
    if (sweeping) { sweeping = false; return; }
    sweeping = true;
    marks = {};
    enable();
    const back = clone(play.move);
    delete back.change;
    for (let step = 1; step <= +$("cut").max && sweeping && engine; step++) {
      await ask(cutAt(step));
      marks[step] = play.verdict.violated;
    }
    sweeping = false;
    await ask(back);
  });

  // What is shown.

  function show() {
    const v = play.verdict, level = play.move.level, cut = play.move.cuts[level];
    const tag = $("tag");
    tag.className = "tag " + (v.missed ? "part" : v.violated ? "lost" : "kept");
    tag.textContent = v.missed ? "says nothing" : v.violated ? v.law + " broken" : "every law holds";
    $("where").textContent = play.crash || "no power cut in " + play.title;
    $("digest").textContent = v.digest;
    $("sentence").textContent = v.sentence;
    $("sentence").classList.toggle("holds", !v.violated && !v.missed);
    $("law").textContent = v.law_text ? "The law: " + v.law_text : "";
    $("diff").hidden = v.rows.length === 0;
    $("diff").tBodies[0].replaceChildren.apply($("diff").tBodies[0], v.rows.map(function (row) {
      const tr = element("tr", { class: (row[2] ? "differs" : "") + (row[3] ? " first" : "") });
      [row[0], row[1]].forEach(function (side) { tr.append(element("td", side === null ? { class: "none" } : {}, side === null ? "—" : side)); });
      return tr;
    }));
    $("levels").replaceChildren.apply($("levels"), play.levels.map(function (title, i) {
      const b = element("button", { type: "button", "aria-pressed": String(i === level) }, i < play.move.cuts.length ? "in " + title : "cut " + title + " too");
      if (i === 0 && play.move.cuts.length === 0) b.textContent = "in " + title;
      b.addEventListener("click", function () { lookAt(i); });
      return b;
    }));
    const range = $("cut");
    range.max = Math.max(1, play.ops.length + (play.end ? 1 : 0));
    range.value = cut ? cut.step : range.max;
    tellBefore(cut ? cut.step : 0);
    showTime(cut);
    showChanges(cut);
    $("case").textContent = play.case;
    enable();
  }
  function tellBefore(step) {
    const op = play.ops[step - 1];
    $("before").textContent = !step ? "No power cut in " + play.title + "." :
      op ? "before operation " + step + ": " + op.text + (op.place ? "  " + op.place : "") : "after the last operation";
    $("cut").setAttribute("aria-valuetext", $("before").textContent);
  }
  function detail(e) {
    const b = e.target.closest ? e.target.closest("[data-detail]") : null;
    if (b) $("detail").textContent = b.dataset.detail;
  }
  ["focusin", "mouseover"].forEach(function (kind) { document.addEventListener(kind, detail); });

  // The lanes: clients, and the disk, whose operations are buttons.
  function showTime(cut) {
    const grid = document.querySelector("#time .timeline"), columns = play.ops.length + 2, focused = document.activeElement && document.activeElement.dataset.step;
    grid.style.gridTemplateColumns = "max-content repeat(" + columns + ", var(--col)) minmax(6rem, max-content)";
    const fates = {};
    play.changes.forEach(function (c) {
      if (c.step) fates[c.step] = fates[c.step] && fates[c.step] !== fateClass(c) ? "part" : fateClass(c);
    });
    const all = [], actors = [];
    play.calls.forEach(function (c) { if (!actors.includes(c.actor)) actors.push(c.actor); });
    actors.sort();
    const lane = function (name, row) { all.push(element("div", { class: "lane", style: "grid-row:" + row + ";grid-column:1" }, name)); };
    actors.forEach(function (name, i) {
      lane(name, i + 2);
      play.calls.filter(function (c) { return c.actor === name; }).forEach(function (c) {
        const from = c.from + 2, to = Math.max(from + 1, c.to + 2), acked = c.done && c.answer.startsWith("acknowledged");
        const b = element("button", { type: "button", class: "call" + (acked ? " acked" : "") + (cut && c.from >= cut.step ? " past" : ""), tabindex: "-1",
          style: "grid-row:" + (i + 2) + ";grid-column:" + from + " / " + to + ";--room:" + (to - from),
          "data-detail": c.actor + ": " + c.text + "\n" + (c.done ? c.answer : "no answer: it was in flight") });
        b.append(element("span", {}, (acked ? "✓ " : "") + c.text));
        all.push(b);
      });
    });
    const row = actors.length + 2;
    lane("disk", row);
    const here = cut ? cut.step : 0;
    const ops = play.ops.concat(play.end ? [{ step: play.ops.length + 1, op: "end", short: "end", text: "the end", actor: "", place: "", fault: "" }] : []);
    ops.forEach(function (op) {
      const past = cut && op.step >= cut.step;
      const b = element("button", { type: "button", "data-step": op.step, tabindex: op.step === (here || 1) ? "0" : "-1",
        class: [past ? "past" : fates[op.step] || "", op.fault ? "fault" : ""].join(" ").trim(),
        style: "grid-row:" + row + ";grid-column:" + (op.step + 1),
        "data-detail": "before operation " + op.step + (op.actor ? ", by " + op.actor : "") + ": " + op.text + (op.place ? "\n  at " + op.place : "") + (op.fault ? "\nan injected fault: " + op.fault : "") + "\nTap to cut the power here." });
      b.append(element("span", {}, op.op));
      b.addEventListener("click", function () { ask(cutAt(op.step)); });
      all.push(b);
    });
    if (Object.keys(marks).length > 0) {
      lane("cut here", row + 1);
      ops.forEach(function (op) {
        if (marks[op.step] === undefined) return;
        const b = element("button", { type: "button", tabindex: "-1", class: marks[op.step] ? "broken" : "safe", style: "grid-row:" + (row + 1) + ";grid-column:" + (op.step + 1),
          "data-mark": marks[op.step] ? "broken" : "holds", "data-detail": "a power cut before operation " + op.step + (marks[op.step] ? " breaks a law" : ": every law holds") });
        b.append(element("span", {}, marks[op.step] ? "✗" : "✓"));
        b.addEventListener("click", function () { ask(cutAt(op.step)); });
        all.push(b);
      });
    }
    let line = null;
    if (cut) {
      line = element("div", { class: "crash", style: "grid-row:1 / " + (row + 2) + ";grid-column:" + (cut.step + 1), title: play.crash });
      all.push(line, element("div", { class: "crashlabel", style: "grid-row:1;grid-column:" + (cut.step + 1) }, play.crash.startsWith("process") ? "process crash" : "power cut"));
    }
    grid.replaceChildren.apply(grid, all);
    const names = grid.querySelector(".lane");
    if (names) grid.style.setProperty("--lane", names.offsetWidth + "px");
    const box = $("time");
    if (line && (line.offsetLeft < box.scrollLeft + 120 || line.offsetLeft > box.scrollLeft + box.clientWidth - 60)) box.scrollLeft = line.offsetLeft - 0.6 * box.clientWidth;
    if (focused) {
      const again = grid.querySelector('[data-step="' + (here || focused) + '"]');
      if (again) again.focus({ preventScroll: true });
    }
  }
  $("time").addEventListener("keydown", function (e) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key], cut = $("cut");
    if (e.key === "Home") stepBy(1 - +cut.value);
    else if (e.key === "End") stepBy(+cut.max - +cut.value);
    else if (by) stepBy(by);
    else return;
    e.preventDefault();
  });

  function fateClass(c) { return c.gone || c.fate === "lost" ? "lost" : c.fate === "kept" ? "kept" : "part"; }
  function versionText(v) {
    if (v === "durable") return "the medium's";
    if (v === "zero" || v === "hole") return "zeros";
    if (v[0] === "#") return "another file's";
    return "op " + v;
  }
  function showChanges(cut) {
    if (play.profile) $("profile").value = play.profile;
    const special = $("special"), was = special.value;
    special.replaceChildren.apply(special, [element("option", { value: "" }, "as chosen below")].concat(play.specials.map(function (name) { return element("option", { value: name }, name); })));
    special.value = play.specials.includes(was) && (!play.move.change || play.move.change.kind === "special") ? was : "";
    const answer = $("answer");
    answer.className = play.refused ? "refused" : "";
    answer.textContent = play.refused ? "Not lawful, so nothing was changed: " + play.refused + "." :
      play.flips.length > 0 ? "With it, since " + play.because.join("; and ") + ": " + play.flips.join("; ") + "." : "";
    const process = cut && cut.image === "process-crash";
    const rows = play.changes.map(function (c, i) {
      const tr = element("tr", {}), box = element("input", { type: "checkbox", "data-change": i, "aria-label": "survives: " + c.text });
      box.checked = !c.gone && c.fate === "kept";
      box.indeterminate = !c.gone && c.fate === "lost in part";
      box.disabled = !engine || process;
      box.addEventListener("change", function () { $("special").value = ""; marks = {}; change({ kind: box.checked ? "keep" : "lose", pending: i }); });
      const first = element("td", {});
      first.append(box);
      const fate = element("td", {});
      fate.append(element("span", { class: "tag " + fateClass(c) }, c.gone ? "gone with its file" : c.fate));
      tr.append(first, element("td", { class: "mono" }, c.text), fate, element("td", { class: "mono" }, c.place));
      return tr;
    });
    if (rows.length === 0) {
      const tr = element("tr", {});
      tr.append(element("td", { colspan: "4" }, cut && !play.verdict.missed && play.crash ? "Nothing was pending: all that had been done was on the medium." : "No power cut came here."));
      rows.push(tr);
    }
    $("changes").tBodies[0].replaceChildren.apply($("changes").tBodies[0], rows);
    $("files").replaceChildren.apply($("files"), play.files.map(function (f) {
      const box = element("div", {}), strip = element("div", { class: "strip", role: "group", "aria-label": "sectors of " + f.path });
      f.units.forEach(function (u) {
        const can = u.may.length > 1;
        const b = element("button", { type: "button", "data-unit": u.number, class: u.shown === u.may[u.may.length - 1] || !can ? "" : "other",
          "data-detail": f.path + ", bytes " + u.offset + " to " + (u.offset + u.len) + ": shows " + versionText(u.shown) + (can ? "; may show " + u.may.map(versionText).join(", ") + ". Tap for the next." : "; nothing else is lawful") });
        b.append(element("small", {}, String(u.offset)), versionText(u.shown));
        b.disabled = !engine || !can;
        b.addEventListener("click", function () {
          $("special").value = "";
          marks = {};
          change({ kind: "show", ino: f.ino, unit: u.number, version: u.may[(u.may.indexOf(u.shown) + 1) % u.may.length] });
        });
        strip.append(b);
      });
      box.append(element("h3", {}, f.path + ": what each sector shows"), strip);
      if (f.more > 0) box.append(element("p", { class: "hint" }, "… and " + f.more + " more"));
      return box;
    }));
  }
  function enable() {
    ["cut", "earlier", "later", "sweep", "uncut", "reset", "profile", "special"].forEach(function (id) { $(id).disabled = !engine; });
    $("uncut").disabled = !engine || !play.move.cuts[play.move.level];
    $("profile").disabled = $("special").disabled = !engine || !play.move.cuts[play.move.level];
    $("sweep").textContent = sweeping ? "Stop" : "Try each operation";
    document.querySelectorAll("#levels button").forEach(function (b) { b.disabled = !engine; });
    document.documentElement.dataset.busy = String(busy || sweeping);
  }
  $("copy").addEventListener("click", function () {
    const said = function (ok) { $("copy").textContent = ok ? "Copied" : "It is marked: copy it with the keyboard"; };
    const mark = function () { getSelection().selectAllChildren($("case")); said(false); };
    if (navigator.clipboard) navigator.clipboard.writeText($("case").textContent).then(function () { said(true); }, mark);
    else mark();
  });
  addEventListener("resize", function () { showTime(play.move.cuts[play.move.level]); });
  show();
})();
