// Small helps on top of pages that work without any script.
"use strict";

(() => {
  // A form's problems come first: the summary takes the focus.
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();

  // Menus close on Escape and on a click elsewhere.
  const menus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // A form is sent once: a second press within the wait does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter && event.submitter.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    window.setTimeout(() => delete form.dataset.sent, 4000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Drafts save themselves: <form data-autosave="/address/"> with a [data-autosave-status] inside or near it.
  document.querySelectorAll("form[data-autosave]").forEach((form) => {
    const status = document.querySelector("[data-autosave-status]");
    let timer = 0;
    let last = "";
    const encode = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
    const say = (key) => {
      if (status && status.dataset[key]) status.textContent = status.dataset[key];
    };
    const save = async () => {
      const body = encode();
      if (body === last) return;
      say("saving");
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Requested-With": "fetch" },
          body: `${body}&_autosave=1`,
        });
        if (!answer.ok) throw new Error(String(answer.status));
        last = body;
        say("saved");
      } catch {
        say("failed");
      }
    };
    last = encode();
    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, 1500);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && !form.dataset.sent) save();
    });
  });

  // A place opens its next level, and finds names, without a press: the page answers as it does to
  // the button, and only the field is exchanged.
  const askPlace = async (field, drop) => {
    const form = field.closest("form");
    const path = field.dataset.regionField;
    const body = new URLSearchParams([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== `${path}.${drop}`));
    body.append("_find", path);
    const answer = await fetch(form.action, { method: "POST", credentials: "same-origin", body });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(field.id);
  };
  const hidePlaceButtons = () => document.querySelectorAll("[data-region-button]").forEach((part) => { part.hidden = true; });
  const showPlaceButtons = () => document.querySelectorAll("[data-region-button]").forEach((part) => { part.hidden = false; });
  hidePlaceButtons();
  document.addEventListener("change", async (event) => {
    const level = event.target.closest("select[data-region]");
    const field = level && level.closest("[data-region-field]");
    if (!field) return;
    try {
      const fresh = await askPlace(field, "found");
      if (!fresh) return;
      field.replaceWith(fresh);
      hidePlaceButtons();
      const levels = [...fresh.querySelectorAll("select[data-region]")];
      const next = levels[levels.findIndex((one) => one.id === level.id) + 1];
      (next || document.getElementById(level.id)).focus();
    } catch {
      showPlaceButtons();
    }
  });
  let placeTimer = 0;
  document.addEventListener("input", (event) => {
    const search = event.target.closest("[data-region-search]");
    const field = search && search.closest("[data-region-field]");
    if (!field) return;
    window.clearTimeout(placeTimer);
    placeTimer = window.setTimeout(async () => {
      try {
        const typed = search.value;
        const fresh = await askPlace(field, "found");
        const found = field.querySelector("[role=status]");
        if (fresh && search.value === typed) found.replaceChildren(...fresh.querySelector("[role=status]").childNodes);
      } catch {
        showPlaceButtons();
      }
    }, 400);
  });

  // A table wider than the screen becomes cards on a phone: each cell says its column.
  const intoCards = () => document.querySelectorAll(".table-scroll > .table").forEach((table) => {
    if (table.parentElement.scrollWidth <= table.parentElement.clientWidth) return;
    if (table.querySelector(":is(thead, tbody) :is([colspan], [rowspan], input[type=checkbox])")) return;
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    if (!names.length) return;
    table.querySelectorAll("tbody tr").forEach((row) => [...row.cells].forEach((cell, number) => {
      if (number && cell.tagName === "TD" && names[number]) cell.dataset.label = names[number];
    }));
    table.classList.add("table--cards");
  });
  const phone = window.matchMedia("(max-width: 47.99rem)");
  if (phone.matches) intoCards();
  phone.addEventListener("change", (event) => { if (event.matches) intoCards(); });

  // Copy what stands in a code sample.
  if (navigator.clipboard) {
    document.querySelectorAll("button[data-copy]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        const before = button.textContent;
        button.textContent = button.dataset.done;
        window.setTimeout(() => { button.textContent = before; }, 2000);
      });
    });
  }

  // Print buttons are only there where a script can print.
  document.querySelectorAll("button[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
})();
