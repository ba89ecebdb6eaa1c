"use strict";
// The state of the server, this server's address in the examples, and buttons to copy them.
(() => {
  const words = { ready: "Ready", starting: "Starting", draining: "Shutting down", unavailable: "Not available" };

  async function refresh() {
    let status = "unavailable";
    try {
      const response = await fetch("/health/ready", { cache: "no-store" });
      status = (await response.json()).status;
    } catch {
      // the server is away: that is what the page says
    }
    document.getElementById("status-text").textContent = words[status] ?? words.unavailable;
    document.getElementById("status").className = "status " + (status === "ready" ? "ready" : "down");
  }

  for (const base of document.querySelectorAll(".base")) base.textContent = location.origin;

  for (const box of document.querySelectorAll(".code")) {
    if (!navigator.clipboard) break;  // plain http on another machine
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(box.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }

  refresh();
  setInterval(refresh, 10000);
})();
