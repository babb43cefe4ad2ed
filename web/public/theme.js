// Runs before the first paint, so that a dark screen never flashes white.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is switched off: follow the system
    }
  };
  const apply = () => {
    const choice = read("ui.theme");
    const system = dark.matches ? "dark" : "light";
    root.dataset.theme = choice === "light" || choice === "dark" ? choice : system;
  };
  const density = read("ui.density");
  root.dataset.density = density === "compact" || density === "roomy" ? density : "normal";
  apply();
  dark.addEventListener("change", apply);
  addEventListener("millrace:theme", apply);
})();
