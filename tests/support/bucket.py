"""A real S3 server of a test's own (moto's), with one bucket; what it holds is read past our own code."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from sora_desktop.core.accounts import ReferenceHost

ACCESS, SECRET = "AKIDTESTS", "secret/of+the=tests"


class S3Server:
    """`endpoint` speaks S3; `bucket` is there and empty."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.bucket = f"tests-{uuid.uuid4().hex}"  # The server's memory is the process's: another may have been first.
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            region_name="eu-central-1",
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def host(self, **changes: object) -> ReferenceHost:
        host = ReferenceHost(
            kind="s3",
            endpoint=self.endpoint,
            region="eu-central-1",
            bucket=self.bucket,
            prefix="sora/",
            access_key=ACCESS,
        )
        return host.model_copy(update=changes)

    def names(self) -> list[str]:
        return [found["Key"] for found in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def read(self, name: str) -> tuple[bytes, str]:
        """(bytes, content type) of an object."""
        found = self.client.get_object(Bucket=self.bucket, Key=name)
        with found["Body"] as body:
            return body.read(), found["ContentType"]

    def clear(self) -> None:
        for name in self.names():
            self.client.delete_object(Bucket=self.bucket, Key=name)

    def close(self) -> None:
        self.client.close()


@contextmanager
def running_bucket() -> Iterator[S3Server]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = S3Server(f"http://{host}:{port}")
    try:
        yield found
    finally:
        found.close()
        server.stop()
