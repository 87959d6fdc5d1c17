// Whether the server has loaded what it answers from.

export async function watchState(line) {
  let pause = 800;
  for (;;) {
    let text = line.dataset.unreachable;
    let name = "unreachable";
    try {
      const health = await (await fetch("healthz", { cache: "no-store" })).json();
      name = health.status;
      text = line.dataset[name].replace("{}", health.documents);
      line.title = health.message ?? "";
    } catch {
      pause = 5000;
    }
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = name;
    if (name === "loading") pause = 800;
    else if (name !== "unreachable") pause = 30000;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
