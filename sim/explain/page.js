"use strict";
(function () {
  var all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };

  // What is under the pointer, or has the focus, is told at the bottom.
  var detail = document.getElementById("detail");
  var show = function (e) {
    var b = e.target.closest ? e.target.closest("[data-detail]") : null;
    if (b) detail.textContent = b.dataset.detail;
  };
  document.addEventListener("focusin", show);
  document.addEventListener("mouseover", show);
  document.addEventListener("click", show);

  // The columns of a timeline, in rem: without labels, with codes, with words.
  var widths = [0.5, 1.1, 2.3, 4.7, 8];
  var codes = 2, words = 3;
  var rem = parseFloat(getComputedStyle(document.documentElement).fontSize);

  function Timeline(box) {
    var grid = box.querySelector(".timeline"), tools = document.querySelector('[data-for="' + box.id + '"]');
    var columns = +grid.dataset.columns, crash = grid.querySelector(".crash"), lane = grid.querySelector(".lane");
    var canvas = tools.querySelector("canvas"), view = tools.querySelector(".overview div");
    var level = window.innerWidth < 40 * rem ? codes : words, width;

    function setWidth(to) {
      var middle = (box.scrollLeft + box.clientWidth / 2 - lane.offsetWidth) / (width || 1);
      width = to;
      grid.style.setProperty("--col", to + "rem");
      grid.classList.toggle("bare", to < widths[codes]);
      grid.classList.toggle("codes", to >= widths[codes] && to < widths[words]);
      box.scrollLeft = middle * to + lane.offsetWidth - box.clientWidth / 2;
      draw();
    }
    function zoom(by) {
      if (by === 0) {
        var rest = box.scrollWidth - width * rem * columns; // the names of the lanes, and what stands behind the crash
        setWidth(Math.max(0.05, (box.clientWidth - rest) / rem / columns));
        return;
      }
      var next = by > 0 ? widths.findIndex(function (w) { return w > width + 0.01; }) : widths.findLastIndex(function (w) { return w < width - 0.01; });
      if (next >= 0) { level = next; setWidth(widths[level]); }
    }
    // draw paints all bars of all lanes, small, and where the window is.
    function draw() {
      var whole = box.scrollWidth <= box.clientWidth;
      tools.hidden = whole && columns < 12;
      canvas.parentNode.style.visibility = whole ? "hidden" : "";
      if (whole) return;
      var scale = window.devicePixelRatio || 1, c = canvas.getContext("2d");
      canvas.width = canvas.clientWidth * scale;
      canvas.height = canvas.clientHeight * scale;
      var x = canvas.width / grid.scrollWidth, y = canvas.height / grid.scrollHeight;
      all("button", grid).forEach(function (b) {
        var style = getComputedStyle(b);
        c.fillStyle = b.classList.contains("lost") || b.classList.contains("part") ? style.color : style.backgroundColor;
        c.fillRect(b.offsetLeft * x, b.offsetTop * y, Math.max(1, b.offsetWidth * x - 0.5), Math.max(1, b.offsetHeight * y - 1));
      });
      if (crash) {
        c.fillStyle = getComputedStyle(crash).borderLeftColor;
        c.fillRect(crash.offsetLeft * x, 0, 2 * scale, canvas.height);
      }
      follow();
    }
    function follow() {
      view.style.left = 100 * box.scrollLeft / box.scrollWidth + "%";
      view.style.width = Math.min(100, 100 * box.clientWidth / box.scrollWidth) + "%";
    }
    function jump(e) {
      var at = e.currentTarget.getBoundingClientRect();
      box.scrollLeft = (e.clientX - at.left) / at.width * box.scrollWidth - box.clientWidth / 2;
    }
    grid.style.setProperty("--lane", lane.offsetWidth + "px");
    setWidth(widths[level]);
    if (crash) box.scrollLeft = crash.offsetLeft - 0.7 * box.clientWidth; // what came right before it is what matters
    follow();
    box.addEventListener("scroll", follow);
    window.addEventListener("resize", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    all("[data-zoom]", tools).forEach(function (b) { b.addEventListener("click", function () { zoom(+b.dataset.zoom); }); });
    var overview = tools.querySelector(".overview");
    overview.addEventListener("pointerdown", function (e) { overview.setPointerCapture(e.pointerId); jump(e); });
    overview.addEventListener("pointermove", function (e) { if (e.buttons) jump(e); });
    box.addEventListener("keydown", function (e) {
      var by = { "+": 1, "=": 1, "-": -1, "0": 0 }[e.key];
      if (by === undefined || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      zoom(by);
    });
  }
  all(".scroll[id]").forEach(function (box) { new Timeline(box); });

  all("[data-copy]").forEach(function (b) {
    b.addEventListener("click", function () {
      var text = document.getElementById(b.dataset.copy);
      var said = function (ok) { b.textContent = ok ? "Copied" : "It is marked: copy it with the keyboard"; };
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text.textContent).then(function () { said(true); }, function () { mark(text); said(false); });
      } else { // a page that was opened as a file, in some browsers
        mark(text);
        said(false);
      }
    });
  });
  function mark(element) {
    var range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  document.addEventListener("keydown", function (e) {
    var b = e.target;
    if (!b.dataset || !b.dataset.lane) return;
    var lane = all('[data-lane="' + b.dataset.lane + '"]');
    var i = lane.indexOf(b);
    var go = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: lane.length - 1 }[e.key];
    if (go === undefined || !lane[go]) return;
    e.preventDefault();
    lane[go].focus();
  });
})();
