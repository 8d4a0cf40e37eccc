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
    if (canvas.zoom() < 0.7) {
      // Too small to read: show the steps that are open, the rest is reached by dragging.
      canvas.zoom(0.8, "auto");
      const lit = holder.dataset.current.split(",").map((id) => known.get(id)).find((step) => step);
      if (lit) canvas.scrollToElement(lit);
    }
    if (fallback) fallback.hidden = true;
  } catch {
    holder.hidden = true;
  }
})();
