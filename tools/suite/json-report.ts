// Vitest's report in JSON, without the line that says where it is: runVitest reads the file and removes it.
import { JsonReporter } from 'vitest/node';
import type { Vitest } from 'vitest/node';

// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its file, as the default
export default class QuietJsonReporter extends JsonReporter {
  override onInit(vitest: Vitest): void {
    super.onInit(vitest);
    const { logger } = vitest;
    const log = logger.log.bind(logger);
    logger.log = (...words) => {
      if (!String(words[0]).startsWith('JSON report written')) log(...words);
    };
  }
}
