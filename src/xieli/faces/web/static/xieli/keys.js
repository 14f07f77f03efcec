// Keys: Ctrl+K or / find, j/k move, Enter open, 1–9 sections, ? help, Ctrl+Enter submit. Nothing fires while Chinese is being composed.
(function () {
  "use strict";
  function composing(e) { return e.isComposing || e.keyCode === 229; }
  function typing(e) { var t = e.target; return /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) || t.isContentEditable; }
  // a part that scrolls sideways and holds nothing to stop at is itself a stop, else the keyboard cannot move it
  function stops() { document.querySelectorAll(".scroll").forEach(function (part) { if (part.scrollWidth > part.clientWidth && !part.querySelector("a[href], button, input:not([type=hidden]), select, textarea, summary")) { part.tabIndex = 0; } }); }
  stops(); addEventListener("resize", stops);
  var find = document.getElementById("find"), palette = document.getElementById("palette"), asked = "", timer = 0, held = false;
  function close() { if (palette) { palette.hidden = true; palette.replaceChildren(); asked = ""; } }
  function ask() {
    var q = find.value.trim();
    if (q === asked) { return; }
    if (q.length < 2) { close(); return; }
    asked = q;
    fetch("/search?q=" + encodeURIComponent(q), { headers: { "HX-Request": "true" }, credentials: "same-origin" }).then(function (r) { return r.ok ? r.text() : ""; }).then(function (html) {
      if (asked !== q || !html) { return; }
      // the answer is our own server's markup, escaped there
      palette.innerHTML = html; palette.hidden = false;
    }).catch(close);
  }
  if (find && palette) {
    find.addEventListener("compositionstart", function () { held = true; });
    find.addEventListener("compositionend", function () { held = false; clearTimeout(timer); timer = setTimeout(ask, 150); });
    find.addEventListener("input", function () { if (!held) { clearTimeout(timer); timer = setTimeout(ask, 150); } });
    find.addEventListener("keydown", function (e) {
      if (composing(e)) { return; }
      if (e.key === "Escape") { close(); return; }
      if (e.key === "ArrowDown") { var first = palette.querySelector("a"); if (first && !palette.hidden) { e.preventDefault(); first.focus(); } }
    });
    palette.addEventListener("keydown", function (e) {
      if (composing(e)) { return; }
      var links = Array.prototype.slice.call(palette.querySelectorAll("a")), at = links.indexOf(document.activeElement);
      if (e.key === "ArrowDown" && at < links.length - 1) { e.preventDefault(); links[at + 1].focus(); }
      if (e.key === "ArrowUp") { e.preventDefault(); if (at > 0) { links[at - 1].focus(); } else { find.focus(); } }
      if (e.key === "Escape") { close(); find.focus(); }
    });
    document.addEventListener("click", function (e) { if (!palette.contains(e.target) && e.target !== find) { close(); } });
  }
  document.addEventListener("keydown", function (e) {
    if (composing(e)) { return; }
    if (find && ((e.ctrlKey && e.key === "k") || (e.key === "/" && !typing(e)))) { e.preventDefault(); find.focus(); find.select(); return; }
    if (e.ctrlKey && e.key === "Enter" && e.target.form && typing(e)) { e.preventDefault(); e.target.form.requestSubmit(); return; }
    if (typing(e) || e.ctrlKey || e.altKey || e.metaKey || document.documentElement.dataset.keys === "off") { return; }
    if (palette && !palette.hidden) { return; }
    if (/^[1-9]$/.test(e.key)) { var parts = document.querySelectorAll("main section > h2"); var part = parts[Number(e.key) - 1]; if (part) { part.tabIndex = -1; part.focus(); part.scrollIntoView({ block: "start" }); } return; }
    if (e.key === "?") { var help = document.getElementById("keys-help"); if (help) { help.open = !help.open; } return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("main [data-row]")).filter(function (r) { return !r.closest("details:not([open])"); });
    if (!rows.length) { return; }
    var at = rows.findIndex(function (r) { return r.classList.contains("on"); });
    if (e.key === "j" || e.key === "k") {
      var next = Math.max(0, Math.min(rows.length - 1, at + (e.key === "j" ? 1 : -1)));
      rows.forEach(function (r) { r.classList.remove("on"); }); rows[next].classList.add("on"); rows[next].scrollIntoView({ block: "nearest" });
      var link = rows[next].querySelector("a"); if (link) { link.focus({ preventScroll: true }); } e.preventDefault();
    }
    if (e.key === "Enter" && at >= 0 && e.target === document.body) { var a = rows[at].querySelector("a"); if (a) { a.click(); } }
  });
  // one effect per press: the buttons rest until the answer is here
  document.addEventListener("submit", function (e) {
    if (e.target.method !== "post") { return; }
    if (e.target.dataset.busy) { e.preventDefault(); return; }
    e.target.dataset.busy = "1"; setTimeout(function () { delete e.target.dataset.busy; }, 8000);
  });
  window.addEventListener("pageshow", function () { document.querySelectorAll("form[data-busy]").forEach(function (f) { delete f.dataset.busy; }); });
})();
