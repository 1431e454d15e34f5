/**
 * Tells assistive technology what GraphiQL's tabs are: a list of buttons, of which one is current.
 *
 * GraphiQL calls each item of the list a tab, although it contains two buttons, which a tab may not.
 */

const OBSERVED: MutationObserverInit = {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ['role', 'aria-selected'],
};

export function describeTabList(root: HTMLElement): void {
  const describe = () => {
    for (const list of root.querySelectorAll('.graphiql-tabs')) list.removeAttribute('role');
    for (const item of root.querySelectorAll('.graphiql-tab')) {
      const button = item.querySelector('.graphiql-tab-button');
      const selected = item.getAttribute('aria-selected');
      if (selected !== null) button?.setAttribute('aria-current', selected);
      item.removeAttribute('aria-selected');
      item.removeAttribute('role');
    }
  };
  new MutationObserver(describe).observe(root, OBSERVED);
}
