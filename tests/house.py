"""A whole vmie for tests: the real server in a process of its own, seen through boto3.

house ──► Server (one `vmie serve` process, its port, its data folder)
  └─ a fresh account, so that tests that share a server do not see each other's things
"""

import json
import os
import re
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import botocore.client
import botocore.config
import botocore.session
from botocore.credentials import Credentials

from state.blobs import Blobs
from state.disks import Disk, open_snapshot
from state.store import Store
from tests import forks

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import (
        ImportImageResultTypeDef,
        ImportImageTaskTypeDef,
        ImportSnapshotResultTypeDef,
        SnapshotTaskDetailTypeDef,
    )
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient

Shape = TypeVar("Shape", "SnapshotTaskDetailTypeDef", "ImportImageTaskTypeDef")

READY_SECONDS = 30  # generous: many test processes may start at once on a small machine


class Server:
    """One `vmie serve` process, which can be stopped, killed and started again on the same port."""

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.data_dir = data_dir
        # The disks of most tests hold no system; those of guests have one, and say "auto".
        # None of those starts either, but for the tiny ones; and instances are records.
        self.settings: dict[str, object] = {
            "port": 0, "guests": "off", "boot": "off", "instances": "off", **settings
        }  # fmt: skip
        self.endpoint = ""
        self.process: forks.Process | None = None

    @property
    def pid(self) -> int:
        """The process id of the server that runs."""
        assert self.process is not None, "the server is not running"
        return self.process.pid

    @property
    def log(self) -> str:
        """Everything the server has logged so far, over all its starts."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def log_path(self) -> Path:
        """Where the server's log goes."""
        return self.data_dir.with_name(self.data_dir.name + ".log")

    def start(self, *, forked: bool = True) -> None:
        """Start the server and wait for its ready line."""
        assert self.process is None, "the server is running"
        words = ["serve", "--data-dir", str(self.data_dir), *flags(self.settings)]
        self.process = launch(*words, log=self.log_path, forked=forked)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"https?://[^ ]+", line)
        if found is None:
            self.process.kill()
            self.process.wait()
            self.process = None
            raise AssertionError(f"the server did not start: {line!r}\n{self.log}")
        self.endpoint = found[0].rstrip("/.,")
        self.settings["port"] = int(self.endpoint.rpartition(":")[2])

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        self.end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask the server to stop; return its exit code."""
        return self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait until the process is gone."""
        assert self.process is not None, "the server is not running"
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(READY_SECONDS)
        finally:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()


