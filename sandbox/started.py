"""The embedded AWS, deployed and running."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from infra.names import ARCHIVE_STACK
from sandbox import deployment, kept_buckets, kept_chain, ministack_gaps, payer_roles
from sandbox.certificate import keep_certificate
from sandbox.context import Context
from sandbox.deployment import Cdk, Deployed, DeploymentFailed
from sandbox.errors import SandboxError
from sandbox.invoicing_program import InvoicingProgram
from sandbox.kept_locks import kept_locks
from sandbox.lock import FolderLock
from sandbox.ministack import Ministack
from sandbox.places import Places
from sandbox.ports import Ports, kept_ports, require_free
from sandbox.settings import SandboxSettings, sandbox_settings

_LEAST_FREE_BYTES = 1 << 30


class Sandbox(Context):
    """Inside the context ministack and the Invoicing emulator run, with the app deployed.

    Entering deploys if any source of a deployment changed, or if the deployment is incomplete: then
    the control plane is made anew around the archived bytes. `hostile`: AWS's rows and papers carry
    hostile text. `say` gets the name of each slow step. Entering raises SandboxError.
    """

    def __init__(
        self,
        places: Places,
        *,
        payers_file: str = "",
        signature_marker: str = "",
        hostile: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.places = places
        self.deployed: Deployed
        self.settings: SandboxSettings
        self.aws: Ministack
        self.invoicing: InvoicingProgram
        self._payers_file = payers_file
        self._signature_marker = signature_marker
        self._hostile = hostile
        self._say = say
        self._lock: FolderLock
        self._ports: Ports

    def _open(self, opening: ExitStack) -> None:
        self._require_space()
        self._lock = FolderLock(self.places.lock)
        self._lock.acquire()
        opening.callback(self._lock.release)
        self._ports = kept_ports(self.places.ports)
        self.settings = sandbox_settings(
            self.places.project, self._payers_file, self._ports.invoicing
        )
        require_free(self._ports, self.places.shown(self.places.ports))
        shutil.rmtree(self.places.logs, ignore_errors=True)
        keep_certificate(self.places, datetime.now(UTC))
        opening.callback(kept_chain.remember, self.places)  # once ministack has ended
        self._start_deployed(opening)
        ministack_gaps.fix_gaps(
            self.aws,
            self.deployed,
            self.settings.deploy.retention,
            locked=kept_locks(self.places, self.deployed.archive_bucket),
        )
        # last: a starting ministack empties the folder of temporary files that all programs share
        self.invoicing = opening.enter_context(self._invoicing_program())

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        return self.aws.client(service)

    def _require_space(self) -> None:
        self.places.sandbox.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.places.sandbox).free
        if free < _LEAST_FREE_BYTES:
            raise SandboxError(
                f"only {free / (1 << 20):.0f} MiB are free on the disk of {self.places.project}; "
                "free at least 1 GiB and start again"
            )

    def _start_deployed(self, opening: ExitStack) -> None:
        fingerprint = deployment.fingerprint(
            self.places.project,
            self.settings.block,
            self.settings.deploy.payers_file.read_bytes(),
            self._ministack().endpoint,
        )
        self._deploy_if_needed(fingerprint)
        if not self._start_ministack(opening):
            self._say(
                "Embedded AWS: the deployment is incomplete; "
                "making it anew around the archived bytes"
            )
            self._deploy_anew(fingerprint)
            if not self._start_ministack(opening):
                raise SandboxError(
                    f"the stack {ARCHIVE_STACK} is not there after its deployment; "
                    f"see {self.places.logs}"
                )

    def _deploy_if_needed(self, fingerprint: str) -> None:
        if self.places.buckets.exists() and not self.places.chain.exists():
            self._say("Embedded AWS: the archive's signing key is gone; beginning a new archive")
            shutil.rmtree(self.places.buckets)
            self._deploy_anew(fingerprint)
        elif not deployment.was_completed(self.places):
            self._deploy_anew(fingerprint)
        elif not deployment.is_recorded(self.places, fingerprint):
            try:
                self._deploy(fingerprint)
            except DeploymentFailed as error:
                failed = str(error).partition(";")[0]
                self._say(
                    f"Embedded AWS: {failed}; making the deployment anew around the archived bytes"
                )
                self._deploy_anew(fingerprint)

    def _deploy_anew(self, fingerprint: str) -> None:
        kept_buckets.start_anew(self.places)
        self._deploy(fingerprint, made_anew=True)

    def _deploy(self, fingerprint: str, *, made_anew: bool = False) -> None:
        shutil.rmtree(self.places.functions, ignore_errors=True)  # else old code piles up
        self._say("Embedded AWS: starting")
        with self._ministack() as aws:
            cdk = Cdk(self.places, aws.endpoint, self._lock.descriptor, self._say)
            cdk.synthesize(self.settings.block)
            deployment.forget(self.places)  # an interruption from here on means a new deployment
            cdk.deploy()
            self._say("Embedded AWS: deploying the payer accounts' reader roles")
            payer_roles.deploy(aws, self.settings.deploy, self.places.project)
        # The state is saved when ministack has ended; only then is the deployment complete.
        kept_buckets.put_back(self.places)
        if made_anew:
            kept_chain.put_back(self.places)
        kept_chain.remember(self.places)
        deployment.record(self.places, fingerprint)

    def _start_ministack(self, opening: ExitStack) -> bool:
        """True if the deployment is there; ministack is left running only then."""
        self._say("Embedded AWS: starting with the deployed stack")
        with ExitStack() as trial:
            self.aws = trial.enter_context(self._ministack())
            found = deployment.find(self.aws)
            if found:
                self.deployed = found
                opening.push(trial.pop_all())
        return found is not None

    def _ministack(self) -> Ministack:
        return Ministack(self.places, self._ports.ministack, self._lock.descriptor)

    def _invoicing_program(self) -> InvoicingProgram:
        return InvoicingProgram(
            self.places,
            self._ports.invoicing,
            register=self.settings.deploy.payers_file,
            sts_endpoint=self.aws.endpoint,
            signature_marker=self._signature_marker,
            hostile=self._hostile,
            held=self._lock.descriptor,
        )
