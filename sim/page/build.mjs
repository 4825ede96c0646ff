// Bundles src/ into one HTML file: node build.mjs OUTPUT. The data of a report goes where /*DATA*/ stands.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = join(dirname(fileURLToPath(import.meta.url)), 'src');
const bundled = await build({ entryPoints: [join(source, 'main.js')], bundle: true, minify: true, format: 'iife', target: 'es2021',
  charset: 'utf8', legalComments: 'inline', write: false });
const script = bundled.outputFiles[0].text.replaceAll('</script', '<\\/script');
const page = readFileSync(join(source, 'template.html'), 'utf8')
  .replace('/*STYLE*/', () => readFileSync(join(source, 'style.css'), 'utf8'))
  .replace('/*SCRIPT*/', () => script);
writeFileSync(process.argv[2], page);
