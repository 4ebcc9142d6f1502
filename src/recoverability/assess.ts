import type { Assessment, RecoverabilityInput } from '../core/recoverability.ts';
import { exposureOf } from './exposure.ts';
import { evaluateFindings } from './findings.ts';
import { assessRepository, judgeRepository } from './repository.ts';
import { verdictOf } from './verdict.ts';

/** The one answer: what can be got back, to when, how much is lost, how long it takes. */
export function assess(input: RecoverabilityInput): Assessment {
  const repositories = input.repositories.map((repository) => judgeRepository(repository, input));
  const exposure = exposureOf(input, repositories);
  const findings = evaluateFindings({ input, repositories, exposure });
  return {
    verdict: verdictOf(findings, input.sources),
    findings,
    exposure,
    repositories: repositories.map(assessRepository),
    sources: input.sources,
    policy: input.policy,
    assessedAtSeconds: input.nowSeconds,
  };
}
