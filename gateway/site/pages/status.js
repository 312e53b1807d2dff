// Reloads the status every few seconds and updates the page where it changed.
const SECONDS = 5;
const verdict = document.querySelector("#verdict");
const pause = document.querySelector("#pause");
const lost = document.querySelector("#lost");

function takeOver(page) {
  document.title = page.title;
  for (const part of ["main", "#looked"]) document.querySelector(part).replaceWith(page.querySelector(part));
  const found = page.querySelector("#verdict");
  // Only on a change: screen readers read it out whenever it is set.
  if (found.textContent !== verdict.textContent) {
    verdict.className = found.className;
    verdict.textContent = found.textContent;
  }
}

async function refresh() {
  if (document.hidden || pause.getAttribute("aria-pressed") === "true") return;
  try {
    const answer = await fetch("/status", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(answer.statusText);
    takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

pause.addEventListener("click", () => {
  const pressed = pause.getAttribute("aria-pressed") === "true";
  pause.setAttribute("aria-pressed", String(!pressed));
  refresh();
});
pause.hidden = false;
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, SECONDS * 1000);
