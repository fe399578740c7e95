"""The verbs of the tool, a module each; a new one is added to `VERBS`."""

from ops.verb import Verb
from ops.verbs import acknowledge, check, doctor, explain, heads

VERBS: tuple[Verb, ...] = (check.VERB, doctor.VERB, explain.VERB, acknowledge.VERB, heads.VERB)
