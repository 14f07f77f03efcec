// On a phone a page of many cards shows their headings with what each holds; a press opens one. Without this script every card is open,
// and on a wider window and on paper they always are (desk.css). What one worked in stands open when the answer comes: its address names it.
(function () {
  "use strict";
  function card(at) { return at && at.closest ? at.closest("[data-fold] .card[id]") : null; }
  function show(part, open) {
    part.classList.toggle("folded", !open);
    part.querySelector(".unfold-card").setAttribute("aria-expanded", String(open));
  }
  // how many lines a card holds: said on the closed one
  function lines(part) { return part.querySelectorAll(":scope > ul > li:not(.soft), :scope > ol > li").length; }
  document.querySelectorAll("[data-fold]").forEach(function (page) {
    page.querySelectorAll(".card[id]:not([data-open])").forEach(function (part) {
      var heading = part.querySelector("h2, figcaption"); if (!heading) { return; }
      var button = document.createElement("button"), n = lines(part);
      heading.id = heading.id || part.id + "-heading";
      button.type = "button"; button.className = "plain unfold-card"; button.id = part.id + "-fold";
      button.setAttribute("aria-label", page.dataset.fold); button.setAttribute("aria-labelledby", heading.id + " " + button.id);
      if (n && !/\d\s*$/.test(heading.textContent)) { button.dataset.lines = String(n); }
      button.addEventListener("click", function () { show(part, part.classList.contains("folded")); });
      part.prepend(button); show(part, false);
      // the answer to a form leads back here, and a browser carries the part of the address that names a place along
      part.addEventListener("submit", function (e) { e.target.action = e.target.action.split("#")[0] + "#" + part.id; });
    });
  });
  // an address that names a card, a field that is wrong and a search in the page find it open
  function reached(at) { var part = card(at); if (part && part.classList.contains("folded")) { show(part, true); } }
  function named() { if (location.hash.length > 1) { var at = document.getElementById(decodeURIComponent(location.hash.slice(1))); reached(at); if (at && card(at)) { at.scrollIntoView(); } } }
  document.addEventListener("focusin", function (e) { if (!e.target.classList.contains("unfold-card")) { reached(e.target); } });
  addEventListener("hashchange", named); named();
})();
