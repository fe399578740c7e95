"""The verbs of the tool, a module each; a new one is added to `VERBS`."""

from ops.verb import Verb
from ops.verbs import check, doctor, heads

VERBS: tuple[Verb, ...] = (check.VERB, doctor.VERB, heads.VERB)
