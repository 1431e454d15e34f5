/** The views of a response: charts, table, JSON. */

import { drawings, tables } from '../drawing/index.js';
import { chart } from './charts.js';
import { element } from './elements.js';
import { tableView } from './table-view.js';

/** @import { GraphQLResponse, Operation } from '../drawing/types.js' */
/** @import { Chart } from './charts.js' */

const MAX_CHARTS = 60;

export class Views {
  /**
   * @param {HTMLElement} tabList
   * @param {HTMLElement} panel
   */
  constructor(tabList, panel) {
    this.tabList = tabList;
    this.panel = panel;
    this.selected = 'charts';
    /** @type {Chart[]} */
    this.charts = [];
    tabList.addEventListener('keydown', (event) => this.step(event));
  }

  /**
   * @param {GraphQLResponse} response
   * @param {Operation} operation
   */
  show(response, operation) {
    const drawn = drawings(response, operation);
    const lists = tables(response, operation);
    /** @type {Record<string, { label: string, content: () => Node[] }>} */
    this.views = {
      charts: { label: `Charts (${drawn.length})`, content: () => this.chartNodes(drawn) },
      table: { label: `Tables (${lists.length})`, content: () => [tableView(lists)] },
      json: { label: 'JSON', content: () => [element('pre', { tabindex: '0', 'aria-label': 'Response as JSON' }, [JSON.stringify(response, null, 2)])] },
    };
    const tabs = Object.entries(this.views).map(([name, { label }]) => {
      const tab = element('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': this.panel.id, click: () => this.select(name) }, [label]);
      return tab;
    });
    this.tabList.replaceChildren(...tabs);
    this.select(drawn.length === 0 && this.selected === 'charts' ? 'json' : this.selected, false);
  }

  /**
   * @param {string} name
   * @param {boolean} [isChoice] of the user, which holds for later responses
   */
  select(name, isChoice = true) {
    if (isChoice) this.selected = name;
    for (const one of this.charts) one.destroy();
    this.charts = [];
    for (const tab of this.tabList.querySelectorAll('button')) {
      const isSelected = tab.id === `tab-${name}`;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
    }
    this.panel.setAttribute('aria-labelledby', `tab-${name}`);
    this.panel.replaceChildren(...(this.views?.[name]?.content() ?? []));
    this.redraw();
  }

  redraw() {
    for (const one of this.charts) one.redraw();
  }

  /** @param {import('../drawing/types.js').Drawing[]} drawn */
  chartNodes(drawn) {
    this.charts = drawn.slice(0, MAX_CHARTS).map(chart);
    const nodes = this.charts.map((one) => one.element);
    if (drawn.length === 0) return [element('p', { class: 'hint' }, ['The response has no lists of figures to draw.'])];
    if (drawn.length <= MAX_CHARTS) return nodes;
    return [...nodes, element('p', { class: 'hint' }, [`${drawn.length - MAX_CHARTS} more are not drawn; the tables have everything.`])];
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const tabs = [...this.tabList.querySelectorAll('button')];
    const current = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = move === undefined ? undefined : tabs[(current + move + tabs.length) % tabs.length];
    next?.click();
    next?.focus();
  }
}
