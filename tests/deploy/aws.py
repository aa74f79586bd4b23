"""boto3 and the AWS CLI, clients that nobody here wrote, at the store of `presignd dev`."""

import concurrent.futures
import datetime
import hashlib
import json
import os
import re
import unittest
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import urllib3

from clients import dev
from place import TOOLS, ran

MIB = 1024 * 1024
SHA256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="  # of hello

# What alice may say of an object, beside what the example allows.
GRANTS = """
[[grants]]
name = "clients"
bucket = "vault"
prefix = "clients/{sub}/"
actions = ["write"]
[grants.upload]
storage_classes = ["STANDARD", "STANDARD_IA"]
tags = ["case", "team"]
kms_key_ids = ["alias/a"]
object_lock = { max_retention = "7d", legal_hold = true }
"""


class Aws(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.presignd, cls.folder = cls.enterClassContext(dev(GRANTS))
        configuration = (cls.folder / "there" / "presignd.toml").read_text()
        cls.endpoint = re.search(r'^endpoint = "(.*?)"', configuration, re.M)[1]
        cls.writer, cls.reader = cls.client("writer"), cls.client("reader")

    @classmethod
    def keys(cls, role):
        key = json.loads((cls.folder / "there" / f"credentials-{role}.json").read_text())
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    @classmethod
    def client(cls, role):
        once = botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}, signature_version="s3v4")
        around = {"region_name": "us-east-1", "endpoint_url": cls.endpoint, "config": once}
        return boto3.client("s3", **around, **cls.keys(role))

    def refused(self, code, ask, **more):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            ask(**more)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_boto3_puts_reads_lists_and_deletes(self):
        here = {"Bucket": "dev-media", "Key": "boto/whole/ä +.txt"}
        said = {"ContentType": "text/plain", "Metadata": {"owner": "42"}, "ServerSideEncryption": "AES256"}
        put = self.writer.put_object(**here, **said, Body=b"hello", Tagging="a=1&b=2", StorageClass="STANDARD_IA")
        head = self.reader.head_object(**here, ChecksumMode="ENABLED")
        for name, value in (said | {"StorageClass": "STANDARD_IA", "ContentLength": 5, "ETag": put["ETag"]}).items():
            self.assertEqual(head[name], value, name)
        self.assertEqual(head["ChecksumCRC32"], "NhCmhg==")
        self.assertEqual(self.reader.get_object(**here)["Body"].read(), b"hello")
        self.assertEqual(len(self.reader.get_object_tagging(**here)["TagSet"]), 2)
        listed = self.reader.list_objects_v2(Bucket="dev-media", Prefix="boto/whole/")
        self.assertEqual([found["Key"] for found in listed["Contents"]], [here["Key"]])
        self.writer.delete_object(**here)
        self.refused("NoSuchKey", self.reader.get_object, **here)

    def test_boto3_uploads_a_large_file_in_parts(self):
        large, copy = self.folder / "large", self.folder / "copy"
        large.write_bytes(os.urandom(12 * MIB))
        self.writer.upload_file(str(large), "dev-media", "boto/large", {"Metadata": {"owner": "42"}})
        head = self.reader.head_object(Bucket="dev-media", Key="boto/large")
        self.assertTrue(head["ETag"].endswith('-2"'), head)
        self.assertEqual((head["ContentLength"], head["Metadata"]), (12 * MIB, {"owner": "42"}))
        self.reader.download_file("dev-media", "boto/large", str(copy))
        self.assertEqual(digest(copy), digest(large))

    def test_boto3_goes_on_with_an_upload_in_parts_and_aborts_another(self):
        here = {"Bucket": "dev-media", "Key": "boto/parts"}
        algorithm = {"ChecksumAlgorithm": "SHA256"}
        id = self.writer.create_multipart_upload(**here, **algorithm)["UploadId"]
        for number, body in enumerate([b"a" * 5 * MIB, b"b"], 1):
            self.writer.upload_part(**here, **algorithm, UploadId=id, PartNumber=number, Body=body)
        listed = self.writer.list_parts(**here, UploadId=id)
        names = ["PartNumber", "ETag", "ChecksumSHA256"]
        parts = {"Parts": [{name: part[name] for name in names} for part in listed["Parts"]]}
        complete = {**here, "UploadId": id, "MultipartUpload": parts, "IfNoneMatch": "*"}
        self.refused("InvalidRequest", self.writer.complete_multipart_upload, **complete, MpuObjectSize=5)
        done = self.writer.complete_multipart_upload(**complete, MpuObjectSize=5 * MIB + 1)
        self.assertTrue(done["ChecksumSHA256"].endswith("-2"), done)
        self.refused("NoSuchUpload", self.writer.complete_multipart_upload, **complete)
        id = self.writer.create_multipart_upload(**here)["UploadId"]
        self.writer.abort_multipart_upload(**here, UploadId=id)
        self.assertNotIn("Uploads", self.writer.list_multipart_uploads(Bucket="dev-media"))

    def test_a_form_that_boto3_signs_brings_a_file_of_its_size(self):
        fields = {"x-amz-meta-owner": "42", "success_action_status": "201"}
        conditions = [{name: value} for name, value in fields.items()] + [["content-length-range", 1, 10]]
        key = "boto/form/${filename}"
        form = self.writer.generate_presigned_post("dev-media", key, Fields=fields, Conditions=conditions)
        post = lambda file: urllib3.request(
            "POST", form["url"], fields={**form["fields"], "file": ("a b.txt", file)}, retries=False
        )
        self.assertEqual((post(b"01234567890").status, post(b"").status), (400, 400))
        answer = post(b"0123456789")
        self.assertEqual(answer.status, 201, answer.data)
        self.assertIn(b"<Key>boto/form/a b.txt</Key>", answer.data)
        got = self.reader.get_object(Bucket="dev-media", Key="boto/form/a b.txt")
        self.assertEqual((got["Body"].read(), got["Metadata"]), (b"0123456789", {"owner": "42"}))

    def test_boto3_finds_versions_and_cannot_delete_what_is_locked(self):
        here = {"Bucket": "dev-vault", "Key": "boto/a"}
        first = self.writer.put_object(**here, Body=b"first")["VersionId"]
        lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2999-01-01T00:00:00Z"}
        second = self.writer.put_object(**here, **lock, Body=b"second")["VersionId"]
        self.writer.delete_object(**here)
        listed = self.reader.list_object_versions(Bucket="dev-vault", Prefix="boto/")
        self.assertEqual([found["VersionId"] for found in listed["Versions"]], [second, first])
        self.assertEqual(len(listed["DeleteMarkers"]), 1)
        self.assertEqual(self.reader.get_object(**here, VersionId=first)["Body"].read(), b"first")
        self.assertEqual(self.reader.head_object(**here, VersionId=second)["ObjectLockMode"], "GOVERNANCE")
        self.refused("AccessDenied", self.writer.delete_object, **here, VersionId=second)
        self.writer.delete_object(**here, VersionId=second, BypassGovernanceRetention=True)
        self.writer.delete_object(**here, VersionId=first)
        self.refused("NoSuchVersion", self.reader.get_object, **here, VersionId=first)

    def test_boto3_brings_its_own_key_and_restores_what_is_archived(self):
        here = {"Bucket": "dev-media", "Key": "boto/c"}
        own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
        self.writer.put_object(**here, **own, Body=b"secret")
        self.refused("InvalidRequest", self.reader.get_object, **here)
        self.assertEqual(self.reader.get_object(**here, **own)["Body"].read(), b"secret")
        self.writer.put_object(**here, Body=b"cold", StorageClass="DEEP_ARCHIVE")
        self.refused("InvalidObjectState", self.reader.get_object, **here)
        request = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
        self.writer.restore_object(**here, RestoreRequest=request)
        self.assertIn("expiry-date", self.reader.head_object(**here)["Restore"])
        self.assertEqual(self.reader.get_object(**here)["Body"].read(), b"cold")

    def test_what_an_issued_url_brings_is_what_the_cli_sees(self):
        for way in [self.by_put, self.by_parts, self.by_form]:
            with self.subTest(way.__name__):
                key = f"clients/alice/{way.__name__}.txt"
                version = way({"bucket": "vault", "key": key, **self.everything()})
                self.seen(key, version)

    @staticmethod
    def everything():
        """What a request says of an object: encryption, lock, tags, metadata, storage class."""
        until = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "content_type": "text/plain",
            "metadata": {"owner": "42"},
            "tags": {"case": "a b", "team": "red"},
            "storage_class": "STANDARD_IA",
            "server_side_encryption": {"algorithm": "aws:kms", "kms_key_id": "alias/a", "bucket_key": True},
            "object_lock": {"mode": "GOVERNANCE", "retain_until": until, "legal_hold": True},
            "checksum": {"algorithm": "SHA256", "value": SHA256},
        }

    def seen(self, key, version):
        place = ["--bucket", "dev-vault", "--key", key]
        ask = lambda name: json.loads(self.cli("reader", "s3api", name, *place))
        # Each is slow to start.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            head, tagging, lock = pool.map(ask, ["head-object", "get-object-tagging", "get-object-retention"])
        self.assertEqual((head["ContentLength"], head["ContentType"]), (5, "text/plain"))
        self.assertEqual((head["Metadata"], head["StorageClass"]), ({"owner": "42"}, "STANDARD_IA"))
        encryption = (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"])
        self.assertEqual(encryption, ("aws:kms", "alias/a", True))
        self.assertEqual((head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]), ("GOVERNANCE", "ON"))
        self.assertEqual(head["VersionId"], version)
        tags = {tag["Key"]: tag["Value"] for tag in tagging["TagSet"]}
        self.assertEqual(tags, {"case": "a b", "team": "red"})
        retention = lock["Retention"]
        until = head["ObjectLockRetainUntilDate"]
        self.assertEqual(retention, {"Mode": "GOVERNANCE", "RetainUntilDate": until})
        self.assertEqual(self.reader.get_object(Bucket="dev-vault", Key=key)["Body"].read(), b"hello")
        self.refused("AccessDenied", self.writer.delete_object, Bucket="dev-vault", Key=key, VersionId=version)

    def by_put(self, said):
        return self.used(self.asked({"operation": "PutObject", **said}), b"hello").headers["x-amz-version-id"]

    def by_form(self, said):
        issued = self.asked({"operation": "PostObject", **said})
        fields = {**issued["fields"], "file": ("a.txt", b"hello")}
        answer = urllib3.request("POST", issued["url"], fields=fields, retries=False)
        self.assertEqual(answer.status, 204, answer.data)
        return answer.headers["x-amz-version-id"]

    def by_parts(self, said):
        place = {name: said[name] for name in ["bucket", "key"]}
        create = {"operation": "CreateMultipartUpload", **said, "checksum": {"algorithm": "SHA256"}}
        begun = self.used(self.asked(create))
        place["upload_id"] = re.search("<UploadId>(.*?)</UploadId>", begun.data.decode())[1]
        part = self.asked({"operation": "UploadPart", **place, "part_number": 1, "checksum": said["checksum"]})
        tag = self.used(part, b"hello").headers["etag"]
        sum = f"<ChecksumSHA256>{SHA256}</ChecksumSHA256>"
        part = f"<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag>{sum}</Part>"
        list = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
        issued = self.asked({"operation": "CompleteMultipartUpload", **place})
        return self.used(issued, list.encode()).headers["x-amz-version-id"]

    def used(self, issued, body=b""):
        answer = urllib3.request(issued["method"], issued["url"], headers=issued["headers"], body=body, retries=False)
        self.assertEqual(answer.status, 200, answer.data)
        return answer

    def test_the_cli_copies_a_large_file_there_and_back(self):
        large, copy = self.folder / "cli-large", self.folder / "cli-copy"
        large.write_bytes(os.urandom(12 * MIB))
        self.cli("writer", "s3", "cp", "--only-show-errors", large, "s3://dev-vault/cli/large")
        self.cli("reader", "s3", "cp", "--only-show-errors", "s3://dev-vault/cli/large", copy)
        self.assertEqual(digest(copy), digest(large))

    def asked(self, question):
        """What presignd answers to alice."""
        with urllib.request.urlopen(f"{self.presignd}/dev/token?as=alice") as answer:
            token = answer.read().decode().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.presignd}/v1/presign", json.dumps(question).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def cli(self, role, *words):
        keys = {name.upper(): value for name, value in self.keys(role).items()}
        around = os.environ | keys | {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": "us-east-1", "NO_PROXY": "*"}
        code, said = ran(TOOLS / "python" / "bin" / "aws", *words, env=around)
        self.assertEqual(code, 0, said)
        return said


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()
