// Passkeys: fetch the question, let the device answer it, send the form. Without this script the
// page says in a sentence why there is no button.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const withBytes = (keys) => (keys || []).map((key) => ({ ...key, id: toBytes(key.id) }));

  const create = async (options) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: withBytes(options.excludeCredentials),
      },
    });
    return {
      rawId: toText(made.rawId),
      type: made.type,
      response: {
        clientDataJSON: toText(made.response.clientDataJSON),
        attestationObject: toText(made.response.attestationObject),
      },
    };
  };
  const get = async (options) => {
    const given = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        allowCredentials: withBytes(options.allowCredentials),
      },
    });
    const { clientDataJSON, authenticatorData, signature, userHandle } = given.response;
    return {
      rawId: toText(given.rawId),
      type: given.type,
      response: {
        clientDataJSON: toText(clientDataJSON),
        authenticatorData: toText(authenticatorData),
        signature: toText(signature),
        userHandle: userHandle ? toText(userHandle) : "",
      },
    };
  };
  const ask = async (form) => {
    if (form.dataset.options) return { options: JSON.parse(form.dataset.options) };
    const answer = await fetch(form.dataset.challenge, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
    });
    return answer.json();
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const problem = form.querySelector("[data-passkey-problem]");
    const say = (text) => {
      problem.textContent = text;
      problem.hidden = false;
    };
    form.querySelectorAll("[data-passkey-shown]").forEach((part) => (part.hidden = false));
    form.querySelectorAll("[data-passkey-without]").forEach((part) => (part.hidden = true));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      problem.hidden = true;
      const button = form.querySelector("button[data-passkey-shown]");
      button.disabled = true;
      try {
        const question = await ask(form);
        if (question.problem) {
          say(question.problem);
          return;
        }
        const answer = await (form.dataset.passkey === "create" ? create : get)(question.options);
        if (question.id) form.elements.attempt.value = question.id;
        form.elements.credential.value = JSON.stringify(answer);
        form.submit();
      } catch (error) {
        const known = error.name === "InvalidStateError" ? "known" : "cancelled";
        say(form.dataset[known] || form.dataset.cancelled);
      } finally {
        button.disabled = false;
      }
    });
  });
})();
