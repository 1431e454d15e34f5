/** Light or dark, as the system has it or as its user chose. */

const KEY = 'coinglass-graphql:colours';
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param {HTMLSelectElement} select
 * @param {() => void} onChange
 */
export function prepareTheme(select, onChange) {
  select.value = stored();
  const apply = () => {
    document.documentElement.dataset['theme'] = select.value || (dark.matches ? 'dark' : 'light');
    onChange();
  };
  select.addEventListener('change', () => {
    store(select.value);
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : '';
  } catch {
    return ''; // storage is switched off
  }
}

/** @param {string} value */
function store(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // storage is switched off: the choice holds for this visit
  }
}
