/** Keys of the query's text field: Tab stays free for the focus, Enter keeps the indentation. */

const INDENT = /^[ \t]*/;

/**
 * @param {HTMLTextAreaElement} field
 * @param {() => void} onRun
 */
export function prepareEditor(field, onRun) {
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      onRun();
    } else if (!event.shiftKey && !event.isComposing) {
      event.preventDefault();
      insertLine(field);
    }
  });
}

/** @param {HTMLTextAreaElement} field */
function insertLine(field) {
  const { value, selectionStart: start, selectionEnd: end } = field;
  const line = value.slice(value.lastIndexOf('\n', start - 1) + 1, start);
  const indent = INDENT.exec(line)?.[0] ?? '';
  const opens = /[{([]\s*$/.test(line);
  field.setRangeText(`\n${indent}${opens ? '  ' : ''}`, start, end, 'end');
  field.dispatchEvent(new Event('input'));
}
