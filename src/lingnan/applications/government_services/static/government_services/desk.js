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
})();
