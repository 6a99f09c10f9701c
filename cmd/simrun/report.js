"use strict";
(function () {
  var all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };

  // Tables are sorted by a click on the head of a column, and long ones filtered.
  function value(cell) { return cell ? cell.textContent.replace(/\u00a0/g, "").trim() : ""; }
  function compare(a, b) {
    var x = Number(a), y = Number(b);
    return a !== "" && b !== "" && !isNaN(x) && !isNaN(y) ? x - y : a.localeCompare(b, "en", { numeric: true });
  }
  function sort(table, heads, column) {
    var down = heads[column].getAttribute("aria-sort") === "ascending";
    if (!heads[column].hasAttribute("aria-sort") && heads[column].classList.contains("n")) down = true; // most first
    heads.forEach(function (th) { th.removeAttribute("aria-sort"); });
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    var body = table.tBodies[0];
    var rows = all("tr", body).map(function (row, i) { return { row: row, at: i, key: value(row.cells[column]) }; });
    rows.sort(function (a, b) { return (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.at - b.at; });
    rows.forEach(function (one) { body.appendChild(one.row); });
  }
  function addFilter(table, box) {
    var label = document.createElement("label"), input = document.createElement("input"), count = document.createElement("span");
    label.className = "filter";
    input.type = "search";
    input.placeholder = "filter";
    input.setAttribute("aria-label", "filter the rows");
    label.append(input, count);
    box.before(label);
    input.addEventListener("input", function () {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean), rows = all("tbody tr", table), shown = 0;
      rows.forEach(function (row) {
        var text = row.textContent.toLowerCase();
        row.hidden = !words.every(function (w) { return text.includes(w); });
        if (!row.hidden) shown++;
      });
      count.textContent = words.length ? shown + " of " + rows.length : "";
    });
  }
  all("table.sortable").forEach(function (table) {
    var heads = all("thead th", table);
    heads.forEach(function (th, column) {
      var b = document.createElement("button");
      b.type = "button";
      b.textContent = th.textContent;
      th.replaceChildren(b);
      b.addEventListener("click", function () { sort(table, heads, column); });
    });
    if (table.tBodies[0].rows.length > 8) addFilter(table, table.closest(".scroll") || table);
  });

  // The heat map: what a cell means is told beside it, and arrow keys go from cell to cell.
  var heat = document.getElementById("heat"), told = document.getElementById("cell");
  if (!heat) return;
  addFilter(heat, heat.closest(".box"));
  var cells = all("td[data-title]", heat);
  cells.forEach(function (td, i) { td.tabIndex = i ? -1 : 0; });
  function tell(e) {
    var td = e.target.closest("td[data-title]");
    if (td) told.textContent = td.dataset.title;
  }
  heat.addEventListener("mouseover", tell);
  heat.addEventListener("focusin", tell);
  heat.addEventListener("click", function (e) {
    var td = e.target.closest("td[data-title]");
    if (td) td.focus();
  });
  heat.addEventListener("keydown", function (e) {
    var by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[e.key], td = e.target.closest("td");
    if (!by || !td) return;
    var row = td.parentNode, column = td.cellIndex;
    do { // over cells that mean nothing, and rows that are filtered out
      if (by[0]) row = by[0] > 0 ? row.nextElementSibling : row.previousElementSibling;
      column += by[1];
      if (!row || column < 1 || column >= row.cells.length) return;
    } while (row.hidden || !row.cells[column].dataset.title);
    e.preventDefault();
    td.tabIndex = -1;
    row.cells[column].tabIndex = 0;
    row.cells[column].focus();
  });
})();
