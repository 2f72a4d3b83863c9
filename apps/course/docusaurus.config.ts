import type { Config, PluginConfig } from '@docusaurus/types';
import { themes } from 'prism-react-renderer';
import { recordTraces, RECORDED } from './plugins/record-traces';
import { rfcCoverage } from './plugins/rfc-coverage';

/** Lets pages import the packages' TypeScript sources, the same files that the grader and the Pis run. */
const sources: PluginConfig = () => ({
  name: 'tcblab-sources',
  configureWebpack: () => ({ resolve: { conditionNames: ['source', '...'] } }),
});

const config: Config = {
  title: 'tcblab',
  tagline: 'Write TCP, and see it work on a wire',
  favicon: 'img/favicon.svg',
  url: 'http://localhost',
  baseUrl: '/',
  trailingSlash: true,
  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  future: { v4: true, faster: true },
  markdown: { hooks: { onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw' } },
  i18n: {
    defaultLocale: 'en',
    locales: ['en', 'zh-Hans'],
    localeConfigs: { en: { label: 'English' }, 'zh-Hans': { label: '简体中文' } },
  },
  staticDirectories: ['static', RECORDED],
  plugins: [
    sources,
    recordTraces,
    rfcCoverage,
    ['@docusaurus/plugin-content-docs', { routeBasePath: '/', path: 'docs', sidebarPath: './sidebars.ts' }],
    ['@docusaurus/plugin-content-pages', {}],
  ],
  themes: [
    ['@docusaurus/theme-classic', { customCss: './src/css/site.css' }],
    [
      '@easyops-cn/docusaurus-search-local',
      { language: ['en', 'zh'], docsRouteBasePath: '/', indexBlog: false, hashed: true },
    ],
  ],
  themeConfig: {
    colorMode: { respectPrefersColorScheme: true },
    prism: { theme: themes.vsLight, darkTheme: themes.vsDark },
    navbar: {
      title: 'tcblab',
      items: [
        { type: 'docSidebar', sidebarId: 'course', label: 'Course', position: 'left' },
        { to: '/playground', label: 'Playground', position: 'left' },
        { to: '/viewer', label: 'Viewer', position: 'left' },
        { type: 'localeDropdown', position: 'right' },
      ],
    },
  },
};

export default config;
