"use strict";

// The live view: the server sends what to show, and says when it is over.
const live = document.getElementById("live");
if (live && window.EventSource) {
  const events = new EventSource(live.dataset.events);
  events.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (told.over) {
      events.close();
      location.reload();
    } else {
      // Only when it changes, since screen readers say it then.
      const state = document.getElementById("state");
      if (state.textContent !== told.title) state.textContent = told.title;
      live.innerHTML = told.html;
    }
  };
  window.addEventListener("pagehide", () => events.close());
}

// A file dropped anywhere on the form is the one that is handed in.
for (const form of document.querySelectorAll("form.hand-in")) {
  const drop = form.querySelector(".drop");
  const file = form.querySelector("input[type=file]");
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  form.addEventListener("dragleave", () => drop.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
  });
  // Twice is one submission too many.
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    setTimeout(() => { button.disabled = true; button.textContent = "Sending …"; });
  });
  window.addEventListener("pageshow", () => {
    const button = form.querySelector("button");
    button.disabled = false;
    button.textContent = "Grade it";
  });
}

// Every answer is saved when it is given, also where nobody presses a button.
for (const form of document.querySelectorAll("form.question")) {
  const saved = form.querySelector(".saved");
  const save = async () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("go", "stay");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "error" });
      if (answer.ok) saved.textContent = saved.dataset.saved;
      else if (answer.status === 422) saved.textContent = await answer.text();
      else location.reload();
    } catch {
      saved.textContent = saved.dataset.failed;
    }
  };
  let waiting = 0;
  form.addEventListener("change", () => { clearTimeout(waiting); save(); });
  form.addEventListener("input", (event) => {
    if (event.target.id !== "answer") return;
    clearTimeout(waiting);
    waiting = setTimeout(save, 800);
  });
}

// The clock of a quiz; the server's own decides.
for (const clock of document.querySelectorAll("[data-left]")) {
  const end = Date.now() + 1000 * Number(clock.dataset.left);
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    const minutes = Math.floor(left / 60);
    clock.textContent = left >= 7200 ? `${Math.floor(left / 3600)} hours left` : `${minutes}:${String(left % 60).padStart(2, "0")} left`;
    // A second later, since the server's clock shows whole seconds, too.
    if (left === 0) setTimeout(() => location.reload(), 1000);
    else setTimeout(tick, 1000);
  };
  tick();
}
