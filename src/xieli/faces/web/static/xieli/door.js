// Passkeys: the browser asks the authenticator, the answer goes into the form as text. Without JavaScript the six digits still work.
(function () {
  "use strict";
  function bytes(text) { var s = atob(text.replace(/-/g, "+").replace(/_/g, "/")), a = new Uint8Array(s.length), i; for (i = 0; i < s.length; i += 1) { a[i] = s.charCodeAt(i); } return a; }
  function text(buffer) { var a = new Uint8Array(buffer), s = "", i; for (i = 0; i < a.length; i += 1) { s += String.fromCharCode(a[i]); } return btoa(s).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, ""); }
  function each(list) { return (list || []).map(function (c) { return Object.assign({}, c, { id: bytes(c.id) }); }); }
  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var holder = document.getElementById(form.dataset.passkey), button = form.querySelector("button"), said = form.querySelector("[role=status]");
    if (!holder || !window.PublicKeyCredential) { form.hidden = true; return; }
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      if (form.answer.value) { return; }
      event.preventDefault();
      var options = JSON.parse(holder.textContent).publicKey, made = form.dataset.how === "create";
      options.challenge = bytes(options.challenge);
      if (made) { options.user.id = bytes(options.user.id); options.excludeCredentials = each(options.excludeCredentials); } else { options.allowCredentials = each(options.allowCredentials); }
      button.disabled = true;
      (made ? navigator.credentials.create({ publicKey: options }) : navigator.credentials.get({ publicKey: options })).then(function (c) {
        var r = c.response, out = { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: {}, response: { clientDataJSON: text(r.clientDataJSON) } };
        if (made) { out.response.attestationObject = text(r.attestationObject); } else { out.response.authenticatorData = text(r.authenticatorData); out.response.signature = text(r.signature); if (r.userHandle) { out.response.userHandle = text(r.userHandle); } }
        form.answer.value = JSON.stringify(out); button.disabled = false; form.submit();
      }).catch(function () { button.disabled = false; said.textContent = form.dataset.failed; });
    });
  });
}());
