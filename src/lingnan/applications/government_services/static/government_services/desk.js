// The case page by keyboard, while no field has the focus: d to the decision, 1-9 choose an outcome, i to the inbox.
// Shortcuts can be switched off with the box beside them; the choice is kept in this browser.
"use strict";

(() => {
  const act = document.querySelector("[data-act]");
  const box = document.querySelector("[data-keys]");
  if (box) {
    box.checked = localStorage.getItem("desk.keys") !== "off";
    box.closest("label").hidden = false;
    box.addEventListener("change", () => localStorage.setItem("desk.keys", box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea")) return;
    if (!box || !box.checked) return;
    const choices = act ? [...act.querySelectorAll('input[name="outcome"]')] : [];
    if (event.key === "d" && act) {
      act.querySelector("h2").scrollIntoView();
      (choices[0] || act.querySelector("textarea")).focus();
    } else if (event.key === "i") {
      window.location.assign("/desk/");
    } else if (/^[1-9]$/.test(event.key) && choices[Number(event.key) - 1]) {
      const chosen = choices[Number(event.key) - 1];
      chosen.checked = true;
      chosen.focus();
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    } else return;
    event.preventDefault();
  });

  // What stands in the decision outlives taking the task and asking a colleague: kept in this tab until the page is
  // shown again, for the same officer, and no longer. Other forms (signing out) keep nothing.
  const form = act && act.querySelector("form");
  const kept = `desk.kept:${act ? act.dataset.officer : ""}:${window.location.pathname}`;
  const typedBefore = JSON.parse(sessionStorage.getItem(kept) || "[]");
  sessionStorage.removeItem(kept);
  if (!form) return;
  const fields = () => [...form.elements].filter((field) => field.name && !["hidden", "file", "submit"].includes(field.type));
  const isBox = (field) => field.type === "radio" || field.type === "checkbox";
  for (const [name, value, checked] of typedBefore) {
    for (const field of fields().filter((other) => other.name === name)) {
      if (!isBox(field)) field.value = value;
      else if (field.value === value) field.checked = checked;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-keeps-decision]")) return;
    const typed = fields().map((field) => [field.name, field.value, Boolean(field.checked)]);
    sessionStorage.setItem(kept, JSON.stringify(typed));
  });
})();
