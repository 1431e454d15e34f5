/** The views of a response: charts, table, JSON. */

import { drawings, tables } from '../drawing/index.js';
import { chart } from './charts.js';
import { element } from './elements.js';
import { tableView } from './table-view.js';

/** @import { Drawing, GraphQLResponse, Operation, Table } from '../drawing/types.js' */
/** @import { Chart } from './charts.js' */
/** @import { TableView } from './table-view.js' */

const MAX_CHARTS = 60;

/** @typedef {'charts' | 'table' | 'json'} ViewName */
/**
 * @typedef {object} Shown
 * @property {Drawing[]} drawn
 * @property {Table[]} lists
 * @property {GraphQLResponse} json
 * @property {boolean} isLive
 */

const NAMES = /** @type {const} */ (['charts', 'table', 'json']);

export class Views {
  /** @type {Shown} */
  #shown = { drawn: [], lists: [], json: {}, isLive: false };
  /** @type {Chart[]} */
  #charts = [];
  /** @type {TableView | null} */
  #table = null;

  /**
   * @param {HTMLElement} tabList
   * @param {HTMLElement} panel
   */
  constructor(tabList, panel) {
    this.tabList = tabList;
    this.panel = panel;
    /** @type {ViewName} */
    this.selected = 'charts';
    /** @type {ViewName} */
    this.visible = 'charts';
    tabList.addEventListener('keydown', (event) => this.step(event));
  }

  /**
   * @param {GraphQLResponse} response
   * @param {Operation} operation
   */
  show(response, operation) {
    this.#shown = { drawn: drawings(response, operation), lists: tables(response, operation), json: response, isLive: false };
    this.#showTabs();
    this.select(this.#shown.drawn.length === 0 && this.selected === 'charts' ? 'json' : this.selected, false);
  }

  /**
   * Show what a subscription has. What is there already stays where it is, with new figures.
   * @param {GraphQLResponse} response
   * @param {GraphQLResponse} event the last one
   * @param {Operation} operation
   */
  showLive(response, event, operation) {
    const isFirst = !this.#shown.isLive || this.tabList.childElementCount === 0;
    this.#shown = { drawn: drawings(response, operation), lists: tables(response, operation), json: event, isLive: true };
    this.#showTabs();
    if (isFirst || !this.#update()) this.select(isFirst ? this.selected : this.visible, false);
  }

  /** Write the tabs, without replacing those that there are. */
  #showTabs() {
    const { drawn, lists, isLive } = this.#shown;
    const labels = { charts: `Charts (${drawn.length})`, table: `Tables (${lists.length})`, json: isLive ? 'Last event' : 'JSON' };
    for (const name of NAMES) {
      const tab = document.getElementById(`tab-${name}`) ?? this.#newTab(name);
      if (tab.textContent !== labels[name]) tab.textContent = labels[name];
    }
  }

  /** @param {ViewName} name */
  #newTab(name) {
    const tab = element('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': this.panel.id, click: () => this.select(name) });
    this.tabList.append(tab);
    return tab;
  }

  /** Show new figures in what is visible; return false if it has to be made anew. */
  #update() {
    const { drawn, lists, json } = this.#shown;
    switch (this.visible) {
      case 'charts':
        return this.#charts.length > 0 && this.#charts.length === Math.min(drawn.length, MAX_CHARTS) && this.#charts.every((one, index) => one.update(/** @type {Drawing} */ (drawn[index])));
      case 'table':
        this.#table?.update(lists);
        return this.#table !== null;
      case 'json': {
        const text = this.panel.querySelector('pre');
        if (text) text.textContent = JSON.stringify(json, null, 2);
        return text !== null;
      }
    }
  }

  /**
   * @param {ViewName} name
   * @param {boolean} [isChoice] of the user, which holds for later responses
   */
  select(name, isChoice = true) {
    if (isChoice) this.selected = name;
    this.visible = name;
    for (const one of this.#charts) one.destroy();
    this.#charts = [];
    this.#table = null;
    for (const tab of this.tabList.querySelectorAll('button')) {
      const isSelected = tab.id === `tab-${name}`;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
    }
    this.panel.setAttribute('aria-labelledby', `tab-${name}`);
    this.panel.replaceChildren(...this.#content(name));
    this.redraw();
  }

  redraw() {
    for (const one of this.#charts) one.redraw();
  }

  /**
   * @param {ViewName} name
   * @returns {Node[]}
   */
  #content(name) {
    switch (name) {
      case 'charts':
        return this.#chartNodes();
      case 'table':
        this.#table = tableView(this.#shown.lists);
        return [this.#table.element];
      case 'json':
        return [element('pre', { tabindex: '0', 'aria-label': this.#shown.isLive ? 'Last event as JSON' : 'Response as JSON' }, [JSON.stringify(this.#shown.json, null, 2)])];
    }
  }

  #chartNodes() {
    const { drawn, isLive } = this.#shown;
    this.#charts = drawn.slice(0, MAX_CHARTS).map((drawing) => chart(drawing, isLive));
    const nodes = this.#charts.map((one) => one.element);
    if (drawn.length === 0) return [element('p', { class: 'hint' }, [isLive ? 'No figures to draw so far.' : 'The response has no lists of figures to draw.'])];
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
