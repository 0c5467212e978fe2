"""The compose column: account and model, prompt, references, parameters, cost, Generate; and the drafts."""
