// Drafts: what is typed is kept on the server every ten seconds, never in the browser; a form on the sealed path (data-sealed) keeps nothing.
(function () {
  "use strict";
  var EVERY = 10000;
  function watch(form) {
    var last = "", note = form.querySelector("[data-draft-note]");
    function body() {
      var data = new FormData(form);
      data.append("_form", form.dataset.draft); data.append("_path", location.pathname); data.append("_title", form.dataset.title || document.title);
      return data;
    }
    function text(data) { var out = []; data.forEach(function (v, k) { if (k !== "csrfmiddlewaretoken" && typeof v === "string") { out.push(k + "=" + v); } }); return out.join("\n"); }
    last = text(body());
    function keep(leaving) {
      if (form.dataset.sent) { return; }
      var data = body(), now = text(data);
      if (now === last) { return; }
      fetch("/drafts/save", { method: "POST", body: data, credentials: "same-origin", redirect: "error", keepalive: !!leaving }).then(function (r) { if (!r.ok) { throw new Error(String(r.status)); } return r.json(); }).then(function (answer) {
        if (answer.kept) { last = now; if (note) { note.textContent = form.dataset.kept + " " + new Date().toTimeString().slice(0, 5); } }
      }).catch(function () { if (note) { note.textContent = form.dataset.lost; } });
    }
    setInterval(keep, EVERY);
    form.addEventListener("submit", function () { form.dataset.sent = "1"; setTimeout(function () { delete form.dataset.sent; }, 8000); });
    document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") { keep(true); } });
  }
  document.querySelectorAll("form[data-draft]:not([data-sealed])").forEach(watch);
})();
