/** Problems of a response, with buttons that run what answers instead. */

import { button, element } from './elements.js';

/** @import { Problem, Remedy } from '../drawing/types.js' */

/**
 * @param {Problem[]} problems
 * @param {(remedy: Remedy) => void} onRemedy
 */
export function problemList(problems, onRemedy) {
  return problems.map((problem) => {
    const details = problem.details.map(({ name, value }) => element('div', {}, [element('dt', {}, [name]), element('dd', {}, [value])]));
    const buttons = problem.remedies.map((remedy) => button(remedy.label, () => onRemedy(remedy), { 'data-remedy': true }));
    return element('article', { class: 'problem', 'data-kind': problem.kind, 'data-code': problem.code }, [
      element('h3', {}, [`${problem.title} `, element('code', {}, [problem.code])]),
      ...(problem.field === '' ? [] : [element('p', {}, [element('strong', {}, [problem.field])])]),
      element('p', {}, [problem.message]),
      ...(details.length > 0 ? [element('dl', {}, details)] : []),
      ...(buttons.length > 0 ? [element('div', { class: 'buttons' }, buttons)] : []),
    ]);
  });
}
