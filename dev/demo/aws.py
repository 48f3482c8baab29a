"""The AWS side of the demo: calls to the local AWS as an administrator of the account."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from console import DemoFailure

ACCOUNT = "111122223333"
OPERATOR_ROLE = f"arn:aws:iam::{ACCOUNT}:role/cmek-operator"
DATA_PLANE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/data-plane"

IAM_POLICY_PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "iam-policy.md"


@dataclass
class Account:
    """An account of the local AWS, with the credentials of its root user."""

    endpoint: str
    session: botocore.session.Session = field(default_factory=botocore.session.get_session)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return self.session.create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def create_roles(self) -> dict[str, str]:
        """Creates the role of the service, the role of the operator, and a user that may only assume the latter. Returns the user's credentials."""
        iam = self.client("iam")
        trust = _allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole")
        iam.create_role(RoleName="data-plane", AssumeRolePolicyDocument=json.dumps(trust))
        iam.create_role(RoleName="cmek-operator", AssumeRolePolicyDocument=json.dumps(trust))
        permissions = json.dumps(documented_policy("Keys, Managed", "Buckets, Create"))
        iam.put_role_policy(RoleName="cmek-operator", PolicyName="cmek-operator", PolicyDocument=permissions)
        iam.create_user(UserName="operator-pod")
        assume = json.dumps(documented_policy("Assuming roles"))
        iam.put_user_policy(UserName="operator-pod", PolicyName="assume", PolicyDocument=assume)
        key = iam.create_access_key(UserName="operator-pod")["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def create_key(self, description: str, region: str = "us-east-1", *, multi_region: bool = False) -> str:
        key = self.client("kms", region).create_key(Description=description, MultiRegion=multi_region, Policy=json.dumps(key_policy()))
        return key["KeyMetadata"]["Arn"]

    def replicate_key(self, arn: str, region: str) -> str:
        home = arn.split(":")[3]
        replica = self.client("kms", home).replicate_key(KeyId=arn, ReplicaRegion=region, Policy=json.dumps(key_policy()))
        return replica["ReplicaKeyMetadata"]["Arn"]

    def key_policy(self, arn: str) -> dict[str, Any]:
        policy = self.client("kms", arn.split(":")[3]).get_key_policy(KeyId=arn, PolicyName="default")
        return json.loads(policy["Policy"])

    def bucket_encryption(self, bucket: str) -> dict[str, Any]:
        answer = self.client("s3").get_bucket_encryption(Bucket=bucket)
        return answer["ServerSideEncryptionConfiguration"]["Rules"][0]


def key_policy() -> dict[str, Any]:
    """A typical key policy: administration by the account, a statement of another team, and the key administrators of the console."""
    return {
        "Version": "2012-10-17",
        "Id": "key-of-the-platform-team",
        "Statement": [
            {
                "Sid": "AccountAdministration",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "AuditorsOfAnotherTeam",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
                "Action": ["kms:DescribeKey", "kms:ListGrants"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": "audit"}},
            },
            {
                "Sid": "Allow access for Key Administrators",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("key-admin", "security", "break-glass")]},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*"],
                "Resource": "*",
            },
        ],
    }


def in_any_order(value: Any) -> Any:
    """A canonical form with sorted lists: KMS returns the lists in another order at each read."""
    if isinstance(value, dict):
        return {name: in_any_order(member) for name, member in value.items()}
    if isinstance(value, list):
        return sorted((in_any_order(member) for member in value), key=json.dumps)
    return value


def _allow(principal: dict[str, str], action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]}


def documented_policy(*sections: str) -> dict[str, Any]:
    """The IAM policies in these sections of the documentation, merged into one."""
    page = IAM_POLICY_PAGE.read_text()
    statements = []
    for section in sections:
        policy = re.search(rf"^### {re.escape(section)}\n.*?^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        if policy is None:
            raise DemoFailure(f"{IAM_POLICY_PAGE.name} has no policy in a section '{section}'")
        statements += json.loads(policy[1])["Statement"]
    return {"Version": "2012-10-17", "Statement": statements}