def launch(
    *arguments: str, log: Path, environ: Mapping[str, str] | None = None, forked: bool = True
) -> Any:
    """Start `vmie` with nothing of this process's settings; stdout is a pipe, stderr the log."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("VMIE_")}
    environ = clean | dict(environ or {})
    with log.open("a") as file:
        stderr = file.fileno()
        return forks.start("emulator", *arguments, environ=environ, stderr=stderr, forked=forked)


def flags(settings: Mapping[str, object]) -> list[str]:
    """Spell settings as flags of the command line."""
    return [
        word
        for name, value in settings.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]


class House:
    """A server seen from one account."""

    def __init__(
        self, server: Server, account_id: str | None = None, region: str = "us-east-1"
    ) -> None:
        self.server = server
        self.account_id = account_id or new_account()
        self.region = region  # of the clients for EC2, unless they are for another

    @property
    def endpoint(self) -> str:
        """Where the server listens: http://127.0.0.1:PORT."""
        return self.server.endpoint

    @property
    def data_dir(self) -> Path:
        """The server's data folder."""
        return self.server.data_dir

    def ec2(self, account_id: str | None = None, region: str | None = None) -> "EC2Client":
        """Get a boto3 client for EC2."""
        return client(  # type: ignore[no-any-return]
            "ec2", self.endpoint, account_id or self.account_id, region or self.region
        )

    def s3(self, account_id: str | None = None, region: str = "us-east-1") -> "S3Client":
        """Get a boto3 client for S3, path style."""
        return client("s3", self.endpoint, account_id or self.account_id, region)  # type: ignore[no-any-return]

    def sts(self, account_id: str | None = None, region: str = "us-east-1") -> "STSClient":
        """Get a boto3 client for STS."""
        return client("sts", self.endpoint, account_id or self.account_id, region)  # type: ignore[no-any-return]

    def iam(self, account_id: str | None = None, region: str = "us-east-1") -> Any:
        """Get a boto3 client for IAM."""
        return client("iam", self.endpoint, account_id or self.account_id, region)

    def kms(self, account_id: str | None = None, region: str | None = None) -> Any:
        """Get a boto3 client for KMS."""
        return client("kms", self.endpoint, account_id or self.account_id, region or self.region)

    def ebs(self, account_id: str | None = None, region: str | None = None) -> Any:
        """Get a boto3 client for EBS direct."""
        return client("ebs", self.endpoint, account_id or self.account_id, region or self.region)

    def bucket(self, region: str = "us-east-1") -> str:
        """Create a bucket with a name of its own."""
        name = f"bucket-{secrets.token_hex(6)}"
        if region == "us-east-1":
            self.s3().create_bucket(Bucket=name)
        else:
            self.s3(region=region).create_bucket(
                Bucket=name,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
        return name

    def open_bucket(self) -> str:
        """Create a bucket in which anybody may do anything, signed or not."""
        name, s3 = self.bucket(), self.s3()
        arn = f"arn:aws:s3:::{name}"
        everything = {
            "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
        }  # fmt: skip
        s3.delete_public_access_block(Bucket=name)
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": [everything]}))
        return name

    def put_object(self, bucket: str, key: str, body: bytes | Path) -> None:
        """Upload bytes or a file."""
        if isinstance(body, Path):
            with body.open("rb") as file:
                self.s3().put_object(Bucket=bucket, Key=key, Body=file)
        else:
            self.s3().put_object(Bucket=bucket, Key=key, Body=body)

    def finished(
        self, task: "ImportSnapshotResultTypeDef", *, region: str = "us-east-1", timeout: float = 60
    ) -> "SnapshotTaskDetailTypeDef":
        """Wait until a snapshot import is completed or deleted; return its SnapshotTaskDetail."""
        ec2, named = self.ec2(region=region), [task["ImportTaskId"]]

        def look() -> "SnapshotTaskDetailTypeDef":
            described = ec2.describe_import_snapshot_tasks(ImportTaskIds=named)
            return described["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]

        return ended(look, timeout)

    def finished_image(
        self, task: "ImportImageResultTypeDef", *, region: str = "us-east-1", timeout: float = 60
    ) -> "ImportImageTaskTypeDef":
        """Wait until an image import is completed or deleted; return it."""
        ec2, named = self.ec2(region=region), [task["ImportTaskId"]]

        def look() -> "ImportImageTaskTypeDef":
            return ec2.describe_import_image_tasks(ImportTaskIds=named)["ImportImageTasks"][0]

        return ended(look, timeout)

    def snapshot_bytes(self, snapshot_id: str) -> Path:
        """Find the file that holds the bytes of a snapshot."""
        store = Store(str(self.server.settings.get("database_url") or default_url(self.data_dir)))
        try:
            with store.read() as tx:
                snapshot = tx.snapshots.get(snapshot_id)
            assert snapshot is not None, f"there is no {snapshot_id}"
            return Blobs(self.data_dir).path(snapshot.blob_id)
        finally:
            store.close()

    def disk(self, snapshot_id: str) -> Disk:
        """Open the disk of a snapshot, which may be encrypted; raises KeyUnusable."""
        store = Store(str(self.server.settings.get("database_url") or default_url(self.data_dir)))
        try:
            with store.read() as tx:
                snapshot = tx.snapshots.get(snapshot_id)
                assert snapshot is not None, f"there is no {snapshot_id}"
                return open_snapshot(tx, Blobs(self.data_dir), snapshot, datetime.now(UTC))
        finally:
            store.close()

    def kill(self) -> None:
        """SIGKILL the server."""
        self.server.kill()

    def stop(self) -> int:
        """SIGTERM the server and wait; return its exit code."""
        return self.server.stop()

    def start(self) -> None:
        """Start the server again, on the same port and data folder."""
        self.server.start()


MakeHouse = Callable[..., House]


def ended(look: Callable[[], Shape], timeout: float) -> Shape:
    """Look at an import again and again until it is completed or deleted."""
    deadline = time.monotonic() + timeout
    while (shape := look())["Status"] not in ("completed", "deleted"):
        assert time.monotonic() < deadline, f"an import has not ended: {shape}"
        time.sleep(0.05)
    return shape


def new_account() -> str:
    """Make up an account number."""
    return str(10**11 + secrets.randbelow(9 * 10**11))


def default_url(data_dir: Path) -> str:
    """Where a server keeps its SQLite store."""
    return f"sqlite:///{data_dir / 'vmie.db'}"


@cache
def session() -> boto3.Session:
    """One session for all clients: it reads each service's model once."""
    core = botocore.session.Session(profile=None)
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    return boto3.Session(botocore_session=core)


CREATOR: Any = botocore.client.ClientCreator
make_class, load_model = CREATOR._create_client_class, CREATOR._load_service_model


@cache
def kept(loader: object, service: str) -> dict[str, Any]:
    """Keep what is made for a service; each session has its loader, and its own additions."""
    return {}


def loaded_once(creator: Any, service: str, version: str | None = None) -> Any:
    """Make the model of a service once: at the first error it lists all that it has."""
    made = kept(creator._loader, service)
    if "model" not in made:
        made["model"] = load_model(creator, service, version)
    return made["model"]


def made_once(creator: Any, service: str, model: Any) -> Any:
    """Make the class of a service's clients once for all accounts: EC2's has 800 methods."""
    made = kept(creator._loader, service)
    if "class" not in made:
        made["class"] = make_class(creator, service, model)
    return made["class"]


CREATOR._load_service_model, CREATOR._create_client_class = loaded_once, made_once


class Caller:
    """The credentials of whoever calls just now."""

    def get_frozen_credentials(self) -> Any:
        """Give them as a signer asks for them."""
        return CALLING.get().get_frozen_credentials()


CALLING: ContextVar[Credentials] = ContextVar("CALLING")


@lru_cache(1000)
def client(service: str, endpoint: str, account_id: str, region: str) -> Any:
    """Make an account's client: a shared one that signs with the account's credentials.

    It does not retry: a test wants to see the first answer.
    """
    shared = shared_client(service, endpoint, region)
    made = object.__new__(type(shared))
    made.__dict__ |= shared.__dict__
    credentials = Credentials(account_id, "secret")
    made._request_signer = signer = copy(shared._request_signer)  # of URLs
    signer._credentials, signer._cache = credentials, {}
    call = made._make_api_call

    def as_account(action: str, request: Any) -> Any:
        before = CALLING.set(credentials)
        try:
            return call(action, request)
        finally:
            CALLING.reset(before)

    made._make_api_call = as_account
    return made


@cache
def shared_client(service: str, endpoint: str, region: str) -> Any:
    """Make a client for all accounts: each by itself takes longer than a request."""
    made = session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="anybody",
        aws_secret_access_key="secret",
        config=botocore.config.Config(
            retries={"total_max_attempts": 1},
            connect_timeout=10,
            read_timeout=60,
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )
    made._request_signer._credentials = Caller()
    return made
