// Reads workflow files as GitHub does, with its own parser, and fails where it finds an error in one of them.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// The parser imports JSON without saying so, which node refuses.
registerHooks({ load: (url, context, next) => next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context) });
const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import('@actions/workflow-parser');

for (const name of process.argv.slice(2)) {
  const { context, value } = parseWorkflow({ name, content: readFileSync(name, 'utf8') }, new NoOperationTraceWriter());
  const template = value && (await convertWorkflowTemplate(context, value));
  const jobs = template?.jobs ?? []; // a file with errors has none, whatever the types say
  const errors = context.errors.getErrors();
  for (const error of errors) console.error(error.message);
  console.log(`${name}: ${jobs.length} jobs, ${errors.length} errors`);
  if (errors.length || !jobs.length) process.exitCode = 1;
}
