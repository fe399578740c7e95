"""Paths of the embedded AWS, all below the project's folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The folders of one embedded AWS; `make clean` removes `sandbox` and `archive`."""

    project: Path
    """The checkout: app.py, cdk.json and their sources."""
    sandbox: Path
    """The state of the embedded AWS, kept between runs."""
    archive: Path
    """The archive bucket's current objects as files."""

    @classmethod
    def under(cls, folder: Path, project: Path) -> "Places":
        return cls(project, folder / "sandbox", folder / "archive")

    @property
    def lock(self) -> Path:
        return self.sandbox / "lock"

    @property
    def ports(self) -> Path:
        return self.sandbox / "ports.json"

    @property
    def certificate(self) -> Path:
        """The certificate, in a folder of its own, because ministack writes a bundle beside it."""
        return self.sandbox / "tls" / "certificate.pem"

    @property
    def certificate_key(self) -> Path:
        return self.certificate.with_name("key.pem")

    @property
    def state(self) -> Path:
        """ministack's control plane: stacks, functions, keys, schedules."""
        return self.sandbox / "state"

    @property
    def buckets(self) -> Path:
        """The bytes of every bucket."""
        return self.sandbox / "s3"

    @property
    def kept_buckets(self) -> Path:
        """The bytes while a new control plane is made for them (see sandbox.kept_buckets)."""
        return self.sandbox / "s3-kept"

    @property
    def chain(self) -> Path:
        """The signing key and the latest-manifest records (see sandbox.kept_chain)."""
        return self.sandbox / "chain.json"

    @property
    def deployed(self) -> Path:
        """The fingerprint of the last complete deployment's sources."""
        return self.sandbox / "deployed.json"

    @property
    def exported(self) -> Path:
        """List of the last export's files."""
        return self.sandbox / "exported.json"

    @property
    def assembly(self) -> Path:
        return self.sandbox / "cdk.out"

    @property
    def papers(self) -> Path:
        """The papers of the made-up organization, which every embedded AWS of a project shares."""
        return self.project / "build" / "papers"

    @property
    def functions(self) -> Path:
        """The functions' zips, unpacked (see sandbox.ministack_server)."""
        return self.sandbox / "functions"

    @property
    def logs(self) -> Path:
        """The logs of the last run."""
        return self.sandbox / "logs"

    @property
    def function_log(self) -> Path:
        """The functions' logs in the last run."""
        return self.logs / "functions.log"

    @property
    def temporary(self) -> Path:
        return self.sandbox / "tmp"

    @property
    def home(self) -> Path:
        """The home folder of the programs, so that no file of the person's own is read."""
        return self.sandbox / "home"

    def shown(self, path: Path) -> str:
        """The path as a person in the project's folder types it."""
        return (
            str(path.relative_to(self.project)) if path.is_relative_to(self.project) else str(path)
        )
