// The process drawn by bpmn-js, with the steps that are open lit; without it the plain drawing stays.
"use strict";

(async () => {
  const holder = document.querySelector("[data-bpmn]");
  if (!holder || !window.BpmnJS) return;
  const fallback = document.querySelector("[data-bpmn-fallback]");
  try {
    const answer = await fetch(holder.dataset.bpmn, { credentials: "same-origin" });
    if (!answer.ok) return;
    holder.hidden = false;
    const viewer = new window.BpmnJS({ container: holder });
    await viewer.importXML(await answer.text());
    const canvas = viewer.get("canvas");
    const known = viewer.get("elementRegistry");
    const mark = (list, name) => list.split(",").filter((id) => id && known.get(id)).forEach((id) => canvas.addMarker(id, name));
    mark(holder.dataset.passed, "wf-is-passed");
    mark(holder.dataset.current, "wf-is-current");
    canvas.zoom("fit-viewport", "auto");
    if (fallback) fallback.hidden = true;
  } catch {
    holder.hidden = true;
  }
})();
