// Paper shows what was typed whole: a field cuts it off at its frame, and shows a date in the browser's own way. What is empty stays a frame to write in.
(function () {
  "use strict";
  function said(field) {
    if (field.tagName === "SELECT") { return Array.prototype.map.call(field.selectedOptions, function (o) { return o.value ? o.textContent.trim() : ""; }).filter(Boolean).join(" · "); }
    return field.value.replace("T", field.type === "datetime-local" ? " " : "T").trim();
  }
  addEventListener("beforeprint", function () {
    document.querySelectorAll("main form :is(input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=range], [type=search]), select, textarea)").forEach(function (field) {
      var text = field.hidden || field.closest("[hidden]") ? "" : said(field);
      if (!text) { return; }
      var typed = document.createElement("span");
      typed.className = "typed"; typed.textContent = text; field.after(typed); field.classList.add("printed");
    });
  });
  addEventListener("afterprint", function () {
    document.querySelectorAll("span.typed").forEach(function (typed) { typed.remove(); });
    document.querySelectorAll(".printed").forEach(function (field) { field.classList.remove("printed"); });
  });
})();
