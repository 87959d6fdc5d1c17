// Whether the server has loaded what it answers from.

// ``changed`` is called when there is something to answer from, and whenever it is another index.
export async function watchState(line, changed) {
  let index = null;
  let pause = 800;
  for (;;) {
    let text = line.dataset.unreachable;
    let name = "unreachable";
    try {
      const health = await (await fetch("healthz", { cache: "no-store" })).json();
      name = health.status;
      text = line.dataset[name].replace("{}", health.documents);
      line.title = health.message ?? "";
      if (health.index && health.index !== index) {
        index = health.index;
        changed();
      }
    } catch {
      pause = 5000;
    }
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = name;
    if (name === "loading") pause = 800;
    else if (name !== "unreachable") pause = 30000;
    // After a change of the library at once, else when the time has come.
    await new Promise((resolve) => {
      setTimeout(resolve, pause);
      document.addEventListener("librarychange", resolve, { once: true });
    });
  }
}
