(() => {
  const box = document.getElementById('by-name');
  if (!box) return;
  const field = box.querySelector('input');
  const told = box.querySelector('output');
  const items = [...document.querySelectorAll('.item')];
  const names = items.map((it) => it.querySelector('.name').textContent.toLowerCase());
  const count = (n) => n.toLocaleString('en-US');
  const update = () => {
    const wanted = field.value.trim().toLowerCase();
    const chosen = document.querySelector('input[name="show"]:checked');
    const kind = chosen ? chosen.value : 'all';
    let shown = 0;
    items.forEach((it, at) => {
      const fits = names[at].includes(wanted);
      if (it.hidden === fits) it.hidden = !fits;
      if (fits && (kind === 'all' || it.classList.contains(kind))) shown += 1;
    });
    told.textContent = `${count(shown)} of ${count(items.length)} shown`;
  };
  box.hidden = false;
  field.addEventListener('input', update);
  document.querySelectorAll('input[name="show"]').forEach((it) => {
    it.addEventListener('change', update);
  });
  update();
})();
