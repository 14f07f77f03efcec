// The waiting page of a demo that starts anew: asks until it was gone once and is ready again, then goes to the entrance.
(function () {
  "use strict";
  var box = document.querySelector("[data-anew]"), passed = box.querySelector("[data-passed]"), began = Date.now(), gone = false;
  function say(words) { passed.textContent = words; }
  function look() {
    var seconds = Math.round((Date.now() - began) / 1000);
    say(seconds > 600 ? box.dataset.late : passed.dataset.words.replace("{n}", seconds));
    fetch("/readyz", { cache: "no-store" }).then(function (r) { if (r.ok && gone) { location.replace(box.dataset.anew); return; } if (!r.ok) { gone = true; } setTimeout(look, 2000); })
      .catch(function () { gone = true; setTimeout(look, 2000); });
  }
  setTimeout(look, 1000);
})();
