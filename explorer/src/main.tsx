import './monaco/workers';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './explorer.css';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { describeTabList } from './tab-list';

const root = document.getElementById('root');
if (root) {
  describeTabList(root);
  createRoot(root).render(<App />);
}
